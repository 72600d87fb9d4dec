// SPDX-License-Identifier: MIT
#include "loo/analysis/position_zero.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "reference.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

using namespace phiscope::analyze::loo;
using phiscope::Cross;
using phiscope::Status;
using phiscope::Value;

namespace {

Condition twelve_words(const std::string& name) {
  Condition condition;
  condition.name = name;
  for (std::int64_t word = 0; word < 12; ++word) {
    condition.words.push_back(name + std::to_string(word));
    condition.partition.cluster.push_back(word / 4);
    condition.partition.group.push_back(word % 4);
  }
  return condition;
}

Walk walk_of(std::vector<std::int64_t> nodes) {
  Walk walk;
  walk.n = static_cast<std::int64_t>(nodes.size());
  walk.nodes = std::move(nodes);
  walk.bridge.assign(walk.nodes.size(), false);
  return walk;
}

/// The published files hold bare NaN and Infinity, which strict JSON refuses.
nlohmann::json read_published(const std::filesystem::path& file) {
  const std::string text = phiscope::test::read_text(file);
  return nlohmann::json::parse(std::regex_replace(text, std::regex("-?(NaN|Infinity)"), "null"));
}

/// A published walk with its tested positions.
Walk published_walk(const nlohmann::json& json) {
  Walk walk = walk_of(json["nodes"].get<std::vector<std::int64_t>>());
  walk.trial = json["trial"];
  walk.removed = json["test_positions"].get<std::vector<std::int64_t>>();
  for (const std::size_t position : json["bridge_positions"]) walk.bridge[position] = true;
  return walk;
}

}  // namespace

TEST_CASE("the pairs with the word at position 0 are counted", "[position_zero]") {
  const Condition words = twelve_words("semantic");
  // 0 and 4 are of one group in two clusters, 0 1 and 4 5 are pairs of one cluster each.
  const Walk walk = walk_of({0, 1, 4, 0, 5});
  const ZeroCounts full = zero_counts(walk, -1, words, Sink::keep, Cross::groups);
  CHECK(full.occurrences == 2.0);
  CHECK(full.cross == 2.0);            // 0-4, 1-5
  CHECK(full.cross_with_zero == 1.0);  // 0-4
  CHECK(full.within == 2.0);           // 0-1, 4-5
  CHECK(full.within_with_zero == 1.0);
  const ZeroCounts without = zero_counts(walk, 0, words, Sink::keep, Cross::groups);
  CHECK(without.occurrences == 1.0);      // now of word 1
  CHECK(without.cross_with_zero == 1.0);  // 1-5
  const ZeroCounts dropped = zero_counts(walk, 0, words, Sink::drop, Cross::groups);
  CHECK(dropped.cross_with_zero == 0.0);  // word 1 stands at position 0 alone
  CHECK(dropped.cross == 1.0);
}

TEST_CASE("a scale of 1 knows no influence, a larger one the published artefact",
          "[position_zero]") {
  const Condition words = twelve_words("semantic");
  const Walk walk = walk_of({0, 1, 4, 0, 5});
  const ZeroEvent event{.full = zero_counts(walk, -1, words, Sink::keep, Cross::groups),
                        .without = zero_counts(walk, 3, words, Sink::keep, Cross::groups)};
  CHECK(zero_influence(event, 1.0) == Value(0.0));
  // Both means are (1 + far) / 2, so the ratio stays 1.
  CHECK(zero_influence(event, 100.0) == Value(0.0));
  const ZeroEvent other{.full = event.full,
                        .without = zero_counts(walk, 2, words, Sink::keep, Cross::groups)};
  // Without 4 there is one cross pair, 1-5, near, and one within pair, 0-1, far.
  CHECK(zero_influence(other, 100.0).value() == Approx(1.0 - 1.0 / 50.0));
  const ZeroEvent none{
      .full = event.full,
      .without = zero_counts(walk_of({0, 1, 1}), 0, words, Sink::keep, Cross::groups)};
  CHECK(zero_influence(none, 100.0) == Value(Status::no_cross_pairs));
}

