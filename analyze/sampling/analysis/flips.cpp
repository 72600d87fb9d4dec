// SPDX-License-Identifier: MIT
#include "sampling/analysis/flips.hpp"

#include <phiscope/holm.hpp>
#include <phiscope/max_statistic.hpp>
#include <phiscope/permutation_test.hpp>
#include <phiscope/sum.hpp>

#include <algorithm>
#include <iterator>

namespace phiscope::analyze::sampling {

Cell cell_of(std::span<const Value> values, const Options& options) {
  return report::unit_mean(
      values, {.resamples = options.resamples, .seed = options.seed, .covers = "problems"});
}

std::vector<LayerTest> test_layers(const std::vector<std::vector<Value>>& differences,
                                   std::size_t layers, const Options& options) {
  const SignFlipOptions flips{.resamples = options.sign_flips, .seed = options.seed};
  std::vector<LayerTest> tests(layers);
  // A problem without any difference adds no pattern of signs: it must not make the design larger.
  std::vector<std::vector<Value>> defined;
  defined.reserve(differences.size());
  std::copy_if(differences.begin(), differences.end(), std::back_inserter(defined),
               [](const auto& problem) {
                 return std::any_of(problem.begin(), problem.end(),
                                    [](const Value& value) { return value.ok(); });
               });
  if (defined.empty()) return tests;
  const SignFlipMaxTest together = sign_flip_max_test(defined, flips);
  std::vector<double> p_values;
  std::vector<std::size_t> places;
  p_values.reserve(layers);
  places.reserve(layers);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    std::vector<double> numbers;
    numbers.reserve(defined.size());
    for (const auto& problem : defined) {
      if (problem[layer].ok()) numbers.push_back(problem[layer].value());
    }
    const SignFlipTest test = sign_flip_test(numbers, flips);
    tests[layer].p = test.p_value;
    tests[layer].least_p = test.least_p;
    tests[layer].p_max = together.p_values[layer];
    if (!numbers.empty()) tests[layer].difference = mean_of(numbers);
    if (!test.p_value.ok()) continue;
    p_values.push_back(test.p_value.value());
    places.push_back(layer);
  }
  const std::vector<double> corrected = holm(p_values);
  for (std::size_t i = 0; i < places.size(); ++i) tests[places[i]].p_holm = corrected[i];
  return tests;
}

}  // namespace phiscope::analyze::sampling
