// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <Eigen/Core>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace phiscope {

/// Mean row, [unit], in double. Differences to row 0 are averaged, so that equal rows have exactly
/// themselves as their mean.
/// @param rows  [row, unit]
/// @return  zeros without a row
template <std::floating_point T>
[[nodiscard]] std::vector<double> mean_row(MatrixView<T> rows);

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] std::vector<double> mean_row(const Rows& rows) {
  return mean_row(rows_of(rows).view);
}

/// Sum over all rows of |x_i - mean|^2 = tr(Xc^T Xc), activation units squared. One pass shifted by
/// row 0, and a second one, with the mean, where row 0 is so far out that digits would cancel.
/// @param rows  [row, unit]
/// @return  NaN or infinity when a row is not finite; exactly 0 when all rows are equal
template <std::floating_point T>
[[nodiscard]] double scatter(MatrixView<T> rows);

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] double scatter(const Rows& rows) {
  return scatter(rows_of(rows).view);
}

/// Total variance Tr(Cov(X)) with the unbiased 1 / (n - 1) normalisation.
/// @param rows  [sample, unit]
/// @return  activation units squared, >= 0; too_few_rows below two rows, nonfinite
/// @see  numpy.cov(X.T).trace()
template <std::floating_point T>
[[nodiscard]] Value trace_covariance(MatrixView<T> rows);

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value trace_covariance(const Rows& rows) {
  return trace_covariance(rows_of(rows).view);
}

namespace detail {

/// Sums over rows of their differences to row 0, in double and four rows a pass.
struct ShiftedSums {
  std::vector<double> differences;  ///< [unit], sum of x_i - x_0
  double squares = 0.0;             ///< sum of |x_i - x_0|^2
};

template <std::floating_point T>
[[nodiscard]] ShiftedSums shifted_sums(MatrixView<T> rows) {
  const std::span<const T> first = rows.row(0);
  const std::vector<double> origin(first.begin(), first.end());
  ShiftedSums sums{.differences = std::vector<double>(rows.cols(), 0.0), .squares = 0.0};
  CompensatedSum total;
  for (std::size_t i = 1; i < rows.rows(); i += 4) {
    // The last four are filled up with row 0, whose difference is 0.
    const auto row_at = [&rows](std::size_t k) { return rows.row(k < rows.rows() ? k : 0).data(); };
    const std::array<const T*, 4> row{row_at(i), row_at(i + 1), row_at(i + 2), row_at(i + 3)};
    std::array<Eigen::Array4d, 4> squares;
    squares.fill(Eigen::Array4d::Zero());
    double rest = 0.0;
    std::size_t j = 0;
    for (; j + 4 <= origin.size(); j += 4) {
      const Eigen::Map<const Eigen::Array4d> o(origin.data() + j);
      const Eigen::Array4d a = load_four(row[0] + j) - o;
      const Eigen::Array4d b = load_four(row[1] + j) - o;
      const Eigen::Array4d c = load_four(row[2] + j) - o;
      const Eigen::Array4d d = load_four(row[3] + j) - o;
      Eigen::Map<Eigen::Array4d>(sums.differences.data() + j) += (a + b) + (c + d);
      squares[0] += a * a;
      squares[1] += b * b;
      squares[2] += c * c;
      squares[3] += d * d;
    }
    for (; j < origin.size(); ++j) {
      for (const T* const x : row) {
        const double difference = static_cast<double>(x[j]) - origin[j];
        sums.differences[j] += difference;
        rest += difference * difference;
      }
    }
    const Eigen::Array4d four = (squares[0] + squares[1]) + (squares[2] + squares[3]);
    total += (four[0] + four[2]) + (four[1] + four[3]);
    total += rest;
  }
  sums.squares = total.value();
  return sums;
}

}  // namespace detail

template <std::floating_point T>
std::vector<double> mean_row(MatrixView<T> rows) {
  if (rows.rows() == 0) return std::vector<double>(rows.cols(), 0.0);
  std::vector<double> mean = detail::shifted_sums(rows).differences;
  for (std::size_t j = 0; j < mean.size(); ++j) {
    mean[j] = static_cast<double>(rows.row(0)[j]) + mean[j] / static_cast<double>(rows.rows());
  }
  return mean;
}

template <std::floating_point T>
double scatter(MatrixView<T> rows) {
  if (rows.rows() == 0) return 0.0;
  const auto [differences, squares] = detail::shifted_sums(rows);
  const std::span<const double> sum(differences);
  const double shifted = squares - dot(sum, sum) / static_cast<double>(rows.rows());
  if (!(shifted < squares / 16.0)) return shifted;
  const std::vector<double> mean = mean_row(rows);
  CompensatedSum two_pass;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    two_pass += squared_distance(rows.row(i), std::span<const double>(mean));
  }
  return two_pass.value();
}

template <std::floating_point T>
Value trace_covariance(MatrixView<T> rows) {
  if (rows.rows() < 2) return Status::too_few_rows;
  return scatter(rows) / static_cast<double>(rows.rows() - 1);
}

}  // namespace phiscope
