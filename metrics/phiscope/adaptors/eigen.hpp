// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/matrix_view.hpp>

#include <Eigen/Core>

#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

namespace phiscope {

/// An Eigen matrix or array, map or block of one, whose rows lie one after another in memory.
template <class Derived>
concept EigenRows = std::floating_point<typename Derived::Scalar> && bool(Derived::IsRowMajor) &&
                    (int(Derived::Flags) & int(Eigen::DirectAccessBit)) != 0;

/// View of the rows of an Eigen matrix or array, without a copy. A column-major matrix [unit, row]
/// is viewed through its transpose: matrix_view(m.transpose()).
/// @param rows  [row, unit], row-major; its memory must outlive the view
/// @throws std::invalid_argument if the units of a row do not lie next to each other
template <EigenRows Derived>
[[nodiscard]] MatrixView<typename Derived::Scalar> matrix_view(
    const Eigen::DenseBase<Derived>& rows) {
  const Derived& dense = rows.derived();
  if (dense.innerStride() != 1 && dense.cols() > 1) {
    throw std::invalid_argument("matrix_view: units are " + std::to_string(dense.innerStride()) +
                                " elements apart, expected 1");
  }
  const auto count = static_cast<std::size_t>(dense.rows());
  const auto units = static_cast<std::size_t>(dense.cols());
  const std::size_t stride = count < 2 ? units : static_cast<std::size_t>(dense.outerStride());
  const std::size_t length = count == 0 ? 0 : (count - 1) * stride + units;
  return {std::span(dense.data(), length), count, units, stride};
}

/// A matrix that ends with the statement cannot be viewed.
template <class Derived>
void matrix_view(const Eigen::PlainObjectBase<Derived>&& temporary) = delete;

}  // namespace phiscope
