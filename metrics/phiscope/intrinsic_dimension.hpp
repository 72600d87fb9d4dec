// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

namespace phiscope {

/// Fewest rows that intrinsic_dimension() takes; fewer say nothing about a dimension.
inline constexpr std::size_t intrinsic_dimension_rows = 10;

/// TwoNN estimate of the intrinsic dimension, n / sum over rows of log(r2 / r1), with r1 and r2 the
/// distances to the nearest and the second nearest row. Rows with a duplicate (r1 = 0) are left
/// out.
///
/// @param rows  [row, unit]
/// @return  dimensionless, > 0; too_few_rows below ten rows or with fewer than five without a
/// duplicate,
///          constant when all r2 equal r1, nonfinite
/// @see  Facco et al. 2017, doi:10.1038/s41598-017-11873-y
template <std::floating_point T>
[[nodiscard]] Value intrinsic_dimension(MatrixView<T> rows) {
  const std::size_t n = rows.rows();
  if (n < intrinsic_dimension_rows) return Status::too_few_rows;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<std::array<double, 2>> nearest(n, {infinity, infinity});  // squared, ascending
  const auto insert = [](std::array<double, 2>& two, double squared) {
    if (squared < two[0]) {
      two = {squared, two[0]};
    } else {
      two[1] = std::min(two[1], squared);
    }
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      const double squared = squared_distance(rows.row(i), rows.row(j));
      if (!std::isfinite(squared)) return Status::nonfinite;
      insert(nearest[i], squared);
      insert(nearest[j], squared);
    }
  }
  CompensatedSum logs;
  std::size_t counted = 0;
  for (const auto& [first, second] : nearest) {
    if (first == 0.0) continue;
    logs += std::log(second / first) / 2.0;
    ++counted;
  }
  if (counted < intrinsic_dimension_rows / 2) return Status::too_few_rows;
  if (logs.value() == 0.0) return Status::constant;
  return static_cast<double>(counted) / logs.value();
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value intrinsic_dimension(const Rows& rows) {
  return intrinsic_dimension(rows_of(rows).view);
}

}  // namespace phiscope
