// SPDX-License-Identifier: MIT
#include "steps/published.hpp"

#include "report/estimate_text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace phiscope::analyze::steps {
namespace {

using Json = nlohmann::ordered_json;

/// Whole numbers as integers, as the problem file has them.
Json gold_json(const Rational& gold) {
  return gold.denominator == 1 ? Json(gold.numerator) : Json(gold.value());
}

/// Lanes of cumulative at a layer, by their step from 1 on.
std::vector<std::size_t> positions_of(const Steps& data, std::int64_t layer) {
  std::vector<std::size_t> lanes;
  for (std::int64_t step = 1; step <= data.axes.latents; ++step) {
    const auto lane = data.find({.kind = Kind::cumulative, .layer = layer, .step = step});
    if (lane) lanes.push_back(*lane);
  }
  return lanes;
}

Json position_json(std::size_t position, bool before, bool after, const std::string& text,
                   Scores scores) {
  const bool counts = scores == Scores::both_ways ? before != after : before && !after;
  return {
      {"position", position},
      {"ablated_answer", text},
      {"ablated_correct", after},
      {"importance_score", counts ? 1.0 : 0.0},
      {"baseline_to_ablated", std::string(before ? "1" : "0") + " \u2192 " + (after ? "1" : "0")}};
}

bool all_known(const Graded& graded, const std::vector<std::size_t>& lanes) {
  return graded.baseline && std::all_of(lanes.begin(), lanes.end(), [&](std::size_t lane) {
           return graded.lanes[lane].has_value();
         });
}

Json problem_json(const Result& result, std::size_t i, const std::vector<std::size_t>& lanes,
                  Scores scores) {
  const Problem& problem = result.data.problems[i];
  const ProblemRows& rows = result.data.rows[i];
  const Graded& graded = result.graded[i];
  const bool before = graded.baseline == Grade::right;
  Json positions = Json::array();
  positions.push_back(position_json(0, before, before, *rows.baseline_text, scores));
  for (std::size_t at = 0; at < lanes.size(); ++at) {
    positions.push_back(position_json(at + 1, before, graded.lanes[lanes[at]] == Grade::right,
                                      *rows.texts[lanes[at]], scores));
  }
  return {{"problem_id", problem.id},
          {"question", problem.question},
          {"expected_answer", gold_json(problem.gold)},
          {"baseline_answer", *rows.baseline_text},
          {"baseline_correct", before},
          {"difficulty", problem.steps ? Json(*problem.steps) : Json("unknown")},
          {"position_results", std::move(positions)}};
}

/// Sums of the scores of some records by position, of those that count.
struct Tally {
  std::size_t problems = 0;
  std::size_t right = 0;
  std::map<std::int64_t, std::pair<double, double>> scores = {};  ///< sum and number

  void add(const Json& record, Scores how) {
    const bool was_right = record.at("baseline_correct").get<bool>();
    ++problems;
    right += was_right ? 1U : 0U;
    if (how == Scores::broken && !was_right) return;
    for (const Json& position : record.at("position_results")) {
      auto& [sum, number] = scores[position.at("position").get<std::int64_t>()];
      sum += position.at("importance_score").get<double>();
      number += 1.0;
    }
  }
  [[nodiscard]] Value accuracy() const {
    if (problems == 0) return Status::too_few_rows;
    return static_cast<double>(right) / static_cast<double>(problems);
  }
  /// Mean over positions of their means, of the positions that there are.
  [[nodiscard]] Value importance(std::int64_t first, std::int64_t last) const {
    double sum = 0.0;
    double number = 0.0;
    for (const auto& [position, score] : scores) {
      if (position < first || position > last) continue;
      sum += score.first / score.second;
      number += 1.0;
    }
    if (number == 0.0) return Status::too_few_rows;
    return sum / number;
  }
  [[nodiscard]] Value early() const { return importance(0, 2); }
  [[nodiscard]] Value late() const { return importance(3, 5); }
  [[nodiscard]] bool is_early() const {
    return early().ok() && late().ok() && early().value() >= late().value();
  }
};

Json number_json(const Value& value) {
  return value.ok() ? Json(value.value()) : Json(nullptr);
}

std::string difficulty_text(const Json& record) {
  return id_text(record.at("difficulty"));
}

/// Problems of `least` to `top` steps.
Tally tally_between(const Json& results, std::int64_t least, std::int64_t top, Scores scores) {
  Tally tally;
  for (const Json& record : results) {
    const Json& steps = record.at("difficulty");
    if (!steps.is_number_integer()) continue;
    const auto number = steps.get<std::int64_t>();
    if (number >= least && number <= top) tally.add(record, scores);
  }
  return tally;
}

std::string early_late_text(const Tally& tally) {
  return "early " + report::value_text(tally.early()) + ", late " +
         report::value_text(tally.late()) + " over " + std::to_string(tally.problems) +
         (tally.problems == 1 ? " problem" : " problems");
}

}  // namespace

