// SPDX-License-Identifier: MIT
// Spread and dimension of the rows of an Eigen matrix, one row per sample.
#include <phiscope/participation_ratio.hpp>
#include <phiscope/trace_covariance.hpp>

#include <Eigen/Core>

#include <iostream>

int main() {
  Eigen::MatrixXf samples(4, 3);  // column-major, Eigen's default: the metric copies it
  samples << 1, 0, 2,             //
      2, 1, 0,                    //
      0, 3, 1,                    //
      4, 1, 1;
  std::cout << "trace " << phiscope::trace_covariance(samples) << '\n';

  // A block of a row-major matrix is measured in place, and so is a map of borrowed memory.
  const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = samples;
  std::cout << "of the first two units " << phiscope::trace_covariance(rows.leftCols(2)) << '\n';
  std::cout << "participation ratio " << phiscope::participation_ratio(rows) << '\n';
}
