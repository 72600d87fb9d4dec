// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Puts the statistics of several tests on one scale, for max_statistic_p(): each minus the mean
/// and over the standard deviation of the observed number and its draws together, so that these
/// stay exchangeable and no test decides the largest by its unit. A test whose numbers are all
/// equal becomes 0.
/// @param observed  [test]
/// @param draws  [draw, test]
/// @throws std::invalid_argument if there is no test, or draws are not a multiple of them
inline void studentise_draws(std::vector<double>& observed, std::vector<double>& draws) {
  const std::size_t tests = observed.size();
  if (tests == 0 || draws.size() % tests != 0) {
    throw std::invalid_argument("studentise_draws: " + std::to_string(draws.size()) +
                                " numbers, expected a multiple of the " + std::to_string(tests) +
                                " tests");
  }
  const std::size_t drawn = draws.size() / tests;
  const double all = static_cast<double>(drawn) + 1.0;
  for (std::size_t test = 0; test < tests; ++test) {
    double mean = observed[test];
    for (std::size_t i = test; i < draws.size(); i += tests) mean += draws[i];
    mean /= all;
    double square = (observed[test] - mean) * (observed[test] - mean);
    for (std::size_t i = test; i < draws.size(); i += tests) {
      square += (draws[i] - mean) * (draws[i] - mean);
    }
    const double spread = square > 0.0 ? std::sqrt(square / all) : 1.0;
    observed[test] = (observed[test] - mean) / spread;
    for (std::size_t i = test; i < draws.size(); i += tests) draws[i] = (draws[i] - mean) / spread;
  }
}

}  // namespace phiscope