Json published_results(const Result& result, Part part, std::int64_t layer, Scores scores) {
  const std::vector<std::size_t> lanes = positions_of(result.data, layer);
  Json all = Json::array();
  for (const Group& group : result.groups) {
    if (group.part != part || group.name != "all") continue;
    for (const std::size_t i : group.problems) {
      if (all_known(result.graded[i], lanes)) all.push_back(problem_json(result, i, lanes, scores));
    }
  }
  return all;
}

Json published_statistics(const Json& results, Scores scores) {
  Tally all;
  std::vector<std::pair<std::string, Tally>> by_difficulty;  // in the order of the problems
  for (const Json& record : results) {
    all.add(record, scores);
    const std::string name = difficulty_text(record);
    auto found = std::find_if(by_difficulty.begin(), by_difficulty.end(),
                              [&name](const auto& each) { return each.first == name; });
    if (found == by_difficulty.end()) {
      by_difficulty.emplace_back(name, Tally{});
      found = by_difficulty.end() - 1;
    }
    found->second.add(record, scores);
  }
  Json positions = Json::object();
  for (const auto& [position, score] : all.scores) {
    positions[std::to_string(position)] = score.first / score.second;
  }
  Json difficulties = Json::object();
  for (const auto& [name, tally] : by_difficulty) {
    difficulties[name] = {{"n_problems", tally.problems},
                          {"baseline_accuracy", number_json(tally.accuracy())},
                          {"early_importance", number_json(tally.early())},
                          {"late_importance", number_json(tally.late())},
                          {"pattern_validated", tally.is_early()}};
  }
  return {{"n_problems", all.problems},
          {"baseline_accuracy", number_json(all.accuracy())},
          {"position_importance", std::move(positions)},
          {"by_difficulty", std::move(difficulties)}};
}

std::vector<report::Check> success_criteria(const Json& results, Scores scores) {
  using report::Outcome;
  using report::outcome_of;
  Tally all;
  for (const Json& record : results) all.add(record, scores);
  constexpr std::int64_t many = 1'000'000'000;
  const Tally simple = tally_between(results, 2, 3, scores);
  const Tally complex = tally_between(results, 4, many, scores);
  const Value simple_early = simple.early();
  const Value complex_early = complex.early();
  const bool has_both = simple_early.ok() && complex_early.ok();
  const bool has_late = complex_early.ok() && complex.late().ok();
  return {{.name = "baseline above 70 %",
           .outcome =
               all.problems == 0 ? Outcome::not_checked : outcome_of(all.accuracy().value() > 0.7),
           .found = std::to_string(all.right) + " of " + std::to_string(all.problems) + " right"},
          {.name = "early at least as important as late from 4 steps on",
           .outcome = has_late ? outcome_of(complex.is_early()) : Outcome::not_checked,
           .found = early_late_text(complex)},
          {.name = "2 and 3 steps are robust: their early importance is below that from 4 steps on",
           .outcome = has_both ? outcome_of(simple_early.value() < complex_early.value())
                               : Outcome::not_checked,
           .found = early_late_text(simple) + "; the source names no bound"}};
}

Part part_or_other(const Result& result, Part wanted) {
  for (const Group& group : result.groups) {
    if (group.part == wanted) return wanted;
  }
  return result.groups.front().part;
}

std::vector<report::OutputFile> published_files(const std::vector<Result>& results, Scores scores) {
  std::vector<report::OutputFile> files;
  for (const Result& result : results) {
    if (!why_unpublished(result).empty()) continue;
    const auto& layers = result.data.axes.layers;
    for (const std::int64_t layer : layers) {
      std::string suffix = results.size() > 1 ? "_" + report::file_part(result.label) : "";
      if (layer != layers.front()) suffix += "_layer_" + std::to_string(layer);
      const auto add = [&](const std::string& name, const Json& json) {
        std::string file = "step_importance_";
        file.append(name).append(suffix).append(".json");
        files.push_back({std::move(file), json.dump(2) + "\n"});
      };
      const Json validation =
          published_results(result, part_or_other(result, Part::validation), layer, scores);
      const bool is_complete = result.data.complete_problems() == result.data.problems.size();
      add("validation", {{"validation_status", is_complete ? "COMPLETE" : "PARTIAL"},
                         {"n_samples", validation.size()},
                         {"results", validation},
                         {"statistics", published_statistics(validation, scores)}});
      const Json sweep =
          published_results(result, part_or_other(result, Part::sweep), layer, scores);
      add("scores", sweep);
      add("summary_stats", published_statistics(sweep, scores));
    }
  }
  return files;
}

std::string why_unpublished(const Result& result) {
  if (!result.data.has_kind(Kind::cumulative)) return "without set cumulative";
  const bool is_known =
      std::any_of(result.graded.begin(), result.graded.end(),
                  [](const Graded& graded) { return graded.baseline.has_value(); });
  return is_known ? "" : "without free answers";
}

}  // namespace phiscope::analyze::steps
