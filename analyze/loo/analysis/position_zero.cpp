// SPDX-License-Identifier: MIT
#include "loo/analysis/position_zero.hpp"

#include <phiscope/phi_ratio.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/summary.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace phiscope::analyze::loo {
namespace {

/// Mean of `pairs` distances of which `with_zero` are `far` and the rest 1.
Value mean_model_distance(double pairs, double with_zero, double far, Status when_empty) {
  if (pairs == 0.0) return when_empty;
  return (pairs - with_zero + with_zero * far) / pairs;
}

Value model_ratio(const ZeroCounts& counts, double scale) {
  const double far = std::max(1.0, scale / counts.occurrences);
  return phi_ratio(
      mean_model_distance(counts.cross, counts.cross_with_zero, far, Status::no_cross_pairs),
      mean_model_distance(counts.within, counts.within_with_zero, far, Status::no_within_pairs));
}

/// Mean over the events for which the model has a value.
Value predicted_mean(const ZeroCell& cell, double scale) {
  std::vector<double> numbers;
  for (const ZeroEvent& event : cell.events) {
    const Value value = zero_influence(event, scale);
    if (value.ok()) numbers.push_back(value.value());
  }
  if (numbers.empty()) return Status::too_few_rows;
  return mean_of(numbers);
}

double squared_error(const std::vector<ZeroCell>& cells, double scale) {
  double error = 0.0;
  for (const ZeroCell& cell : cells) {
    const double miss = cell.observed.value() - predicted_mean(cell, scale).value();
    error += miss * miss;
  }
  return error;
}

/// Where `cost` is least between `low` and `high`, if it has one valley there.
template <class Cost>
double golden_section(double low, double high, Cost cost) {
  constexpr double inverse_phi = std::numbers::phi - 1.0;
  for (int step = 0; step < 60; ++step) {
    const double left = high - inverse_phi * (high - low);
    const double right = low + inverse_phi * (high - low);
    (cost(left) <= cost(right) ? high : low) = cost(left) <= cost(right) ? right : left;
  }
  return 0.5 * (low + high);
}

}  // namespace

ZeroCounts zero_counts(const Walk& walk, std::int64_t removed, const Condition& condition,
                       Sink sink, Cross cross) {
  std::vector<std::int64_t> nodes = walk.nodes;
  if (removed >= 0) nodes.erase(nodes.begin() + removed);
  ZeroCounts counts;
  if (nodes.empty()) return counts;
  const std::int64_t zero = nodes.front();
  counts.occurrences = static_cast<double>(std::count(nodes.begin(), nodes.end(), zero));
  const std::vector<std::int64_t> words = present_words(walk, removed, sink);
  const PairSet pairs = pair_set(words, condition.partition, cross);
  const auto holds_zero = [&words, zero](const Pair& pair) {
    return words[pair.first] == zero || words[pair.second] == zero;
  };
  counts.cross = static_cast<double>(pairs.cross.size());
  counts.within = static_cast<double>(pairs.within.size());
  counts.cross_with_zero =
      static_cast<double>(std::count_if(pairs.cross.begin(), pairs.cross.end(), holds_zero));
  counts.within_with_zero =
      static_cast<double>(std::count_if(pairs.within.begin(), pairs.within.end(), holds_zero));
  return counts;
}

Value zero_influence(const ZeroEvent& event, double scale) {
  return difference(model_ratio(event.full, scale), model_ratio(event.without, scale));
}

ZeroFit fit_position_zero(const std::vector<ZeroCell>& cells) {
  std::vector<ZeroCell> usable;
  for (const ZeroCell& cell : cells) {
    if (cell.observed.ok() && predicted_mean(cell, 1.0).ok()) usable.push_back(cell);
  }
  ZeroFit fit;
  fit.cells = static_cast<std::int64_t>(usable.size());
  if (usable.size() < 3) return fit;
  std::vector<double> observed;
  observed.reserve(usable.size());
  for (const ZeroCell& cell : usable) observed.push_back(cell.observed.value());
  const double mean = mean_of(observed);
  double total = 0.0;
  for (const double value : observed) total += (value - mean) * (value - mean);
  if (total == 0.0) {
    fit.scale = fit.explained = Status::constant;
    return fit;
  }

  const auto cost = [&usable](double log_scale) {
    return squared_error(usable, std::pow(10.0, log_scale));
  };
  constexpr int steps_per_decade = 40;
  constexpr int steps = 6 * steps_per_decade;
  const auto place = [](int step) { return static_cast<double>(step) / steps_per_decade; };
  int best = 0;
  for (int step = 1; step <= steps; ++step) {
    if (cost(place(step)) < cost(place(best))) best = step;
  }
  const double log_scale =
      golden_section(place(std::max(best - 1, 0)), place(std::min(best + 1, steps)), cost);
  fit.scale = std::pow(10.0, log_scale);
  fit.explained = 1.0 - cost(log_scale) / total;
  return fit;
}

Value zero_share(const std::vector<ZeroFit>& fits, const std::vector<std::int64_t>& layers,
                 std::size_t condition) {
  std::vector<double> shares;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    const ZeroFit& fit = fits.at(condition * layers.size() + layer);
    if (layers[layer] >= 0 && fit.explained.ok()) shares.push_back(fit.explained.value());
  }
  return median(shares);
}

}  // namespace phiscope::analyze::loo
