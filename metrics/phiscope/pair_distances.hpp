// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/pairs.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Squared Euclidean distances of pairs of rows, by difference (no cancellation), in double.
///
/// @param rows  [row, unit]
/// @param pairs  [pair]
/// @return  [pair], activation units squared; NaN or infinity where a row is not finite
/// @throws std::invalid_argument if a pair names a row that is not there
template <std::floating_point T>
[[nodiscard]] std::vector<double> squared_distances(MatrixView<T> rows,
                                                    std::span<const Pair> pairs);

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] std::vector<double> squared_distances(const Rows& rows, std::span<const Pair> pairs) {
  return squared_distances(rows_of(rows).view, pairs);
}

/// Mean of the numbers, `when_empty` if there are none, nonfinite if one of them is not finite.
[[nodiscard]] inline Value mean(std::span<const double> numbers, Status when_empty);

/// Mean of the square roots of squared distances, [pair]; the rules of mean().
[[nodiscard]] inline Value mean_distance(std::span<const double> squared, Status when_empty);

namespace detail {

inline void expect_pair_of_rows(std::size_t a, std::size_t b, std::size_t rows) {
  if (a < rows && b < rows) return;
  throw std::invalid_argument("pair (" + std::to_string(a) + ", " + std::to_string(b) + ") of " +
                              std::to_string(rows) + " rows, expected rows below " +
                              std::to_string(rows));
}

}  // namespace detail

template <std::floating_point T>
std::vector<double> squared_distances(MatrixView<T> rows, std::span<const Pair> pairs) {
  for (const auto& [a, b] : pairs) detail::expect_pair_of_rows(a, b, rows.rows());
  // A row is converted to double once per panel, not once per pair; a panel of 12 words stays in
  // L1.
  constexpr std::size_t panel_units = 128;
  std::vector<double> squared(pairs.size(), 0.0);
  std::vector<double> panel(rows.rows() * panel_units);
  for (std::size_t first = 0; first < rows.cols(); first += panel_units) {
    const std::size_t count = std::min(panel_units, rows.cols() - first);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const std::span<const T> units = rows.row(i).subspan(first, count);
      std::copy(units.begin(), units.end(),
                panel.begin() + static_cast<std::ptrdiff_t>(i * panel_units));
    }
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      const auto of_row = [&panel, count](std::size_t i) {
        return std::span<const double>(panel).subspan(i * panel_units, count);
      };
      squared[k] += squared_distance(of_row(pairs[k].first), of_row(pairs[k].second));
    }
  }
  return squared;
}

inline Value mean(std::span<const double> numbers, Status when_empty) {
  if (numbers.empty()) return when_empty;
  return mean_of(numbers);
}

inline Value mean_distance(std::span<const double> squared, Status when_empty) {
  std::vector<double> roots(squared.size());
  for (std::size_t i = 0; i < roots.size(); ++i) roots[i] = std::sqrt(squared[i]);
  return mean(roots, when_empty);
}

}  // namespace phiscope
