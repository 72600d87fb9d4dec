// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

#include <Eigen/Core>

#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace phiscope {

/// Mean row, [unit], in double. Differences to row 0 are averaged, so that equal rows have exactly
/// themselves as their mean.
/// @param rows  [row, unit]
template <std::floating_point T>
[[nodiscard]] std::vector<double> mean_row(MatrixView<T> rows) {
  std::vector<double> mean(rows.cols(), 0.0);
  if (rows.rows() == 0) return mean;
  const auto in_double = [&rows](std::size_t i) {
    const auto row = rows.row(i);
    using Row = Eigen::Array<T, Eigen::Dynamic, 1>;
    return Eigen::Map<const Row>(row.data(), static_cast<Eigen::Index>(row.size()))
        .template cast<double>();
  };
  Eigen::Map<Eigen::ArrayXd> sum(mean.data(), static_cast<Eigen::Index>(mean.size()));
  for (std::size_t i = 1; i < rows.rows(); ++i) sum += in_double(i) - in_double(0);
  sum = in_double(0) + sum / static_cast<double>(rows.rows());
  return mean;
}

/// Sum over all rows of |x_i - mean|^2 = tr(Xc^T Xc), activation units squared; two passes.
/// @param rows  [row, unit]
/// @return  NaN or infinity when a row is not finite
template <std::floating_point T>
[[nodiscard]] double scatter(MatrixView<T> rows) {
  const std::vector<double> mean = mean_row(rows);
  double sum = 0.0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    sum += squared_distance(rows.row(i), std::span<const double>(mean));
  }
  return sum;
}

/// Total variance Tr(Cov(X)) with the unbiased 1 / (n - 1) normalisation.
/// @param rows  [sample, unit]
/// @return  activation units squared, >= 0; too_few_rows below two rows, nonfinite
/// @see  numpy.cov(X.T).trace()
template <std::floating_point T>
[[nodiscard]] Value trace_covariance(MatrixView<T> rows) {
  if (rows.rows() < 2) return Status::too_few_rows;
  return scatter(rows) / static_cast<double>(rows.rows() - 1);
}

}  // namespace phiscope
