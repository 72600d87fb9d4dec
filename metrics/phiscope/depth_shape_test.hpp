// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/depth_column.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/max_statistic.hpp>
#include <phiscope/permutation_p.hpp>
#include <phiscope/studentise_draws.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

struct DepthShapeOptions {
  std::size_t permutations = 999;  ///< of the heads, and as many of the layers
  std::uint64_t seed = 0;
};

/// Whether one number per head rises and falls with depth.
struct DepthShape {
  /// The smaller of the slope at depth 0 and minus that at depth 1, in units of the number.
  Value inverted_u = Status::few_layers;
  Value u = Status::few_layers;             ///< the same with both signs turned
  Value p_inverted_u = Status::few_layers;  ///< by itself, one-sided
  Value p_u = Status::few_layers;
  Value family_p_inverted_u = Status::few_layers;  ///< corrected over both shapes of all numbers
  Value family_p_u = Status::few_layers;
};

/// The shapes of several numbers, tested together.
struct DepthShapeTest {
  std::vector<DepthShape> numbers;  ///< as given
  double least_p = 1.0;             ///< the smallest p that so many permutations can give
};

/// Does depth matter to numbers of the heads, in the shape of an inverted U or a U? The statistic
/// is that of Lind and Mehlum: the parabola through the layers' means must rise at the first layer
/// and fall at the last one. Two hypotheses are drawn: heads are exchangeable over all layers, and
/// whole layers are exchangeable over depth (heads of one layer may have something in common that
/// depth has not). The p-value is the larger of the two. Resampled prompts answer neither: they
/// keep the heads in their layers.
///
/// @param numbers  [number][head], layer-major, as many heads per layer; the undefined stay where
///                 they are
/// @param depth  [layer], ascending in [0, 1]
/// @return  few_layers with fewer than least_layers layers that have a defined head, constant if
///          all heads are equal
/// @throws std::invalid_argument if the heads are not a multiple of the layers, or permutations is
/// 0
/// @see  Lind and Mehlum 2010, "With or without U?"; Westfall and Young 1993 for the family
[[nodiscard]] inline DepthShapeTest depth_shape_test(const std::vector<std::vector<Value>>& numbers,
                                                     std::span<const double> depth,
                                                     DepthShapeOptions options = {});

