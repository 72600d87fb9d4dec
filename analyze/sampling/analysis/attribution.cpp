// SPDX-License-Identifier: MIT
#include "sampling/analysis/attribution.hpp"

#include "program/parallel.hpp"

#include <phiscope/sum.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

namespace phiscope::analyze::sampling {
namespace {

FinalNorm final_norm(const Points& run) {
  return {.kind = run.centres ? FinalNorm::Kind::layer : FinalNorm::Kind::rms,
          .weight = run.weight,
          .bias = run.bias,
          .epsilon = run.epsilon};
}

PointAttribution attribute_point(const Points& run, std::size_t point, AttributionNorm norm,
                                 std::size_t entries) {
  PointAttribution result;
  result.entries.assign(entries, Status::too_few_rows);
  const Point& each = run.points[point];
  if (!each.residuals) return result;
  const auto [shard, row] = *each.residuals;
  const std::vector<double> residuals = run.residuals.at(shard).row(row);
  const auto direction = std::span(run.directions).subspan(point * run.units, run.units);
  const LogitAttribution found = logit_attribution(
      MatrixView<double>(residuals, run.entries, run.units), direction, final_norm(run), norm);
  double scale = 0.0;
  for (std::size_t i = 0; i < found.contributions.size(); ++i) {
    result.entries[i] = found.contributions[i];
    scale += std::abs(found.contributions[i]);
  }
  if (run.centres) result.entries.back() = found.bias;
  scale += std::abs(found.bias);
  result.scale = std::max(scale, 1.0);
  result.total = found.total;
  // Squeezed logits are not linear in the residual: there is nothing to compare with.
  if (each.score_difference && !run.soft_cap && found.total.ok()) {
    result.error = std::abs(found.total.value() - *each.score_difference);
  }
  return result;
}

/// Mean of an entry over the points of each problem.
std::vector<Value> by_problem(const Attribution& result, std::size_t norm, std::size_t entry) {
  std::map<std::string, std::vector<double>> numbers;
  for (std::size_t point = 0; point < result.points.size(); ++point) {
    const Value& value = result.points[point][norm].entries[entry];
    auto& of_problem = numbers[result.run.points[point].problem];
    if (value.ok()) of_problem.push_back(value.value());
  }
  std::vector<Value> means;
  means.reserve(numbers.size());
  for (const auto& [problem, values] : numbers) {
    means.push_back(values.empty() ? Value(Status::too_few_rows) : Value(mean_of(values)));
  }
  return means;
}

}  // namespace

std::string_view norm_name(AttributionNorm norm) noexcept {
  if (norm == AttributionNorm::frozen) return "frozen";
  return norm == AttributionNorm::raw ? "raw" : "published";
}

std::string Attribution::entry_name(std::size_t entry) const {
  if (entry == 0) return "embedding";
  return run.centres && entry + 1 == entries ? "bias" : std::to_string(entry - 1);
}

Attribution analyze_attribution(Points run, const Options& options) {
  Attribution result;
  result.run = std::move(run);
  result.label = result.run.info.name;
  result.entries = result.run.entries + (result.run.centres ? 1U : 0U);
  result.points.resize(result.run.points.size());
  for_each_tile(result.points.size(), options.threads, [&](std::size_t point) {
    for (std::size_t norm = 0; norm < all_norms.size(); ++norm) {
      result.points[point][norm] =
          attribute_point(result.run, point, all_norms[norm], result.entries);
    }
  });
  for (std::size_t norm = 0; norm < all_norms.size(); ++norm) {
    result.means[norm].reserve(result.entries);
    for (std::size_t entry = 0; entry < result.entries; ++entry) {
      result.means[norm].push_back(cell_of(by_problem(result, norm, entry), options));
    }
  }
  std::set<std::string> problems;
  for (const Point& point : result.run.points) {
    if (!point.residuals) continue;
    ++result.measured;
    problems.insert(point.problem);
  }
  result.problems = problems.size();
  return result;
}

}  // namespace phiscope::analyze::sampling
