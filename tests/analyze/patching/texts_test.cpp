// SPDX-License-Identifier: MIT
#include "patching/texts.hpp"

#include "catch.hpp"
#include "made_up_patching.hpp"
#include "patching/analysis.hpp"
#include "process.hpp"

namespace phiscope::analyze::patching::texts_test {

namespace {

Patching with_texts(const std::string& text, std::int64_t heads = 0) {
  const test::TempDir folder;
  test::SyntheticPatching options = test::first_patching();
  options.heads = heads;
  write_synthetic_patching(folder.path() / "run", options);
  test::write_text(folder.path() / "texts.jsonl", text);
  Patching data = read_run(folder.path() / "run");
  add_texts(folder.path() / "texts.jsonl", data);
  return data;
}

std::string texts_refusal(const std::string& text) {
  try {
    static_cast<void>(with_texts(text));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

const std::string baselines =
    R"({"pair_id": 5, "layer": -2, "text": "is 8"}
{"pair_id": 5, "layer": -1, "text": "is 10"}

)";

}  // namespace

TEST_CASE("generated texts say what became of the answer at each site", "[texts]") {
  const Patching data = with_texts(
      baselines +
      R"({"pair_id": 5, "mode": "rerun", "set": "single", "layer": 1, "step": 2, "text": "is 8"}
{"pair_id": 5, "mode": "rerun", "set": "layer", "layer": 0, "step": 0, "text": "is 10."}
{"pair_id": 5, "mode": "frozen", "set": "single", "layer": 0, "step": 1, "text": "is 3"}
{"pair_id": 5, "mode": "frozen", "set": "layer", "layer": 1, "step": 0, "text": "The"}
{"pair_id": 3, "mode": "rerun", "set": "single", "layer": 0, "step": 0, "text": "is 23"})");
  const PairRows& pair = data.rows[1];
  CHECK(pair.generated.clean == "is 8");
  CHECK(pair.generated.unpatched == "is 10");
  // Sites: rerun single 0 to 5, layer 6 and 7; frozen 8 to 13, 14 and 15.
  std::vector<std::optional<GreedyAnswer>> expected(16);
  expected[5] = GreedyAnswer::flipped_to_clean;
  expected[6] = GreedyAnswer::unchanged;
  expected[9] = GreedyAnswer::other_number;
  expected[15] = GreedyAnswer::no_number;
  CHECK(pair.greedy == expected);
  // Without the text of the unpatched run nothing is known to have changed.
  CHECK(data.rows[0].greedy == std::vector<std::optional<GreedyAnswer>>(16));
}

TEST_CASE("texts of a run per head name the head", "[texts]") {
  const std::string site =
      R"({"pair_id": 5, "mode": "rerun", "set": "single", "layer": 0, "head": 1, "step": 2, )";
  const Patching data = with_texts(baselines + site + R"("text": "is 8"})", 2);
  CHECK(data.rows[1].greedy[5] == GreedyAnswer::flipped_to_clean);
}

TEST_CASE("a line of texts that does not fit the run is refused by number", "[texts]") {
  const auto line = [](const std::string& members) {
    return texts_refusal(baselines + "{" + members + R"(, "text": "8"})");
  };
  const std::string site = R"("pair_id": 5, "mode": "rerun", "set": "single")";
  CHECK_THAT(line(R"("pair_id": 4, "layer": -1)"),
             Contains("texts.jsonl: line 4.pair_id is 4, expected a pair of the run"));
  CHECK_THAT(line(R"("pair_id": 5, "layer": -1)"),
             Contains("line 4.pair_id is 5, expected a run of the model that no earlier line has"));
  CHECK_THAT(line(R"("pair_id": 5, "mode": "x", "set": "single", "layer": 0, "step": 0)"),
             Contains("line 4.mode is \"x\", expected one of plan.json"));
  CHECK_THAT(line(R"("pair_id": 5, "mode": "rerun", "set": "x", "layer": 0, "step": 0)"),
             Contains("line 4.set is \"x\", expected one of plan.json"));
  CHECK_THAT(line(site + R"(, "layer": 2, "step": 0)"),
             Contains("line 4.layer is 2, expected with its step a site of the run"));
  CHECK_THAT(line(site + R"(, "layer": 0.5, "step": 0)"), Contains("expected an integer"));
  CHECK_THAT(line(site + R"(, "layer": 0)"), Contains("line 4.step is missing"));
  CHECK_THAT(texts_refusal(baselines + R"({"pair_id": 3, "layer": -1})"),
             Contains("line 4.text is missing"));
  CHECK_THAT(texts_refusal(baselines + "{"), Contains("texts.jsonl: line 4:"));
}

TEST_CASE("texts are given one file per run", "[texts]") {
  const test::TempDir folder;
  write_synthetic_patching(folder.path() / "a", test::first_patching());
  test::write_text(folder.path() / "none.jsonl", "");
  test::write_text(folder.path() / "some.jsonl", baselines);
  const auto results =
      analyze_runs({folder.path() / "a", folder.path() / "a"}, false,
                   {.resamples = 20,
                    .sign_flips = 20,
                    .texts = {folder.path() / "none.jsonl", folder.path() / "some.jsonl"}});
  CHECK_FALSE(results[0].data.rows[1].generated.clean);
  CHECK(results[1].data.rows[1].generated.clean == "is 8");
}

}  // namespace phiscope::analyze::patching::texts_test
