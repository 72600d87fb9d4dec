// SPDX-License-Identifier: MIT
#include "loo/analysis/counts.hpp"

#include <phiscope/sum.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace phiscope::analyze::loo {

std::vector<double> occurrences(const Walk& walk, std::span<const std::int64_t> words, Sink sink,
                                Occurrence occurrence, std::int64_t removed) {
  std::vector<double> counts(words.size(), 0.0);
  bool is_first = true;  // position 0 of the run, whichever word comes first there
  for (std::int64_t position = 0; position < std::ssize(walk.nodes); ++position) {
    if (position == removed) continue;
    const bool dropped = sink == Sink::drop && is_first;
    is_first = false;
    if (dropped) continue;
    const auto word = std::lower_bound(words.begin(), words.end(),
                                       walk.nodes[static_cast<std::size_t>(position)]);
    if (word != words.end() && *word == walk.nodes[static_cast<std::size_t>(position)]) {
      counts[static_cast<std::size_t>(word - words.begin())] += 1.0;
    }
  }
  for (double& count : counts) {
    if (occurrence != Occurrence::mean || count == 0.0) count = 1.0;
  }
  return counts;
}

std::vector<double> beyond_counts(std::span<const double> distances,
                                  std::span<const double> counts) {
  const std::size_t words = counts.size();
  if (distances.size() != words * (words - std::min<std::size_t>(words, 1)) / 2) {
    throw std::invalid_argument("beyond_counts: " + std::to_string(distances.size()) +
                                " distances of " + std::to_string(words) + " words");
  }
  std::vector<double> result(distances.begin(), distances.end());
  if (result.empty()) return result;
  std::vector<double> expected;
  for (std::size_t i = 0; i < words; ++i) {
    for (std::size_t j = i + 1; j < words; ++j) {
      expected.push_back(std::sqrt(1.0 / counts[i] + 1.0 / counts[j]));
    }
  }
  const double mean = mean_of(expected);
  const double level = mean_of(result);
  CompensatedSum squares;
  CompensatedSum products;
  for (std::size_t pair = 0; pair < result.size(); ++pair) {
    squares += (expected[pair] - mean) * (expected[pair] - mean);
    products += (expected[pair] - mean) * (result[pair] - level);
  }
  if (!(squares.value() > 0.0)) return result;
  const double slope = products.value() / squares.value();
  for (std::size_t pair = 0; pair < result.size(); ++pair) {
    const double left = result[pair] - slope * (expected[pair] - mean);
    result[pair] = left < 0.0 ? 0.0 : left;  // NaN stays NaN
  }
  return result;
}

}  // namespace phiscope::analyze::loo
