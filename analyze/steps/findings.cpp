// SPDX-License-Identifier: MIT
#include "steps/findings.hpp"

#include "report/estimate_text.hpp"
#include "steps/checks.hpp"
#include "steps/published.hpp"

#include <phiscope/bootstrap_ratio.hpp>

#include <optional>

namespace phiscope::analyze::steps {
namespace {

std::string start(const Result& result, const std::vector<Result>& results) {
  return results.size() > 1 ? result.label + ": " : "";
}

/// "3 of 60 problems"
std::string share(std::size_t some, std::size_t all, const std::string& what = "problems") {
  return std::to_string(some) + " of " + std::to_string(all) + " " + what;
}

/// 1 minus a rate, with its interval.
Estimate rest_of(const Estimate& rate) {
  Estimate rest = rate;
  rest.value = difference(1.0, rate.value);
  rest.low = difference(1.0, rate.high);
  rest.high = difference(1.0, rate.low);
  return rest;
}

std::string baseline_line(const Result& result) {
  const Cell& cell = result.groups.front().baseline;
  return "Baseline: " + share(cell.counts.baseline_right, cell.counts.known(), "answers") +
         " are right, " + report::estimate_text(cell.accuracy) + "; " +
         std::to_string(cell.counts.no_number) + " have no number.";
}

std::string no_thought_line(const Result& result) {
  const auto lane = result.data.find({.kind = Kind::early_exit, .layer = no_layer, .step = 0});
  if (!lane) return {};
  const Cell& cell = result.cell(0, *lane);
  const std::size_t right = cell.counts.baseline_right;
  return "Without any thought (early exit at 0), " +
         share(right - cell.counts.broken, right, "right answers") +
         " remain right: " + report::estimate_text(rest_of(cell.importance)) + ".";
}

/// What changing all thoughts does to the answers.
std::string lane_line(const Result& result, std::size_t lane) {
  const Cell& cell = result.cell(0, lane);
  const Counts& counts = cell.counts;
  const std::string at = " at layer " + std::to_string(result.data.lanes[lane].layer);
  const std::string repaired = counts.baseline_wrong() == 0
                                   ? "no other answer could be repaired"
                                   : share(counts.repaired, counts.baseline_wrong(), "others") +
                                         " are repaired: " + report::estimate_text(cell.repaired);
  return "Changing all thoughts" + (result.data.several_layers() ? at : std::string()) + " loses " +
         share(counts.broken, counts.baseline_right, "right answers") + ": importance " +
         report::estimate_text(cell.importance) + "; " + repaired +
         "; perplexity of the right answer " +
         report::value_text(result.groups.front().baseline.perplexity().value) + " before, " +
         report::value_text(cell.perplexity().value) + " after.";
}

/// The lanes of a kind with the largest and the smallest importance.
std::string range_line(const Result& result, Kind kind) {
  std::optional<std::size_t> largest;
  std::optional<std::size_t> smallest;
  std::size_t defined = 0;
  const auto importance = [&](std::size_t lane) { return result.cell(0, lane).importance.value; };
  for (std::size_t lane = 0; lane < result.data.lanes.size(); ++lane) {
    if (result.data.lanes[lane].kind != kind || !importance(lane).ok()) continue;
    ++defined;
    const double value = importance(lane).value();
    if (!largest || value > importance(*largest).value()) largest = lane;
    if (!smallest || value < importance(*smallest).value()) smallest = lane;
  }
  if (!largest || largest == smallest) return {};
  const auto text = [&](std::size_t lane) {
    return report::estimate_text(result.cell(0, lane).importance) + " at " +
           lane_text(result.data.lanes[lane], result.data.several_layers());
  };
  return "Importance of set " + std::string(kind_name(kind)) + ": largest " + text(*largest) +
         ", smallest " + text(*smallest) +
         "; intervals not corrected for taking the largest and the smallest of " +
         std::to_string(defined) + ".";
}

/// Mean importance of the first half of the steps, in each stratum, at a layer.
std::string strata_line(const Result& result, Kind kind, std::int64_t layer) {
  std::string list;
  const auto steps = half_of_steps(kind, result.data.axes.latents, true);
  for (std::size_t group = 1; group < result.groups.size(); ++group) {
    const Group& of = result.groups[group];
    if (of.part != result.chief() || !of.stratum) continue;
    const std::size_t right = of.baseline.counts.baseline_right;
    double sum = 0.0;
    for (const std::int64_t step : steps) {
      const auto lane = result.data.find({.kind = kind, .layer = layer, .step = step});
      sum += result.cell(group, *lane).importance.value.value_or(0.0);
    }
    const bool is_shown = right >= least_right && !steps.empty();
    list += (list.empty() ? "" : ", ") + of.name + ": " +
            (is_shown ? report::short_text(sum / static_cast<double>(steps.size()))
                      : std::string("too few")) +
            " (" + std::to_string(right) + " right)";
  }
  if (list.empty() || steps.empty()) return {};
  return "Importance of the first half of the steps of " + std::string(kind_name(kind)) +
         (result.data.several_layers() ? " at layer " + std::to_string(layer) : "") +
         " by stratum: " + list + ".";
}

std::string problem_line(const Result& result) {
  const Steps& data = result.data;
  const std::size_t all = data.problems.size() + data.dropped.size();
  std::string line = "Problems: " + share(data.complete_problems(), all) + " are in the results";
  std::string reasons;
  for (const auto& [status, count] : dropped_by_reason(data)) {
    reasons += (reasons.empty() ? "" : ", ") + status + " " + std::to_string(count);
  }
  if (!reasons.empty()) {
    line += "; " + std::to_string(data.dropped.size()) + " were dropped before the run (" +
            reasons + ")";
  }
  const std::size_t unfinished = data.problems.size() - data.complete_problems();
  if (unfinished > 0) line += "; " + std::to_string(unfinished) + " are unfinished";
  return line + ".";
}

std::string sample_line(const Result& result) {
  std::string line = "Samples:";
  for (const Group& group : result.groups) {
    const std::string name =
        group.name == "all" ? std::string(part_name(group.part)) : "stratum " + group.name;
    line += (group.name == "all" ? (line.back() == ':' ? " " : "; ") : ", ") + name + " " +
            std::to_string(group.problems.size()) + " (" +
            std::to_string(group.baseline.counts.baseline_right) + " right)";
  }
  return line + ". Tests and figures are of the " + std::string(part_name(result.chief())) + ".";
}

void add_warnings(const Result& result, const std::string& prefix,
                  std::vector<std::string>& lines) {
  const Steps& data = result.data;
  const Counts& counts = result.groups.front().baseline.counts;
  const auto warn = [&](const std::string& text) { lines.push_back(prefix + text); };
  if (data.published) {
    warn(
        "Published run: i counts positions, of which 0 is the token that begins the thoughts; the "
        "question's last token is changed as well, and the end of the thoughts is fed twice. "
        "Cumulative sets only: their importance is not that of a position.");
  }
  const std::size_t done = data.complete_problems();
  if (done < data.problems.size()) {
    warn("Partial run: " + share(done, data.problems.size()) + " are complete.");
  }
  if (!data.dropped.empty()) {
    warn("Dropped: " + problem_line(result).substr(10));
  }
  for (const Check& check : checklist(result)) {
    if (check.outcome != Outcome::failed) continue;
    warn("Check failed: " + check.name + " (" + check.found + ").");
  }
  if (counts.unknown > 0) {
    warn("Free answers: " + share(counts.unknown, counts.problems) +
         " have none in the baseline; they are in no rate.");
  }
  if (counts.known() >= least_right && counts.baseline_wrong() == 0) {
    warn("All " + std::to_string(counts.known()) +
         " baseline answers are right: the problems are selected by the model or too easy for it, "
         "and nothing can be repaired.");
  }
  if (counts.baseline_right < least_right) {
    warn("Few right answers: " + std::to_string(counts.baseline_right) + ", expected at least " +
         std::to_string(least_right) + "; nothing is tested.");
  }
  for (const Group& group : result.groups) {
    const std::size_t right = group.baseline.counts.baseline_right;
    if (!group.stratum || group.part != result.chief() || right >= least_right) continue;
    warn("Stratum " + group.name + ": " + std::to_string(right) + " right answers of " +
         std::to_string(group.problems.size()) + ", too few for a test; it is grey.");
  }
  if (const std::string why = why_unpublished(result); !why.empty()) {
    warn("No step_importance_*.json: the published structure has no place for a run " + why + ".");
  }
}

}  // namespace

std::vector<std::string> findings(const std::vector<Result>& results) {
  std::vector<std::string> lines;
  for (const Result& result : results) {
    const auto add = [&](const std::string& line) {
      if (!line.empty()) lines.push_back(start(result, results) + line);
    };
    const Steps& data = result.data;
    add(baseline_line(result));
    add(no_thought_line(result));
    for (const std::int64_t layer : data.axes.layers) {
      const auto lane = data.find({.kind = Kind::all, .layer = layer, .step = data.axes.latents});
      if (lane) add(lane_line(result, *lane));
    }
    for (const Kind kind : data.axes.kinds) add(range_line(result, kind));
    const auto kind = early_kind(result);
    for (const std::int64_t layer : data.axes.layers) {
      if (kind) add(strata_line(result, *kind, layer));
    }
  }
  return lines;
}

std::vector<std::string> warnings(const std::vector<Result>& results) {
  std::vector<std::string> lines;
  for (const Result& result : results) add_warnings(result, start(result, results), lines);
  return lines;
}

std::vector<std::string> diagnostic_lines(const std::vector<Result>& results,
                                          const Options& options) {
  std::vector<std::string> lines;
  for (const Result& result : results) {
    const std::string prefix = start(result, results);
    lines.push_back(prefix + problem_line(result));
    lines.push_back(prefix + sample_line(result));
    for (const Source& source : result.data.sources) {
      if (source.logits) lines.push_back(prefix + report::logit_line(*source.logits));
    }
    for (const Check& check : checklist(result)) {
      lines.push_back(prefix + report::check_line(check));
    }
    for (const Check& check : criteria(result, options)) {
      lines.push_back(prefix + "Published criterion: " + report::check_line(check).substr(7));
    }
  }
  return lines;
}

}  // namespace phiscope::analyze::steps
