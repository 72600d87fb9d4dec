// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/label_means.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/trace_covariance.hpp>
#include <phiscope/value.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace phiscope {

/// Total variance of rows, split by a label such as their final answer.
struct LabelVariance {
  Value total;    ///< mean over rows of |x - mean|^2 (1 / n), activation units squared
  Value within;   ///< mean over rows of |x - mean of the label|^2
  Value between;  ///< mean over rows of |mean of the label - mean|^2; total = within + between
  Value share;    ///< between / total, in [0, 1]
  std::size_t labels = 0;  ///< that differ
};

/// Variance within and between labels. The normalisation is 1 / n, the one for which the parts add
/// up to the whole; multiply by n / (n - 1) to compare with trace_covariance().
///
/// @param rows  [row, unit]
/// @param labels  [row]
/// @return  too_few_rows below two rows; nonfinite; the share is constant if all rows are equal
/// @throws std::invalid_argument if there is not one label per row
/// @see  experiment sampling
template <std::floating_point T>
[[nodiscard]] LabelVariance label_variance(MatrixView<T> rows,
                                           std::span<const std::int64_t> labels) {
  const LabelMeans means = label_means(rows, labels);
  LabelVariance result{.total = Status::too_few_rows,
                       .within = Status::too_few_rows,
                       .between = Status::too_few_rows,
                       .share = Status::too_few_rows,
                       .labels = means.labels.size()};
  if (rows.rows() < 2) return result;
  const auto count = static_cast<double>(rows.rows());
  const std::vector<double> mean = mean_row(rows);
  CompensatedSum within;
  CompensatedSum between;
  for (std::size_t k = 0; k < means.labels.size(); ++k) {
    // The mean of equal rows has to be that row, so that no variance is left within.
    std::vector<T> members;
    members.reserve(means.rows[k].size() * rows.cols());
    for (const std::size_t i : means.rows[k]) {
      members.insert(members.end(), rows.row(i).begin(), rows.row(i).end());
    }
    const MatrixView<T> own(members, means.rows[k].size(), rows.cols());
    within += scatter(own);
    const std::vector<double> centre = mean_row(own);
    between += static_cast<double>(means.rows[k].size()) *
               squared_distance(std::span<const double>(centre), std::span<const double>(mean));
  }
  result.total = scatter(rows) / count;
  result.within = within.value() / count;
  result.between = between.value() / count;
  if (!result.total.ok() || !result.between.ok()) {
    result.share = Status::nonfinite;
  } else if (result.total.value() == 0.0) {
    result.share = Status::constant;
  } else {
    result.share = result.between.value() / result.total.value();
  }
  return result;
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] LabelVariance label_variance(const Rows& rows, std::span<const std::int64_t> labels) {
  return label_variance(rows_of(rows).view, labels);
}

}  // namespace phiscope
