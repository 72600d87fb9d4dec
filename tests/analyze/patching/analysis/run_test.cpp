// SPDX-License-Identifier: MIT
#include "patching/analysis/run.hpp"

#include "analyze/patching/synthetic_patching.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "temp_dir.hpp"

#include <limits>

namespace phiscope::analyze::patching::run_test {

using test::PatchKey;
using test::PatchRow;
using test::SyntheticPatching;
using test::TempDir;

namespace {

Patching read_back(const SyntheticPatching& options, const std::vector<std::int64_t>& skip = {}) {
  const TempDir folder;
  write_synthetic_patching(folder.path() / "run", options, skip);
  return read_run(folder.path() / "run", {.allow_partial = !skip.empty()});
}

std::string run_refusal(const SyntheticPatching& options) {
  try {
    static_cast<void>(read_back(options));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

/// The rows of a run in which a key lies.
const Rows& rows_of(const Patching& run, const PatchKey& key) {
  const PairRows& pair = run.rows.at(static_cast<std::size_t>(key.pair));
  if (key.layer == -2) return pair.clean;
  if (key.layer == -1) return pair.unpatched;
  for (std::size_t site = 0; site < run.sites.size(); ++site) {
    const Site& each = run.sites[site];
    if (static_cast<std::int64_t>(each.mode) == key.mode &&
        static_cast<std::int64_t>(each.set) == key.set && each.layer == key.layer &&
        each.head == key.head && each.step == key.step) {
      return pair.sites.at(site);
    }
  }
  throw std::runtime_error("no such site");
}

void check_all_rows(const SyntheticPatching& options, std::size_t expected) {
  const Patching run = read_back(options);
  CHECK(run.complete_pairs() == options.pairs.size());
  std::size_t rows = 0;
  for (std::size_t pair = 0; pair < options.pairs.size(); ++pair) {
    for (const PatchKey& key : options.keys(static_cast<std::int64_t>(pair))) {
      const auto& found = rows_of(run, key).at(static_cast<std::size_t>(key.readout));
      const PatchRow wanted = options.reduced(key);
      REQUIRE(found);
      const bool same = found->kl == wanted.kl && found->reverse_kl == wanted.reverse_kl &&
                        found->prediction_changed == wanted.prediction_changed &&
                        found->l2 == wanted.l2 && found->token_score == wanted.token_score &&
                        found->token_log_probability == wanted.token_log_probability;
      CHECK(same);
      ++rows;
    }
  }
  CHECK(rows == expected);
}

}  // namespace

TEST_CASE("every row of a run is read to its place", "[run]") {
  // 6 pairs, 8 sites (2 layers x (3 steps + 1)) and 2 runs without a patch, 6 read-outs; two pairs
  // have an answer of one token.
  check_all_rows({}, 6 * 10 * 6 - 2 * 10);
  SyntheticPatching many;
  many.modes = {"rerun", "frozen"};
  many.sets = {"suffix", "single"};
  many.heads = 2;
  check_all_rows(many, (4 * 6 + 2 * 5) * (2 + 2 * 2 * 2 * 2 * 3));
}

TEST_CASE("sites are in the order of mode, set, layer and step", "[run]") {
  const Patching run = read_back({});
  REQUIRE(run.sites.size() == 8);
  CHECK(std::is_sorted(run.sites.begin(), run.sites.end()));
  CHECK(run.sites[0] == Site{.mode = 0, .set = 0, .layer = 0, .head = 0, .step = 0});
  CHECK(run.sites[4] == Site{.mode = 0, .set = 0, .layer = 1, .head = 0, .step = 1});
  CHECK(run.sites[7] == Site{.mode = 0, .set = 1, .layer = 1, .head = 0, .step = 0});
}

TEST_CASE("an answer of one token has no second read-out", "[run]") {
  const Patching run = read_back({});
  CHECK(run.rows[0].sites[0][3].has_value());
  CHECK_FALSE(run.rows[1].sites[0][3].has_value());
  CHECK_FALSE(run.rows[1].unpatched[3].has_value());
  CHECK_FALSE(run.rows[2].clean[5].has_value());
  CHECK(run.rows[2].clean[3].has_value());
}

TEST_CASE("an answer is a number, or a text that ends with one", "[run]") {
  const auto number = [](const nlohmann::ordered_json& answer) {
    Side side;
    side.answer = answer;
    return answer_number(side);
  };
  CHECK(number(23) == 23.0);
  CHECK(number(-2.5) == -2.5);
  CHECK(number("1,200 eggs") == 1200.0);
  CHECK_FALSE(number("none"));
}

TEST_CASE("a partial run has the pairs that are complete", "[run]") {
  const Patching run = read_back({}, {1});
  CHECK(run.complete_pairs() == 4);
  CHECK(run.rows[1].complete);
  CHECK_FALSE(run.rows[2].complete);
  CHECK_FALSE(run.rows[3].complete);
  CHECK(run.rows[4].complete);
}

TEST_CASE("a complete run with a missing row is refused by pair", "[run]") {
  SyntheticPatching options;
  const auto without = [&](std::int64_t layer, std::int64_t readout) {
    options.leave_out = [=](const PatchKey& key) {
      return key.pair == 2 && key.layer == layer && key.readout == readout;
    };
    return run_refusal(options);
  };
  for (const std::int64_t layer : {-2, -1, 0, 1}) {
    CAPTURE(layer);
    CHECK_THAT(without(layer, 2), Contains("run: pair 8: rows are missing, expected every site"));
  }
  options.readouts.emplace_back("greedy:0");
  CHECK_THAT(without(0, 6), Contains("pair 8: rows are missing"));
  CHECK(without(-2, 6) == "no error");  // the clean run generates tokens of its own
}

TEST_CASE("the runs without a patch may stand below each mode and set", "[run]") {
  // As mode 1 they are the same runs: the first copy counts.
  const TempDir folder;
  SyntheticPatching options;
  options.modes = {"rerun", "frozen"};
  options.groups_per_shard = 6;
  const auto plan = synthetic_patching_plan(options);
  {
    phiscope::shard::RunWriter writer(folder.path() / "run", plan, "", 0, 1);
    auto part = writer.begin(0);
    for (std::int64_t pair = 0; pair < 6; ++pair) {
      for (PatchKey key : options.keys(pair)) {
        append_synthetic_row(options, key, part);
        if (key.layer >= 0) continue;
        key.mode = 1;
        options.change = [](const PatchKey&, PatchRow& row) { row.token_score = 1e9; };
        append_synthetic_row(options, key, part);
        options.change = nullptr;
      }
    }
    part.commit();
    writer.finish();
  }
  const Patching run = read_run(folder.path() / "run");
  const PatchKey key = {.pair = 3, .layer = -1, .readout = 1};
  CHECK(run.rows[3].unpatched[1]->token_score == options.reduced(key).token_score);
}

TEST_CASE("rows that contradict the plan are refused by row", "[run]") {
  const auto with = [](PatchKey wrong, std::int64_t heads = 0) {
    const TempDir folder;
    SyntheticPatching options;
    options.heads = heads;
    options.groups_per_shard = 6;
    const auto plan = synthetic_patching_plan(options);
    {
      phiscope::shard::RunWriter writer(folder.path() / "run", plan, "", 0, 1);
      auto part = writer.begin(0);
      append_synthetic_row(options, {.pair = 1, .layer = 0, .readout = 0}, part);
      const double one = 1.0;
      for (const auto& array : plan.arrays) part.append(array.name, std::span(&one, 1));
      std::vector<std::int64_t> key = {wrong.pair, wrong.mode, wrong.set, wrong.layer};
      if (heads > 0) key.push_back(wrong.head);
      key.push_back(wrong.step);
      key.push_back(wrong.readout);
      part.append_keys("site", key);
      part.commit();
      writer.finish();
    }
    try {
      static_cast<void>(read_run(folder.path() / "run"));
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const std::string unknown =
      "row 1: found pair, mode, set, layer or readout that plan.json does not have";
  for (const PatchKey& key : {PatchKey{.pair = 6}, PatchKey{.pair = -1}, PatchKey{.mode = 1},
                              PatchKey{.mode = -1}, PatchKey{.set = 2}, PatchKey{.layer = -3},
                              PatchKey{.readout = 6}, PatchKey{.readout = -1}}) {
    CHECK_THAT(with(key), Contains(unknown));
  }
  CHECK_THAT(with({.layer = 2}), Contains("row 1: found layer 2, expected one of plan.json"));
  CHECK_THAT(with({.layer = 1, .step = 3}),
             Contains("row 1: found step 3 of set single, expected 0 to 2"));
  CHECK_THAT(with({.set = 1, .layer = 1, .step = 1}),
             Contains("row 1: found step 1 of set layer, expected 0 to 0"));
  CHECK_THAT(with({.pair = 1, .layer = 0, .readout = 0}),
             Contains("row 1: found the key of an earlier row, expected each once"));
  CHECK_THAT(with({.pair = 1, .layer = 0, .readout = 3}),
             Contains("row 1: found read-out clean:1 of pair 5, whose answer has fewer tokens"));
  CHECK_THAT(with({.layer = 1, .head = -1}, 2), Contains("row 1: found step 0 of set single"));
}

TEST_CASE("a change of the prediction is 0 or 1", "[run]") {
  SyntheticPatching options;
  double changed = 0.5;
  options.change = [&](const PatchKey& key, PatchRow& row) {
    if (key.pair == 1 && key.layer == 1) row.prediction_changed = changed;
  };
  CHECK_THAT(run_refusal(options), Contains("prediction_changed is neither 0 nor 1"));
  changed = std::numeric_limits<double>::quiet_NaN();  // counted later, as undefined
  CHECK(run_refusal(options) == "no error");
}

}  // namespace phiscope::analyze::patching::run_test
