// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/mean_cosine.hpp>
#include <phiscope/participation_ratio.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/trace_covariance.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace phiscope {

/// How far the rows have run together.
struct Collapse {
  Value mean_cosine;          ///< see mean_cosine()
  Value mean_distance;        ///< over all pairs, activation units
  Value smallest_distance;    ///< activation units
  Value largest_distance;     ///< activation units
  Value spread;               ///< mean of |x - mean row|^2, activation units squared
  Value centroid_norm;        ///< length of the mean row, activation units
  Value participation_ratio;  ///< see participation_ratio()
};

/// All collapse measures of one set of rows.
/// @param rows  [row, unit]
/// @return  spread and centroid_norm need a row, the others two (too_few_rows); zero_norm,
/// constant,
///          nonfinite as in the functions above
/// @see  experiment loo, collapse metrics
template <std::floating_point T>
[[nodiscard]] Collapse collapse(MatrixView<T> rows) {
  Collapse result{.mean_cosine = mean_cosine(rows),
                  .mean_distance = Status::too_few_rows,
                  .smallest_distance = Status::too_few_rows,
                  .largest_distance = Status::too_few_rows,
                  .spread = Status::too_few_rows,
                  .centroid_norm = Status::too_few_rows,
                  .participation_ratio = participation_ratio(rows)};
  if (rows.rows() == 0) return result;
  const std::vector<double> centroid = mean_row(rows);
  result.centroid_norm = norm(std::span<const double>(centroid));
  result.spread = scatter(rows) / static_cast<double>(rows.rows());
  if (rows.rows() < 2) return result;

  std::vector<double> distances;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    for (std::size_t j = i + 1; j < rows.rows(); ++j) {
      distances.push_back(distance(rows.row(i), rows.row(j)));
    }
  }
  result.mean_distance = mean_of(distances);
  result.smallest_distance = result.largest_distance = result.mean_distance;
  if (result.mean_distance.ok()) {
    const auto [smallest, largest] = std::minmax_element(distances.begin(), distances.end());
    result.smallest_distance = *smallest;
    result.largest_distance = *largest;
  }
  return result;
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Collapse collapse(const Rows& rows) {
  return collapse(rows_of(rows).view);
}

}  // namespace phiscope
