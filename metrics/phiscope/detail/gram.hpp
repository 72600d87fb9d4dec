// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/matrix_view.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>

namespace phiscope {
namespace detail {

inline constexpr std::size_t panel_units = 64;

/// Columns of a panel, [row, unit], in double and centred.
using Panel = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// One number per unit of a panel.
using PanelRow = std::array<double, panel_units>;

/// Sums over the rows of the differences to row 0, for `count` units from `first` on.
template <std::floating_point T>
[[nodiscard]] PanelRow sum_of_differences(MatrixView<T> rows, std::size_t first,
                                          std::size_t count) {
  const auto units = [&rows, first](std::size_t i) { return rows.row(i).data() + first; };
  const T* const origin = units(0);
  PanelRow sums{};
  double* const sum = sums.data();
  std::size_t i = 1;
  for (; i + 4 <= rows.rows();
       i += 4) {  // four rows a pass: a quarter of the loads and stores of sum
    const T* const a = units(i);
    const T* const b = units(i + 1);
    const T* const c = units(i + 2);
    const T* const d = units(i + 3);
    for (std::size_t j = 0; j < count; ++j) {
      const auto o = static_cast<double>(origin[j]);
      sum[j] += ((static_cast<double>(a[j]) - o) + (static_cast<double>(b[j]) - o)) +
                ((static_cast<double>(c[j]) - o) + (static_cast<double>(d[j]) - o));
    }
  }
  for (; i < rows.rows(); ++i) {
    const T* const a = units(i);
    for (std::size_t j = 0; j < count; ++j) {
      sum[j] += static_cast<double>(a[j]) - static_cast<double>(origin[j]);
    }
  }
  return sums;
}

/// Mean of the finite entries of one unit; 0 if there are none.
template <std::floating_point T>
[[nodiscard]] double finite_mean(MatrixView<T> rows, std::size_t unit) {
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const auto x = static_cast<double>(rows.row(i)[unit]);
    if (!std::isfinite(x)) continue;
    sum += x;
    count += 1.0;
  }
  return sum / std::max(count, 1.0);
}

/// Copies the units [first, first + count) of all rows into `panel` and centres each unit on the
/// mean of its finite entries, so that a NaN stays in its own row. The mean is row 0 plus the mean
/// difference to it: equal rows become exactly zero.
template <std::floating_point T>
void pack_centred(MatrixView<T> rows, std::size_t first, std::size_t count, Panel& panel) {
  PanelRow centre = sum_of_differences(rows, first, count);
  const auto n = static_cast<double>(rows.rows());
  for (std::size_t j = 0; j < count; ++j) {
    centre[j] = std::isfinite(centre[j])
                    ? static_cast<double>(rows.row(0)[first + j]) + centre[j] / n
                    : finite_mean(rows, first + j);
  }
  const double* const mean = centre.data();
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const T* const row = rows.row(i).data() + first;
    double* const packed = panel.row(static_cast<Eigen::Index>(i)).data();
    for (std::size_t j = 0; j < count; ++j) packed[j] = static_cast<double>(row[j]) - mean[j];
  }
}

}  // namespace detail

/// Gram matrix of the centred rows, G_ij = (x_i - m) . (x_j - m) with m the mean row.
///
/// The summed axis is cut into panels of 64 units, so that the digits do not depend on the size of
/// the caches; one triangle is computed and mirrored. Differences of rows do not depend on m, so
/// |x_i - x_j|^2 = G_ii + G_jj - 2 G_ij; but see row_deletions() for what cancels.
///
/// @param rows  [row, unit]
/// @return  [row, row], symmetric, activation units squared; a row with a NaN or an infinity makes
/// its
///          own row and column NaN, and no other
template <std::floating_point T>
[[nodiscard]] Eigen::MatrixXd centred_gram(MatrixView<T> rows) {
  const auto n = static_cast<Eigen::Index>(rows.rows());
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(n, n);
  if (n == 0) return gram;
  detail::Panel panel(n, static_cast<Eigen::Index>(detail::panel_units));
  for (std::size_t first = 0; first < rows.cols(); first += detail::panel_units) {
    const std::size_t count = std::min(detail::panel_units, rows.cols() - first);
    detail::pack_centred(rows, first, count, panel);
    gram.selfadjointView<Eigen::Lower>().rankUpdate(
        panel.leftCols(static_cast<Eigen::Index>(count)));
  }
  gram.triangularView<Eigen::StrictlyUpper>() = gram.transpose();
  return gram;
}

}  // namespace phiscope