namespace detail {

/// Observed statistics and drawn ones: [number, shape] of the numbers that can be tested.
struct DepthDraws {
  std::vector<double> observed;
  std::vector<double> draws;  ///< [draw, number, shape]
};

/// Appends the statistics of both shapes.
inline void add_shapes(const DepthColumn& column, std::span<const double> means,
                       std::vector<double>& statistics) {
  const auto [inverted, u] = depth_shapes(column, means);
  statistics.push_back(inverted);
  statistics.push_back(u);
}

/// p-values of one hypothesis, [number, shape]: each by itself, and all corrected together.
struct DepthP {
  std::vector<double> alone, family;
};

[[nodiscard]] inline DepthP depth_p(DepthDraws drawn) {
  DepthP result;
  const std::size_t tests = drawn.observed.size();
  for (std::size_t test = 0; test < tests; ++test) {
    std::vector<double> own;
    for (std::size_t i = test; i < drawn.draws.size(); i += tests) own.push_back(drawn.draws[i]);
    result.alone.push_back(permutation_p(drawn.observed[test], own).p_value.value());
  }
  studentise_draws(drawn.observed, drawn.draws);
  result.family = max_statistic_p(
      drawn.observed, MatrixView<double>(drawn.draws, drawn.draws.size() / tests, tests));
  return result;
}

/// Draws of both hypotheses for the columns that are ok.
[[nodiscard]] inline std::pair<DepthDraws, DepthDraws> depth_draws(
    const std::vector<DepthColumn>& columns, std::size_t heads, std::size_t layers,
    DepthShapeOptions options) {
  DepthDraws by_head, by_layer;
  std::vector<std::vector<std::size_t>> place_of;  // [column][head]; `heads` where undefined
  std::vector<std::vector<double>> means;          // [column][defined layer], observed
  std::vector<std::size_t> head_order(heads), layer_order(layers);
  std::iota(head_order.begin(), head_order.end(), std::size_t{0});
  std::iota(layer_order.begin(), layer_order.end(), std::size_t{0});
  for (const DepthColumn& column : columns) {
    auto& places = place_of.emplace_back(heads, heads);
    for (std::size_t k = 0; k < column.heads.size(); ++k) places[column.heads[k]] = k;
    means.push_back(layer_means(column, places, head_order));
    for (DepthDraws* drawn : {&by_head, &by_layer}) {
      add_shapes(column, means.back(), drawn->observed);
    }
  }
  std::mt19937_64 engine(options.seed);
  for (std::size_t draw = 0; draw < options.permutations; ++draw) {
    shuffle_indices(head_order, engine);
    shuffle_indices(layer_order, engine);
    for (std::size_t k = 0; k < columns.size(); ++k) {
      add_shapes(columns[k], layer_means(columns[k], place_of[k], head_order), by_head.draws);
      std::vector<double> moved;
      for (const std::size_t layer : layer_order) {
        const auto& defined = columns[k].layers;
        const auto at = std::lower_bound(defined.begin(), defined.end(), layer);
        if (at == defined.end() || *at != layer) continue;
        moved.push_back(means[k][static_cast<std::size_t>(at - defined.begin())]);
      }
      add_shapes(columns[k], moved, by_layer.draws);
    }
  }
  return {std::move(by_head), std::move(by_layer)};
}

}  // namespace detail

inline DepthShapeTest depth_shape_test(const std::vector<std::vector<Value>>& numbers,
                                       std::span<const double> depth, DepthShapeOptions options) {
  const std::size_t heads = numbers.empty() ? 0 : numbers.front().size();
  if (depth.empty() || heads % depth.size() != 0 || options.permutations == 0) {
    throw std::invalid_argument(
        "depth_shape_test: " + std::to_string(heads) + " heads, " + std::to_string(depth.size()) +
        " layers and " + std::to_string(options.permutations) +
        " permutations, expected as many heads per layer and a permutation");
  }
  DepthShapeTest result;
  result.least_p = 1.0 / (static_cast<double>(options.permutations) + 1.0);
  std::vector<detail::DepthColumn> columns;
  for (const std::vector<Value>& number : numbers) {
    detail::DepthColumn column = detail::depth_column(number, depth);
    const Value why = column.status == Status::ok ? Value(1.0) : Value(column.status);
    result.numbers.push_back({why, why, why, why, why, why});
    if (column.status == Status::ok) columns.push_back(std::move(column));
  }
  if (columns.empty()) return result;
  auto [by_head, by_layer] = detail::depth_draws(columns, heads, depth.size(), options);
  const std::vector<double> observed = by_head.observed;
  const detail::DepthP of_heads = detail::depth_p(std::move(by_head));
  const detail::DepthP of_layers = detail::depth_p(std::move(by_layer));
  std::size_t test = 0;
  for (DepthShape& shape : result.numbers) {
    if (!shape.inverted_u.ok()) continue;
    const auto larger = [](const std::vector<double>& a, const std::vector<double>& b,
                           std::size_t i) { return std::max(a[i], b[i]); };
    shape.inverted_u = observed[test];
    shape.u = observed[test + 1];
    shape.p_inverted_u = larger(of_heads.alone, of_layers.alone, test);
    shape.p_u = larger(of_heads.alone, of_layers.alone, test + 1);
    shape.family_p_inverted_u = larger(of_heads.family, of_layers.family, test);
    shape.family_p_u = larger(of_heads.family, of_layers.family, test + 1);
    test += 2;
  }
  return result;
}

}  // namespace phiscope
