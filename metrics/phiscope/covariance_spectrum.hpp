// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/gram.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/trace_covariance.hpp>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <vector>

namespace phiscope {

/// Scatter matrix Xc^T Xc of the units, Xc the rows minus their mean; in panels of 64 rows, one
/// triangle computed and mirrored.
/// @param rows  [row, unit]
/// @return  [unit, unit], symmetric, activation units squared; NaN where a unit is not finite
template <std::floating_point T>
[[nodiscard]] Eigen::MatrixXd scatter_matrix(MatrixView<T> rows) {
  constexpr std::size_t panel_rows = 64;
  const auto units = static_cast<Eigen::Index>(rows.cols());
  Eigen::MatrixXd scatter = Eigen::MatrixXd::Zero(units, units);
  const std::vector<double> mean = mean_row(rows);
  const Eigen::Map<const Eigen::VectorXd> centre(mean.data(), units);
  Eigen::MatrixXd panel(units, static_cast<Eigen::Index>(panel_rows));
  for (std::size_t first = 0; first < rows.rows(); first += panel_rows) {
    const std::size_t count = std::min(panel_rows, rows.rows() - first);
    for (std::size_t i = 0; i < count; ++i) {
      using Row = Eigen::Matrix<T, Eigen::Dynamic, 1>;
      const Eigen::Map<const Row> row(rows.row(first + i).data(), units);
      panel.col(static_cast<Eigen::Index>(i)) = row.template cast<double>() - centre;
    }
    scatter.selfadjointView<Eigen::Lower>().rankUpdate(
        panel.leftCols(static_cast<Eigen::Index>(count)));
  }
  scatter.triangularView<Eigen::StrictlyUpper>() = scatter.transpose();
  return scatter;
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Eigen::MatrixXd scatter_matrix(const Rows& rows) {
  return scatter_matrix(rows_of(rows).view);
}

/// The smaller of the two matrices that share the nonzero eigenvalues (rows - 1) Cov has: the Gram
/// matrix of the centred rows when there are fewer rows than units, else the scatter matrix.
/// @param rows  [row, unit]
/// @return  [m, m] with m = min(row, unit), activation units squared; not finite if a row is not
template <std::floating_point T>
[[nodiscard]] Eigen::MatrixXd smaller_gram(MatrixView<T> rows) {
  return rows.rows() < rows.cols() ? centred_gram(rows) : scatter_matrix(rows);
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Eigen::MatrixXd smaller_gram(const Rows& rows) {
  return smaller_gram(rows_of(rows).view);
}

/// Eigenvalues of the scatter of the rows as shares of their sum, ascending.
/// @param gram  a symmetric positive semi-definite matrix of finite numbers, such as smaller_gram()
/// @pre the trace is positive
/// @return  [m], >= 0 (what rounding makes negative is 0), sum 1
/// A template, so that only those who call it pay for compiling the solver.
template <class Matrix = Eigen::MatrixXd>
[[nodiscard]] std::vector<double> spectrum_shares(const Matrix& gram) {
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(gram / gram.trace(), Eigen::EigenvaluesOnly);
  const Eigen::ArrayXd positive = solver.eigenvalues().array().max(0.0);
  const Eigen::ArrayXd shares = positive / positive.sum();
  return {shares.begin(), shares.end()};
}

}  // namespace phiscope
