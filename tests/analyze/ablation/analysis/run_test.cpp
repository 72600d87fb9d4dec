// SPDX-License-Identifier: MIT
#include "ablation/analysis/data.hpp"
#include "analyze/ablation/synthetic_ablation.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

#include <cstring>
#include <limits>

using namespace phiscope::analyze::ablation;
using phiscope::shard::FormatError;
using phiscope::test::SyntheticAblation;
using phiscope::test::TempDir;
using phiscope::test::write_synthetic_ablation;
using Numbers = std::vector<double>;

namespace {

/// Replaces a text in a file, which must be there once.
void edit(const std::filesystem::path& file, const std::string& from, const std::string& to) {
  std::string text = phiscope::test::read_text(file);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  phiscope::test::write_text(file, text.replace(at, from.size(), to));
}

/// The message with which an unfinished run is refused after `plan.json` was edited.
std::string refusal(const std::string& from, const std::string& to) {
  const TempDir folder;
  write_synthetic_ablation(folder.path() / "run", {}, {24});
  edit(folder.path() / "run" / "plan.json", from, to);
  try {
    (void)read_ablation_run(folder.path() / "run", {.allow_partial = true});
  } catch (const FormatError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a run has a curve per order, prompt by prompt", "[run]") {
  const TempDir folder;
  const SyntheticAblation options;
  write_synthetic_ablation(folder.path() / "sweep", options);
  const Ablation found = read_ablation(folder.path() / "sweep", {});
  CHECK(found.name == "sweep");
  CHECK(found.heads == 8);
  CHECK(found.layers == 2);
  CHECK(found.has_prompts);
  CHECK(found.prompts == 5);
  REQUIRE(found.orders.size() == 5);
  CHECK(found.orders[0].kind == Kind::ranking);
  CHECK(found.orders[1].kind == Kind::baseline);
  CHECK(found.orders[4].kind == Kind::random);
  CHECK(found.orders[3].heads == std::vector<std::int64_t>{3, 4, 5, 6, 7, 0, 1, 2});
  for (std::size_t i = 0; i < found.orders.size(); ++i) {
    const Order& order = found.orders[i];
    CHECK(order.name == options.orders[i].name);
    CHECK(order.finished());
    CHECK(order.measured == 5);
    CHECK(order.curve.removed == Numbers{0, 2, 4, 6, 8});
    for (std::size_t step = 0; step < 5; ++step) {
      for (std::size_t p = 0; p < 5; ++p) {
        CHECK(order.curve.kl[step * 5 + p] ==
              options.value(i, options.removed[step], static_cast<std::int64_t>(p)));
      }
    }
  }
}

TEST_CASE("a plan says what is primary, how heads were removed and whose layers are followed",
          "[run]") {
  const auto read = [](const nlohmann::ordered_json& more) {
    const TempDir folder;
    SyntheticAblation options;
    options.orders.push_back({"random-in-layer-0", "random-in-layer", 1.0});
    options.options.update(more);
    write_synthetic_ablation(folder.path() / "run", options);
    return read_ablation_run(folder.path() / "run");
  };
  const Ablation old = read(nlohmann::ordered_json::object());
  CHECK(old.removal == "zero");
  CHECK_FALSE(old.primary.has_value());
  CHECK(old.orders[5].kind == Kind::random_in_layer);
  CHECK(old.orders[5].of == "balance");
  CHECK(old.orders[0].of.empty());
  const Ablation found = read({{"remove", "mean"}, {"primary", "balance:in-layer"}});
  CHECK(found.removal == "mean");
  CHECK(found.primary == "balance:in-layer");
  CHECK(read({{"primary", ""}}).primary == "");
  CHECK(read({{"primary", "norm"}, {"remove", "resample"}}).removal == "resample");
  CHECK_THROWS_WITH(read({{"primary", "other"}}),
                    Contains("options.primary is \"other\", expected an order of this run"));
  CHECK_THROWS_WITH(read({{"remove", "one"}}),
                    Contains("options.remove is \"one\", expected zero, mean or resample"));
}

TEST_CASE("an unfinished run is taken on request, as far as its curves have no gap", "[run]") {
  const TempDir folder;
  // Shard = order * 5 + step: order 1 lacks its third step, order 3 its last, order 4 everything.
  write_synthetic_ablation(folder.path() / "run", {}, {7, 19, 20, 21, 22, 23, 24});
  CHECK_THROWS_WITH(read_ablation_run(folder.path() / "run"),
                    Contains("7 of 25 shards are missing") && Contains("--allow-partial"));
  const Ablation found = read_ablation_run(folder.path() / "run", {.allow_partial = true});
  const std::vector<std::size_t> measured = {5, 4, 5, 4, 0};
  const std::vector<std::size_t> leading = {5, 2, 5, 4, 0};
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    CHECK(found.orders[i].measured == measured[i]);
    CHECK(found.orders[i].curve.removed.size() == leading[i]);
    CHECK(found.orders[i].curve.kl.size() == 5 * leading[i]);
    CHECK(found.orders[i].finished() == (i == 0 || i == 2));
  }
}

TEST_CASE("a step with some of its prompts does not count", "[run]") {
  const TempDir folder;
  SyntheticAblation options;
  write_synthetic_ablation(folder.path() / "run", options, {24});
  // A sixth prompt that no shard has.
  const auto file = folder.path() / "run" / "prompts.jsonl";
  std::string text = phiscope::test::read_text(file);
  phiscope::test::write_text(file, text + "{\"id\":\"p5\",\"text\":\"\",\"input_ids\":[5]}\n");
  const Ablation found = read_ablation_run(folder.path() / "run", {.allow_partial = true});
  CHECK(found.prompts == 6);
  for (const Order& order : found.orders) CHECK(order.measured == 0);
}

TEST_CASE("a plan that is not one of an ablation is refused", "[run]") {
  CHECK_THAT(refusal("\"ablate\"", "\"loo\""),
             Contains("plan.json: experiment is 'loo'") && Contains("expected 'ablate'"));
  CHECK_THAT(refusal("\"removed\",\n", "\"remove\",\n"),
             Contains("the key order, removed, prompt"));
  CHECK_THAT(refusal("\"ranking\"", "\"score\""),
             Contains("orders[0].kind is \"score\", expected ranking, baseline, random or "
                      "random-in-layer"));
  CHECK_THAT(refusal("\"norm\"", "\"balance\""), Contains("orders[1].name is \"balance\""));
  CHECK_THAT(refusal("\"heads\": 8", "\"heads\": 9"),
             Contains("orders[0].heads") && Contains("the heads 0 to 8, each once"));
  CHECK_THAT(refusal("\"heads\": 8", "\"heads\": 0"), Contains("heads is 0, expected an integer"));
  CHECK_THAT(refusal("\"layers\": 2", "\"layers\": -2"), Contains("layers is -2"));
  const TempDir folder;
  SyntheticAblation options;
  options.removed = {0, 4, 2};
  write_synthetic_ablation(folder.path() / "run", options);
  CHECK_THROWS_WITH(read_ablation_run(folder.path() / "run"),
                    Contains("removed is [0,4,2], expected ascending numbers from 0 to 8"));
  options.removed = {0, 9};
  write_synthetic_ablation(folder.path() / "far", options);
  CHECK_THROWS_WITH(read_ablation_run(folder.path() / "far"), Contains("removed is [0,9]"));
  CHECK_THROWS_WITH(read_ablation(folder.path(), {}), Contains("is not a run directory"));
}

TEST_CASE("an order that removes a head twice is refused", "[run]") {
  const TempDir folder;
  write_synthetic_ablation(folder.path() / "run", {}, {24});
  const auto file = folder.path() / "run" / "plan.json";
  auto plan = nlohmann::ordered_json::parse(phiscope::test::read_text(file));
  plan["orders"][1]["heads"] = {0, 1, 2, 3, 4, 5, 5, 7};
  phiscope::test::write_text(file, plan.dump());
  CHECK_THROWS_WITH(read_ablation_run(folder.path() / "run", {.allow_partial = true}),
                    Contains("orders[1].heads is [0,1,2,3,4,5,5,7], expected the heads 0 to 7"));
}

TEST_CASE("rows that contradict the plan are refused", "[run]") {
  const auto refused = [](const std::function<void(std::vector<std::int64_t>&)>& change) {
    const TempDir folder;
    const SyntheticAblation options;
    write_synthetic_ablation(folder.path() / "run", options, {24});
    const auto file = folder.path() / "run" / "rows" / "ablation" / "shard-00003.npy";
    std::string bytes = phiscope::test::read_text(file);
    std::vector<std::int64_t> keys(15);
    const std::size_t data = bytes.size() - 15 * sizeof(std::int64_t);
    std::memcpy(keys.data(), bytes.data() + data, 15 * sizeof(std::int64_t));
    change(keys);
    std::memcpy(bytes.data() + data, keys.data(), 15 * sizeof(std::int64_t));
    phiscope::test::write_text(file, bytes);
    try {
      (void)read_ablation_run(folder.path() / "run", {.allow_partial = true, .verify = false});
    } catch (const FormatError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refused([](auto&) {}).empty());
  CHECK_THAT(refused([](auto& keys) { keys[0] = 5; }),
             Contains("shard-00003.npy: row 0: found order 5, removed 6, prompt 0, expected"));
  CHECK_THAT(refused([](auto& keys) { keys[0] = -1; }), Contains("found order -1"));
  CHECK_THAT(refused([](auto& keys) { keys[4] = 5; }), Contains("row 1: found order 0, removed 5"));
  CHECK_THAT(refused([](auto& keys) { keys[14] = 5; }), Contains("row 4") && Contains("prompt 5"));
  CHECK_THAT(refused([](auto& keys) { keys[8] = 1; }), Contains("row 2") && Contains("duplicate"));
}

TEST_CASE("a KL that is not finite is refused", "[run]") {
  const TempDir folder;
  SyntheticAblation options;
  options.kl = [](std::size_t order, std::int64_t removed, std::int64_t prompt) {
    const bool is_bad = order == 1 && removed == 4 && prompt == 3;
    return is_bad ? std::numeric_limits<double>::quiet_NaN() : 1.0;
  };
  write_synthetic_ablation(folder.path() / "run", options);
  CHECK_THROWS_WITH(read_ablation_run(folder.path() / "run"),
                    Contains("kl/shard-00007.npy: row 3: found a KL that is not finite"));
}
