// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/matrix_view.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

namespace phiscope::test {

/// The same rows with NaN between them: a metric that reads past a row's end shows it.
template <std::floating_point T>
class StridedRows {
 public:
  explicit StridedRows(MatrixView<T> rows, std::size_t gap = 3)
      : rows_(rows.rows()), units_(rows.cols()), stride_(rows.cols() + gap) {
    values_.assign(rows_ * stride_, std::numeric_limits<T>::quiet_NaN());
    for (std::size_t i = 0; i < rows_; ++i) {
      std::copy(rows.row(i).begin(), rows.row(i).end(),
                values_.begin() + static_cast<std::ptrdiff_t>(i * stride_));
    }
  }
  [[nodiscard]] MatrixView<T> view() const { return {values_, rows_, units_, stride_}; }

 private:
  std::vector<T> values_;
  std::size_t rows_;
  std::size_t units_;
  std::size_t stride_;
};

}  // namespace phiscope::test
