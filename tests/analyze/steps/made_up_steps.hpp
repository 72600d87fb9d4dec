// SPDX-License-Identifier: MIT
#pragma once

#include "steps/analysis/analysis.hpp"
#include "synthetic_steps.hpp"
#include "temp_dir.hpp"

#include <string>
#include <vector>

namespace phiscope::test {

inline const analyze::steps::Options& quick_steps() {
  static const analyze::steps::Options options = {
      .resamples = 20, .permutations = 99, .seed = 1, .threads = 1};
  return options;
}

inline analyze::steps::Result analyzed_steps(const SyntheticSteps& options,
                                             const std::string& label = "run",
                                             const analyze::steps::Options& how = quick_steps()) {
  const TempDir folder;
  write_synthetic_steps(folder.path() / label, options);
  auto result = analyze::steps::analyze(analyze::steps::read_run(folder.path() / label), how);
  std::vector<analyze::steps::Result> results = {std::move(result)};
  analyze::steps::correct(results);
  return std::move(results.front());
}

/// The first run: two layers, the token before the thoughts, all kinds.
inline SyntheticSteps first_steps() {
  SyntheticSteps options;
  options.kinds = {"cumulative", "single", "leave-one", "all", "early-exit"};
  options.layers = {1, 3};
  options.include_bot = true;
  return options;
}

/// The second: another donor, other problems, no early exit.
inline SyntheticSteps second_steps() {
  SyntheticSteps options;
  options.kinds = {"single", "cumulative"};
  options.donor = "mean";
  options.problems.erase(options.problems.begin() + 1);
  options.dropped.clear();
  return options;
}

/// Numbers of which no two are equal; every eleventh estimate and every seventh p is undefined.
class DistinctSteps {
 public:
  double next() { return static_cast<double>(++count_) + 0.5; }
  std::size_t whole() { return static_cast<std::size_t>(++count_); }

  Estimate estimate() {
    const double value = next();
    Estimate estimate{.value = value,
                      .low = value - 0.25,
                      .high = value + 0.125,
                      .units = whole(),
                      .method = "made up",
                      .covers = "problems"};
    if (count_ % 11 == 0) estimate.value = estimate.low = estimate.high = Status::too_few_rows;
    return estimate;
  }

  void fill(analyze::steps::Cell& cell) {
    const std::size_t right = whole();
    const std::size_t unknown = whole();
    cell.counts = {.problems = 10 * right + unknown,
                   .unknown = unknown,
                   .baseline_right = right,
                   .broken = whole(),
                   .repaired = whole(),
                   .no_number = whole()};
    cell.accuracy = estimate();
    cell.importance = estimate();
    cell.repaired = estimate();
    for (auto& mean : cell.means) {
      mean.mean = estimate();
      mean.count = 1000 * whole();
      mean.undefined = {{Status::nonfinite, whole()}};
      // Exponentials stay distinct and finite.
      if (mean.mean.value.ok()) {
        const double small = mean.mean.value.value() / 1000.0;
        mean.mean.value = small;
        mean.mean.low = small - 0.25;
        mean.mean.high = small + 0.125;
      }
    }
  }

  void fill(analyze::steps::Result& result) {
    for (auto& group : result.groups) fill(group.baseline);
    for (auto& cell : result.cells) fill(cell);
    for (auto& test : result.tests) {
      test.units = whole();
      test.effect = estimate();
      test.first_only = whole();
      test.second_only = whole();
      test.p = 1.0 / next();
      test.p_holm = 1.0 / next();
      test.least_p = 1.0 / next();
      if (count_ % 7 == 0) test.p = test.p_holm = Status::few_units;
    }
    for (auto& lanes : result.measured) {
      for (auto& measured : lanes) {
        for (auto& value : measured) value = -next();
      }
    }
  }

 private:
  std::int64_t count_ = 0;
};

/// Two runs of which every number was replaced by one of its own.
inline std::vector<analyze::steps::Result> made_up_steps() {
  std::vector<analyze::steps::Result> results = {analyzed_steps(first_steps(), "zero"),
                                                 analyzed_steps(second_steps(), "mean")};
  DistinctSteps numbers;
  for (auto& result : results) numbers.fill(result);
  return results;
}

}  // namespace phiscope::test
