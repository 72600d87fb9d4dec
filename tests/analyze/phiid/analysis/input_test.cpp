// SPDX-License-Identifier: MIT
#include "phiid/analysis/input.hpp"

#include "analyze/phiid/phiid_run.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "temp_dir.hpp"

using namespace phiscope::analyze::phiid;
using phiscope::test::independent_run;
using phiscope::test::PhiidRun;
using phiscope::test::TempDir;
using phiscope::test::write_phiid_run;

TEST_CASE("a run is read prompt by prompt, whatever its shards", "[input]") {
  const TempDir folder;
  PhiidRun run = independent_run(5, 7);
  run.values[3].resize(4 * run.width());  // a text that ended early
  run.tokens[3].resize(4);
  run.end_tokens = {3, 99};
  write_phiid_run(folder.path() / "run", run);
  const Input input = read_run(folder.path() / "run");
  CHECK(input.label == "run");
  CHECK(input.layers == std::vector<std::int64_t>{0, 1});
  CHECK(input.heads_per_layer == 3);
  CHECK(input.heads() == 6);
  CHECK(input.end_tokens == std::vector<std::int64_t>{3, 99});
  REQUIRE(input.prompts.size() == 5);
  for (std::size_t p = 0; p < 5; ++p) {
    CHECK(input.prompts[p].id == "prompt" + std::to_string(p));
    CHECK(input.prompts[p].category == (p % 2 == 0 ? "even" : "odd"));
    CHECK(input.prompts[p].steps == (p == 3 ? 4 : 7));
    CHECK(input.prompts[p].tokens.size() == input.prompts[p].steps);
    CHECK(input.prompts[p].values ==
          std::vector<double>(run.values[p].begin(), run.values[p].end()));
  }
  CHECK(input.flat_id(4) == 4);
}

TEST_CASE("the plan names the primary claim and what is unknown", "[input]") {
  const TempDir folder;
  PhiidRun run = independent_run(2, 7);
  const auto read = [&](const nlohmann::ordered_json& options, const std::string& name) {
    run.options = options;
    write_phiid_run(folder.path() / name, run);
    return read_run(folder.path() / name);
  };
  const Input old = read({}, "old");
  CHECK_FALSE(old.primary.has_value());
  CHECK_FALSE(old.prompts[1].unknown.has_value());
  const std::vector<std::string> names = {"inverted-u", "u", "synergy-redundancy",
                                          "surrogates-synergy", "surrogates-redundancy"};
  for (std::size_t k = 0; k < names.size(); ++k) {
    CHECK(read({{"primary", names[k]}}, names[k]).primary == static_cast<Primary>(k));
  }
  // The ids of each prompt are 1 and 2.
  CHECK(read({{"unknown_token", 2}}, "half").prompts[1].unknown == 0.5);
  CHECK(read({{"unknown_token", 3}}, "all").prompts[1].unknown == 0.0);
  CHECK_THROWS_WITH(read({{"primary", "best"}}, "bad"),
                    Contains("options.primary: found \"best\", expected one of inverted-u, u, "));
  CHECK_THROWS_WITH(read({{"primary", 1}}, "worse"), Contains("options.primary: found 1"));
}

TEST_CASE("layers of a run keep their numbers", "[input]") {
  Input input;
  input.layers = {3, 7};
  input.heads_per_layer = 4;
  CHECK(input.flat_id(1) == 13);
  CHECK(input.flat_id(6) == 30);
  CHECK(input.layer_index(6) == 1);
}

TEST_CASE("an unfinished run is taken only on demand", "[input]") {
  const TempDir folder;
  write_phiid_run(folder.path() / "run", independent_run(5, 7), 2);
  CHECK_THROWS(read_run(folder.path() / "run"));
  const Input input = read_run(folder.path() / "run", {.allow_partial = true});
  CHECK(input.prompts.size() == 4);
  CHECK(input.prompts_planned == 5);
}

TEST_CASE("a run whose rows are not the steps of its prompts is refused", "[input]") {
  const TempDir folder;
  const auto path = folder.path() / "run";
  write_phiid_run(path, independent_run(2, 7));
  const auto keys = path / "rows" / "generated" / "shard-00000.npy";
  std::string bytes = phiscope::test::read_text(keys);
  SECTION("a step is missing") {
    bytes[bytes.size() - 8] = 9;
    phiscope::test::write_text(keys, bytes);
    CHECK_THROWS_WITH(read_run(path, {.verify = false}),
                      Contains("row 13: prompt 1, step 9, expected step 6"));
  }
  SECTION("a prompt that does not exist") {
    bytes[bytes.size() - 16] = 5;
    phiscope::test::write_text(keys, bytes);
    CHECK_THROWS_WITH(read_run(path, {.verify = false}), Contains("expected a prompt below 2"));
  }
}

TEST_CASE("a run of another kind is refused by what it lacks", "[input]") {
  const TempDir folder;
  const auto path = folder.path() / "run";
  write_phiid_run(path, independent_run(3, 7), 1);  // no manifest that would disagree
  const auto plan = path / "plan.json";
  std::string text = phiscope::test::read_text(plan);
  const auto replace = [&](const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
    phiscope::test::write_text(plan, text);
  };
  const auto refusal = [&] {
    try {
      static_cast<void>(read_run(path, {.allow_partial = true}));
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  SECTION("rows of tokens") {
    replace("\"step\"", "\"position\"");
    CHECK_THAT(refusal(), Contains("expected the generated steps (prompt, step)"));
  }
  SECTION("end tokens that are no ids") {
    const auto at = text.find("\"end_tokens\"");
    REQUIRE(at != std::string::npos);
    const auto end = text.find(']', at);
    text.replace(at, end + 1 - at, "\"end_tokens\": \"</s>\"");
    phiscope::test::write_text(plan, text);
    CHECK_THAT(refusal(), Contains("end_tokens: expected a list of token ids"));
  }
}

TEST_CASE("plain arrays have two or three axes", "[input]") {
  const TempDir folder;
  const std::vector<float> values{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const auto file = folder.path() / "x.npy";
  phiscope::shard::write_npy<float>(file, values, {3, 4});
  Input input = read_series(file, 2);
  CHECK(input.label == "x");
  CHECK(input.prompts.size() == 1);
  CHECK(input.heads_per_layer == 2);
  CHECK(input.layers == std::vector<std::int64_t>{0, 1});
  CHECK(input.prompts[0].steps == 3);
  CHECK(input.prompts[0].values[5] == 6.0);
  phiscope::shard::write_npy<float>(file, values, {2, 3, 2});
  input = read_series(file, 1);
  REQUIRE(input.prompts.size() == 2);
  CHECK(input.prompts[1].values == std::vector<double>{7, 8, 9, 10, 11, 12});
  CHECK_THROWS_WITH(read_series(file, 4), Contains("2 series, expected a multiple of 4 layers"));
  phiscope::shard::write_npy<float>(file, values, {12});
  CHECK_THROWS_WITH(read_series(file, 1), Contains("expected [time, series]"));
  phiscope::shard::write_npy<float>(file, values, {12, 1});
  CHECK_THROWS_WITH(read_series(file, 1), Contains("at least one step of two series"));
}

TEST_CASE("labels name different folders", "[input]") {
  std::vector<Input> inputs(4);
  inputs[0].label = "a b";
  inputs[1].label = "a_b";
  inputs[2].label = "..";
  inputs[3].label = "";
  make_labels_unique(inputs);
  CHECK(inputs[0].label == "a_b");
  CHECK(inputs[1].label == "a_b_2");
  CHECK(inputs[2].label == "_.");
  CHECK(inputs[3].label == "run");
}
