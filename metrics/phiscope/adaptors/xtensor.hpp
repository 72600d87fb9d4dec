// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/matrix_view.hpp>

#include <xtensor/xcontainer.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace phiscope {

/// An xtensor container, adaptor or strided view: something that says where its elements lie.
template <class Expression>
concept XtensorElements = std::floating_point<typename std::decay_t<Expression>::value_type> &&
    requires(const Expression& x) {
  x.data();
  x.data_offset();
  x.shape();
  x.strides();
};

/// View of the rows of an xtensor container or strided view of two axes, without a copy.
/// @param rows  [row, unit]; its memory must outlive the view
/// @throws std::invalid_argument unless there are two axes, the units of a row lie next to each
///         other and the rows one after another
template <XtensorElements Expression>
[[nodiscard]] auto matrix_view(const Expression& rows)
    -> MatrixView<typename Expression::value_type> {
  if (rows.dimension() != 2) {
    throw std::invalid_argument("matrix_view: " + std::to_string(rows.dimension()) +
                                " axes, expected 2");
  }
  const auto count = static_cast<std::size_t>(rows.shape()[0]);
  const auto units = static_cast<std::size_t>(rows.shape()[1]);
  // xtensor says stride 0 for an axis of length 1.
  const auto row_stride = static_cast<std::ptrdiff_t>(rows.strides()[0]);
  const auto unit_stride = static_cast<std::ptrdiff_t>(rows.strides()[1]);
  if (units > 1 && unit_stride != 1) {
    throw std::invalid_argument("matrix_view: units are " + std::to_string(unit_stride) +
                                " elements apart, expected 1");
  }
  if (count > 1 && row_stride < static_cast<std::ptrdiff_t>(units)) {
    throw std::invalid_argument("matrix_view: rows are " + std::to_string(row_stride) +
                                " elements apart, expected at least " + std::to_string(units));
  }
  const std::size_t stride = count < 2 ? units : static_cast<std::size_t>(row_stride);
  const std::size_t length = count == 0 ? 0 : (count - 1) * stride + units;
  return {std::span(rows.data() + rows.data_offset(), length), count, units, stride};
}

/// An array that ends with the statement cannot be viewed.
template <XtensorElements Expression>
requires(!std::is_lvalue_reference_v<Expression> &&
         !std::is_const_v<Expression>) void matrix_view(Expression&& temporary) = delete;

}  // namespace phiscope
