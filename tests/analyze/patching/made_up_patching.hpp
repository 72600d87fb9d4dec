// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/comparison.hpp"
#include "synthetic_patching.hpp"
#include "temp_dir.hpp"

#include <map>
#include <string>
#include <vector>

namespace phiscope::test {

/// Numbers of which no two are equal; every eleventh cell and every seventh test is undefined.
class DistinctPatching {
 public:
  double next() { return static_cast<double>(++count_) + 0.5; }

  analyze::patching::Cell cell() {
    const double mean = next();
    const auto count = static_cast<std::size_t>(count_);
    analyze::patching::Cell cell{
        .mean = {.value = mean,
                 .low = mean - 0.25,
                 .high = mean + 0.125,
                 .units = 10 * count + 1,
                 .draws = 10 * count + 2,
                 .undefined_draws = 10 * count + 3,
                 .method = "made up",
                 .covers = "pairs"},
        .count = 100 * count,
        .undefined = {{Status::no_gap, 4 + count}, {Status::nonfinite, 7 + 2 * count}}};
    if (count % 11 == 0) cell.mean.value = cell.mean.low = cell.mean.high = Status::no_gap;
    return cell;
  }
  analyze::patching::SiteTest test() {
    analyze::patching::SiteTest test{
        .p = 1.0 / next(), .p_holm = 1.0 / next(), .p_max = 1.0 / next(), .least_p = 1.0 / next()};
    if (count_ % 7 == 0) test.p = test.p_holm = test.p_max = Status::too_few_rows;
    return test;
  }
  void fill(analyze::patching::Result& result) {
    for (auto& site : result.cells) {
      for (auto& each : site) each = cell();
    }
    for (auto& site : result.tests) {
      for (auto& each : site) each = test();
    }
    for (auto& layer : result.layers) {
      for (auto& each : layer.cells) each = cell();
    }
    for (auto& pair : result.measured) {
      for (auto& site : pair) {
        for (auto& value : site.values) value = -next();
      }
    }
  }

 private:
  std::int64_t count_ = 0;
};

inline analyze::patching::Result analyzed_patching(const SyntheticPatching& options,
                                                   const std::string& label) {
  const TempDir folder;
  write_synthetic_patching(folder.path() / label, options);
  return analyze::patching::analyze(analyze::patching::read_run(folder.path() / label),
                                    {.resamples = 20, .sign_flips = 100, .seed = 1, .threads = 1});
}

/// The first run: two modes, a set with steps and one without, difficulties 2, 3 and unknown.
inline SyntheticPatching first_patching() {
  SyntheticPatching options;
  options.modes = {"rerun", "frozen"};
  options.pairs[4].steps.reset();
  return options;
}

/// The second: other sets, layers and pairs, and a control.
inline SyntheticPatching second_patching() {
  SyntheticPatching options;
  options.sets = {"prefix", "single"};
  options.layers = {1, 2};
  options.options = {{"donor", "noise:1"}};
  options.pairs.erase(options.pairs.begin() + 1);
  options.pairs.back().id = 77;
  for (auto& pair : options.pairs) pair.steps = 4;
  return options;
}

/// Two runs of which every number was replaced by one of its own.
inline std::vector<analyze::patching::Result> made_up_patching() {
  std::vector<analyze::patching::Result> results = {analyzed_patching(first_patching(), "clean"),
                                                    analyzed_patching(second_patching(), "noise")};
  DistinctPatching numbers;
  for (auto& result : results) numbers.fill(result);
  return results;
}

/// Comparisons of these two with numbers of their own: modes and sets, sites and measures as
/// compare() gives them.
inline std::vector<analyze::patching::Comparison> made_up_comparisons(
    const std::vector<analyze::patching::Result>& results) {
  auto all = analyze::patching::compare(results, {.resamples = 20, .sign_flips = 50});
  DistinctPatching numbers;
  for (int i = 0; i < 4000; ++i) static_cast<void>(numbers.next());
  for (auto& each : all) {
    each.difference = numbers.cell();
    each.test = numbers.test();
  }
  return all;
}

}  // namespace phiscope::test
