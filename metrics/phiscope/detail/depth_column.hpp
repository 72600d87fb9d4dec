// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/quadratic_fit.hpp>
#include <phiscope/random.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace phiscope {

/// Below this many layers no shape is tested: a parabola has three parameters, and the orders of a
/// few layers are too few to compare with.
inline constexpr std::size_t least_layers = 8;

namespace detail {

/// One number of all heads, without the undefined ones.
struct DepthColumn {
  Status status = Status::ok;
  std::vector<std::size_t> heads;   ///< those with a number
  std::vector<std::size_t> layer;   ///< [defined head]: place among the layers that have one
  std::vector<double> values;       ///< [defined head]
  std::vector<double> counts;       ///< [defined layer]: heads
  std::vector<std::size_t> layers;  ///< those with a number
  std::vector<double> first, last;  ///< [defined layer]: weights of the slopes at depth 0 and 1
};

[[nodiscard]] inline DepthColumn depth_column(std::span<const Value> numbers,
                                              std::span<const double> depth) {
  DepthColumn column;
  const std::size_t per_layer = numbers.size() / depth.size();
  for (std::size_t head = 0; head < numbers.size(); ++head) {
    if (!numbers[head].ok()) continue;
    const std::size_t layer = head / per_layer;
    if (column.layers.empty() || column.layers.back() != layer) {
      column.layers.push_back(layer);
      column.counts.push_back(0.0);
    }
    column.heads.push_back(head);
    column.layer.push_back(column.layers.size() - 1);
    column.values.push_back(numbers[head].value());
    column.counts.back() += 1.0;
  }
  const auto& values = column.values;
  if (column.layers.size() < least_layers) {
    column.status = Status::few_layers;
  } else if (std::all_of(values.begin(), values.end(), [&](double x) { return x == values[0]; })) {
    column.status = Status::constant;
  }
  if (column.status != Status::ok) return column;
  std::vector<double> x;
  x.reserve(column.layers.size());
  for (const std::size_t layer : column.layers) x.push_back(depth[layer]);
  std::vector<double> unit(x.size(), 0.0);  // slopes are linear in the means: weights are slopes
  for (std::size_t layer = 0; layer < x.size(); ++layer) {
    unit[layer] = 1.0;
    const QuadraticFit fit = quadratic_fit(x, unit);
    if (fit.status != Status::ok) column.status = fit.status;
    column.first.push_back(fit.slope_at(0.0));
    column.last.push_back(fit.slope_at(1.0));
    unit[layer] = 0.0;
  }
  return column;
}

/// Statistics of the inverted U and of the U.
[[nodiscard]] inline std::pair<double, double> depth_shapes(const DepthColumn& column,
                                                            std::span<const double> means) {
  double rise = 0.0;
  double fall = 0.0;
  for (std::size_t layer = 0; layer < means.size(); ++layer) {
    rise += column.first[layer] * means[layer];
    fall -= column.last[layer] * means[layer];
  }
  return {std::min(rise, fall), std::min(-rise, -fall)};
}

/// Means of the layers when the k-th defined head has the number of the k-th one of `order`.
[[nodiscard]] inline std::vector<double> layer_means(const DepthColumn& column,
                                                     std::span<const std::size_t> place_of,
                                                     std::span<const std::size_t> order) {
  std::vector<double> means(column.layers.size(), 0.0);
  std::size_t k = 0;
  for (const std::size_t head : order) {
    const std::size_t place = place_of[head];
    if (place == place_of.size()) continue;
    means[column.layer[k++]] += column.values[place];
  }
  for (std::size_t layer = 0; layer < means.size(); ++layer) means[layer] /= column.counts[layer];
  return means;
}

/// The indices in a random order (Fisher and Yates).
inline void shuffle_indices(std::vector<std::size_t>& indices, std::mt19937_64& engine) {
  for (std::size_t i = indices.size(); i > 1; --i) {
    std::swap(indices[i - 1], indices[uniform_below(engine, i)]);
  }
}

}  // namespace detail
}  // namespace phiscope