TEST_CASE("the fit finds the scale that made the means", "[position_zero]") {
  const Condition words = twelve_words("semantic");
  const double scale = GENERATE(3.7, 18.0, 291.0, 54321.0);
  std::vector<ZeroCell> cells;
  std::mt19937_64 engine(5);
  for (int i = 0; i < 8; ++i) {
    std::vector<std::int64_t> nodes;
    for (int j = 0; j < 7; ++j) nodes.push_back(static_cast<std::int64_t>(engine() % 12));
    const Walk walk = walk_of(nodes);
    ZeroCell cell;
    double sum = 0.0;
    double count = 0.0;
    for (std::int64_t position = 0; position < 7; ++position) {
      cell.events.push_back({zero_counts(walk, -1, words, Sink::keep, Cross::groups),
                             zero_counts(walk, position, words, Sink::keep, Cross::groups)});
      const Value value = zero_influence(cell.events.back(), scale);
      if (!value.ok()) continue;
      sum += value.value();
      count += 1.0;
    }
    if (count > 0.0) cell.observed = sum / count;
    cells.push_back(cell);
  }
  const ZeroFit fit = fit_position_zero(cells);
  CHECK(fit.explained.value() == Approx(1.0).epsilon(1e-9));
  CHECK(fit.scale.value() == Approx(scale).epsilon(1e-4));
}

TEST_CASE("a fit needs three means that differ", "[position_zero]") {
  const Condition words = twelve_words("semantic");
  const Walk walk = walk_of({0, 1, 4, 0, 5});
  const ZeroEvent event{.full = zero_counts(walk, -1, words, Sink::keep, Cross::groups),
                        .without = zero_counts(walk, 1, words, Sink::keep, Cross::groups)};
  std::vector<ZeroCell> cells(2, ZeroCell{.events = {event}, .observed = 1.0});
  CHECK(fit_position_zero(cells).explained == Value(Status::too_few_rows));
  cells.resize(5, ZeroCell{.events = {event}, .observed = 1.0});
  CHECK(fit_position_zero(cells).explained == Value(Status::constant));
  CHECK(fit_position_zero(cells).cells == 5);
  cells.push_back({.events = {event}, .observed = Status::no_cross_pairs});
  CHECK(fit_position_zero(cells).cells == 5);
}

TEST_CASE("position 0 alone explains the published influences in layers 3 to 26",
          "[position_zero][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto folder = *reference / "published" / "loo";
  const auto walks = read_published(folder / "loo_walks.json")["walks"];
  const std::string condition = GENERATE("semantic", "unrelated");
  const auto published =
      read_published(folder / "loo_multilayer_qwen" / ("results_" + condition + ".json"));
  const Condition words = twelve_words(condition);
  double lowest = 1.0;
  double highest = 0.0;
  for (int layer = 0; layer < 28; ++layer) {
    std::map<std::pair<int, bool>, ZeroCell> cells;
    for (const auto& json : walks) {
      if (json["condition"] != condition) continue;
      const Walk walk = published_walk(json);
      for (const std::int64_t position : walk.removed) {
        const bool bridge = walk.bridge[static_cast<std::size_t>(position)];
        cells[{json["N"], bridge}].events.push_back(
            {zero_counts(walk, -1, words, Sink::keep, Cross::groups),
             zero_counts(walk, position, words, Sink::keep, Cross::groups)});
      }
    }
    std::vector<ZeroCell> all;
    for (auto& [key, cell] : cells) {
      const auto& mean = published["by_layer_N"][std::to_string(layer)][std::to_string(key.first)]
                                  [key.second ? "bridge" : "anchor"]["ratio_influence"]["mean"];
      cell.observed = mean.get<double>();
      all.push_back(cell);
    }
    const ZeroFit fit = fit_position_zero(all);
    CAPTURE(condition, layer);
    CHECK(fit.cells == 10);
    if (layer < 3 || layer > 26) {
      CHECK(fit.explained.value() < 0.8);
      continue;
    }
    lowest = std::min(lowest, fit.explained.value());
    highest = std::max(highest, fit.explained.value());
  }
  CHECK(lowest > 0.978);
  CHECK(highest < 0.99995);
  if (condition == "unrelated") CHECK(lowest < 0.979);
  if (condition == "semantic") CHECK(highest > 0.9997);
}

TEST_CASE("the pairs of the published walks are counted as published",
          "[position_zero][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto walks = read_published(*reference / "published" / "loo" / "loo_walks.json")["walks"];
  const Condition words = twelve_words("any");
  CHECK(walks.size() == 50);
  for (const auto& json : walks) {
    const Walk walk = published_walk(json);
    const auto expect = [&](std::int64_t removed, const nlohmann::json& pairs) {
      const ZeroCounts counts = zero_counts(walk, removed, words, Sink::keep, Cross::groups);
      CHECK(counts.cross == pairs[0].get<double>());
      CHECK(counts.within == pairs[1].get<double>());
    };
    expect(-1, json["full_pairs_cross_within"]);
    for (std::size_t i = 0; i < walk.removed.size(); ++i) {
      expect(walk.removed[i], json["loo_pairs_cross_within"][i]);
    }
  }
}
