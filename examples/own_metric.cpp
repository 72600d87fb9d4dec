// SPDX-License-Identifier: MIT
// A metric of your own: a pure function that takes what rows_of() takes and returns a Value.
#include <phiscope/arrays.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <iostream>

/// Share of zeros among the activations. @return in [0, 1]; too_few_rows without an element
template <phiscope::RealMatrix Rows>
phiscope::Value sparsity(const Rows& array) {
  const auto rows = phiscope::rows_of(array);  // in place where the layout allows
  const std::size_t elements = rows.view.rows() * rows.view.cols();
  if (elements == 0) return phiscope::Status::too_few_rows;
  double zeros = 0.0;
  for (std::size_t i = 0; i < rows.view.rows(); ++i) {
    for (const auto activation : rows.view.row(i)) {
      if (!std::isfinite(activation)) return phiscope::Status::nonfinite;
      if (activation == 0) zeros += 1.0;
    }
  }
  return zeros / static_cast<double>(elements);
}

int main() {
  const Eigen::MatrixXf activations = Eigen::MatrixXf::Identity(4, 4);
  std::cout << "sparsity " << sparsity(activations) << '\n';
  std::cout << "of nothing " << sparsity(Eigen::MatrixXf(0, 4)) << '\n';
}
