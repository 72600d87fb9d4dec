// SPDX-License-Identifier: MIT
#pragma once

#include "loo/report.hpp"
#include "synthetic_run.hpp"
#include "temp_dir.hpp"

#include <vector>

namespace phiscope::test {

/// Numbers of which no two are equal, in any field of any aggregate.
class DistinctNumbers {
 public:
  /// Every ninth is undefined, so that gaps are seen as well.
  analyze::loo::Aggregate aggregate() {
    const double mean = next();
    analyze::loo::Aggregate result{.mean = estimate(mean),
                                   .sd = mean + 0.0625,
                                   .median = mean + 0.125,
                                   .events = 10 * count_ + 1,
                                   .defined = 10 * count_ + 2,
                                   .floored = 10 * count_ + 3};
    for (std::int64_t i = 0; i < 6; ++i) {
      result.undefined[static_cast<std::size_t>(i)] = 10 * count_ + 4 + i;
    }
    if (count_ % 9 == 0) {
      result.mean.value = result.sd = result.median = Status::no_within_pairs;
      result.mean.low = result.mean.high = Status::no_cross_pairs;
    }
    return result;
  }
  analyze::loo::PairedCell paired() {
    const double difference = next();
    analyze::loo::PairedCell result{.difference = estimate(difference),
                                    .p = 1.0 / next(),
                                    .p_max = 1.0 / next(),
                                    .least_p = 1.0 / next(),
                                    .walks = 10 * count_ + 5};
    if (count_ % 9 == 0) result.p = result.p_max = Status::too_few_rows;
    return result;
  }
  analyze::loo::LabelTest labels() {
    return {.ratio = next(),
            .null_mean = next(),
            .null_high = next(),
            .p = 1.0 / next(),
            .least_p = 1.0 / next(),
            .draws = static_cast<std::size_t>(next()),
            .undefined_draws = static_cast<std::size_t>(next()),
            .exact = count_ % 2 == 0};
  }
  Estimate estimate(double value) const {
    const auto count = static_cast<std::size_t>(count_);
    return {.value = value,
            .low = value - 0.25,
            .high = value + 0.5,
            .units = 10 * count + 3,
            .draws = 10 * count + 4,
            .undefined_draws = 10 * count + 5,
            .method = count % 2 == 0 ? "t" : "studentised",
            .covers = "walks"};
  }
  /// In steps of 1, above 1: fit for a logarithmic axis.
  double next() { return static_cast<double>(++count_) + 1.0; }

 private:
  std::int64_t count_ = 0;
};

/// Gives every aggregate, correlation and fit of the run a number of its own.
inline void make_distinct(analyze::loo::RunResult& run, DistinctNumbers& numbers) {
  for (auto& each : run.influences) each = numbers.aggregate();
  for (auto& each : run.levels) each = numbers.aggregate();
  for (auto& each : run.bridge_anchor) each = numbers.paired();
  for (auto& each : run.above_mixing) each = numbers.paired();
  for (auto& each : run.mixing) each = numbers.aggregate();
  for (auto& each : run.labels) each = numbers.labels();
  for (auto& each : run.correlations) {
    each.estimate = numbers.estimate(1.0 / numbers.next());
    each.events = static_cast<std::int64_t>(numbers.next());
    each.contexts = static_cast<std::int64_t>(numbers.next());
  }
  for (auto& each : run.position_zero) {
    each.explained = 1.0 / numbers.next();
    each.scale = numbers.next();
    each.cells = static_cast<std::int64_t>(numbers.next());
  }
  for (auto& each : run.bridge_anchor_beyond_counts) each = numbers.paired();
  for (auto& each : run.labels_beyond_counts) each = numbers.labels();
}

/// Two runs that share one condition of two, with other layers and other sinks, whose numbers are
/// all different: whatever shows one in place of another is seen.
inline std::vector<analyze::loo::RunResult> made_up_loo_runs() {
  const TempDir folder;
  SyntheticRun options{.lengths = {6, 10, 20}, .trials = 2, .units = 4};
  write_synthetic_run(folder.path() / "keep", options);
  options.sink = "drop";
  options.layers = {-1, 0, 1, 2};
  options.conditions = {"unrelated", "other"};
  write_synthetic_run(folder.path() / "drop", options);
  auto runs = analyze::loo::analyze_runs({folder.path() / "keep", folder.path() / "drop"}, {},
                                         {.resamples = 5});
  DistinctNumbers numbers;
  for (auto& run : runs) make_distinct(run, numbers);
  return runs;
}

/// The index of a condition of the run, if it has it.
inline std::optional<std::size_t> condition_of(const analyze::loo::RunResult& run,
                                               const std::string& name) {
  for (std::size_t i = 0; i < run.info.conditions.size(); ++i) {
    if (run.info.conditions[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace phiscope::test
