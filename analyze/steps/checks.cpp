// SPDX-License-Identifier: MIT
#include "steps/checks.hpp"

#include "report/estimate_text.hpp"
#include "steps/published.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace phiscope::analyze::steps {
namespace {

using report::outcome_of;

std::string of_text(std::size_t some, std::size_t all, const std::string& what) {
  return std::to_string(some) + " of " + std::to_string(all) + " " + what;
}

Check problems_done(const Result& result) {
  const std::size_t done = result.data.complete_problems();
  const std::size_t planned = result.data.problems.size();
  return {.name = "all problems done",
          .outcome = outcome_of(done == planned),
          .found = of_text(done, planned, "problems") + ", " +
                   std::to_string(result.data.dropped.size()) + " dropped before the run"};
}

Check no_nan(const Result& result) {
  std::size_t all = 0;
  std::size_t bad = 0;
  for (const auto& lanes : result.measured) {
    for (const Measured& measured : lanes) {
      all += measured.size();
      bad += static_cast<std::size_t>(
          std::count(measured.begin(), measured.end(), Value(Status::nonfinite)));
    }
  }
  return {.name = "no NaN",
          .outcome = outcome_of(bad == 0),
          .found = of_text(bad, all, "measures of a problem and a step set are not finite")};
}

Check baseline_is_zero(const Result& result) {
  double largest = 0.0;
  for (const ProblemRows& problem : result.data.rows) {
    if (!problem.complete) continue;
    for (const auto& row : problem.baseline) {
      // A NaN is no 0 either; std::max would drop it.
      const double away = std::abs(row->kl) + std::abs(row->reverse_kl);
      largest = away <= largest ? largest : away;
    }
  }
  return {.name = "baseline equals itself",
          .outcome = outcome_of(largest == 0.0),
          .found = "largest KL " + report::value_text(largest)};
}

/// What two runs of the same thing may differ by, nats: batches of another shape round otherwise.
double twin_tolerance(const std::string& dtype) {
  return dtype == "bfloat16" || dtype == "float16" ? 0.1 : 1e-3;
}

Check twins_are_equal(const Result& result) {
  const auto largest = largest_twin_difference(result);
  if (!largest) {
    return {.name = "sets of the same thoughts are equal",
            .found = "no two step sets change the same thoughts"};
  }
  const double tolerance = twin_tolerance(result.data.dtype);
  return {.name = "sets of the same thoughts are equal",
          .outcome = outcome_of(*largest <= tolerance),
          .found = "largest difference " + report::value_text(*largest) + " nats, at most " +
                   report::value_text(tolerance)};
}

Check unread_is_zero(const Result& result) {
  const auto largest = largest_unread_kl(result);
  return {.name = "KL is 0 where nothing reads the change",
          .outcome = largest ? outcome_of(*largest == 0.0) : Outcome::not_checked,
          .found = largest ? "largest " + report::value_text(*largest) + " nats"
                           : "the last thought is not changed alone after the last layer"};
}

/// Pairs of lanes that change the same thoughts.
std::vector<std::pair<std::size_t, std::size_t>> twins_of(const Steps& data) {
  std::vector<std::pair<std::size_t, std::size_t>> twins;
  const std::int64_t last = data.axes.latents;
  for (const std::int64_t layer : data.axes.layers) {
    for (const auto& [a, b] :
         {std::pair(Lane{Kind::cumulative, layer, 1}, Lane{Kind::single, layer, 0}),
          std::pair(Lane{Kind::cumulative, layer, last}, Lane{Kind::all, layer, last})}) {
      const auto first = data.find(a);
      const auto second = data.find(b);
      if (first && second) twins.emplace_back(*first, *second);
    }
  }
  return twins;
}

}  // namespace

std::vector<Check> checklist(const Result& result) {
  return {problems_done(result), no_nan(result), baseline_is_zero(result), twins_are_equal(result),
          unread_is_zero(result)};
}

std::vector<Check> criteria(const Result& result, const Options& options) {
  if (!why_unpublished(result).empty()) return {};
  const Scores scores = options.published_scores ? Scores::both_ways : Scores::broken;
  return success_criteria(published_results(result, part_or_other(result, Part::validation),
                                            result.data.axes.layers.front(), scores),
                          scores);
}

std::optional<double> largest_twin_difference(const Result& result) {
  std::optional<double> largest;
  for (const auto& [a, b] : twins_of(result.data)) {
    for (const ProblemRows& problem : result.data.rows) {
      if (!problem.complete) continue;
      for (std::size_t i = 0; i < problem.baseline.size(); ++i) {
        const Row& one = *problem.lanes[a][i];
        const Row& other = *problem.lanes[b][i];
        const double away =
            std::max(std::abs(one.reverse_kl - other.reverse_kl),
                     std::abs(one.token_log_probability - other.token_log_probability));
        largest = std::max(largest.value_or(0.0), away);
      }
    }
  }
  return largest;
}

std::optional<double> largest_unread_kl(const Result& result) {
  const Steps& data = result.data;
  const auto lane = data.find(
      {.kind = Kind::single, .layer = data.model_layers - 1, .step = data.axes.latents - 1});
  if (!lane || data.published) return std::nullopt;
  std::optional<double> largest;
  for (const ProblemRows& problem : data.rows) {
    if (!problem.complete) continue;
    for (const auto& row : problem.lanes[*lane]) {
      largest = std::max({largest.value_or(0.0), std::abs(row->kl), std::abs(row->reverse_kl)});
    }
  }
  return largest;
}

std::map<std::string, std::size_t> dropped_by_reason(const Steps& data) {
  std::map<std::string, std::size_t> counts;
  for (const Dropped& dropped : data.dropped) ++counts[dropped.status];
  return counts;
}

}  // namespace phiscope::analyze::steps
