// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/array_kinds.hpp>
#include <phiscope/matrix_view.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace phiscope {

/// Type of the elements of an array.
template <class A>
using ElementOf = typename detail::Element<A>::type;

/// One axis of float or double: std::span, vector or array; a vector of Eigen; an array of xtensor.
template <class A>
concept RealSeries = std::floating_point<ElementOf<A>> &&
    (detail::ContiguousRange<A> || detail::XtensorArray<A> ||
     (detail::EigenArray<A> && requires { requires bool(A::IsVectorAtCompileTime); }));

/// Two axes of float or double: MatrixView; a matrix of Eigen; an array of xtensor.
template <class A>
concept RealMatrix = std::floating_point<ElementOf<A>> &&
    (std::same_as<A, MatrixView<ElementOf<A>>> || detail::EigenArray<A> || detail::XtensorArray<A>);

/// A series or matrix whose elements are of the type that those of another array have.
template <class A, class Other>
concept RealSeriesAs = RealSeries<A> && std::same_as<ElementOf<A>, ElementOf<Other>>;
template <class A, class Other>
concept RealMatrixAs = RealMatrix<A> && std::same_as<ElementOf<A>, ElementOf<Other>>;

/// A matrix of doubles.
template <class A>
concept DoubleMatrix = RealMatrix<A> && std::same_as < ElementOf<A>,
double > ;

/// A series in place, or a copy of it where its elements do not lie next to each other.
template <std::floating_point T>
struct SeriesOf {
  std::vector<T> copy;      ///< empty if none was needed
  std::span<const T> span;  ///< of the array itself, or of `copy`
};

/// A matrix in place, or a copy of it where the elements of a row do not lie next to each other.
template <std::floating_point T>
struct RowsOf {
  std::vector<T> copy;  ///< empty if none was needed
  MatrixView<T> view;   ///< of the array itself, or of `copy`
};

namespace detail {

/// `count` rows of `units` elements, both strides in elements; copied if a view cannot show them.
template <std::floating_point T>
[[nodiscard]] RowsOf<T> strided_rows(const T* first, std::size_t count, std::size_t units,
                                     std::ptrdiff_t row_stride, std::ptrdiff_t unit_stride) {
  const bool together = units < 2 || unit_stride == 1;
  const bool ascending = count < 2 || row_stride >= static_cast<std::ptrdiff_t>(units);
  if (count == 0 || units == 0) return {{}, MatrixView<T>({}, count, units)};
  if (together && ascending) {
    const std::size_t stride = count < 2 ? units : static_cast<std::size_t>(row_stride);
    return {{},
            MatrixView<T>(std::span(first, (count - 1) * stride + units), count, units, stride)};
  }
  std::vector<T> copy;
  copy.reserve(count * units);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < units; ++j) {
      copy.push_back(first[static_cast<std::ptrdiff_t>(i) * row_stride +
                           static_cast<std::ptrdiff_t>(j) * unit_stride]);
    }
  }
  const MatrixView<T> view(copy, count, units);  // of the elements, which stay where they are
  return {std::move(copy), view};
}

inline void expect_axes(std::size_t found, std::size_t expected) {
  if (found == expected) return;
  throw std::invalid_argument("an array of " + std::to_string(found) + " axes, expected " +
                              std::to_string(expected));
}

}  // namespace detail

/// Rows of an array, in place where the layout allows it. A copy is made of an Eigen matrix that is
/// column-major (Eigen's default) or an expression, of an xtensor array that is transposed or
/// reversed, and of a block or view of either that leaves out elements of a row.
/// @param array  [row, unit]; unless copied, it must outlive the result
/// @throws std::invalid_argument if an xtensor array has not two axes
template <RealMatrix A>
[[nodiscard]] RowsOf<ElementOf<A>> rows_of(const A& array) {
  using T = ElementOf<A>;
  if constexpr (std::same_as<A, MatrixView<T>>) {
    return {{}, array};
  } else if constexpr (detail::EigenElements<A>) {
    const auto& dense = array.derived();
    const std::ptrdiff_t inner = dense.innerStride();
    const std::ptrdiff_t outer = dense.outerStride();
    return detail::strided_rows<T>(dense.data(), static_cast<std::size_t>(dense.rows()),
                                   static_cast<std::size_t>(dense.cols()),
                                   A::IsRowMajor ? outer : inner, A::IsRowMajor ? inner : outer);
  } else if constexpr (detail::EigenArray<A>) {
    const typename A::PlainObject dense = array.derived();
    RowsOf<T> rows = rows_of(dense);
    if (rows.copy.empty()) {  // `dense` ends here
      rows.copy.assign(dense.data(), dense.data() + dense.size());
      rows.view = MatrixView<T>(rows.copy, rows.view.rows(), rows.view.cols());
    }
    return rows;
  } else {
    detail::expect_axes(array.dimension(), 2);
    // xtensor's stride along an axis of length 1 is 0.
    return detail::strided_rows<T>(
        array.data() + array.data_offset(), static_cast<std::size_t>(array.shape()[0]),
        static_cast<std::size_t>(array.shape()[1]), static_cast<std::ptrdiff_t>(array.strides()[0]),
        static_cast<std::ptrdiff_t>(array.strides()[1]));
  }
}

/// Elements of a series, in place where they lie next to each other. A copy is made of a row of a
/// column-major Eigen matrix, an Eigen expression, and an xtensor view with steps.
/// @param array  [time] or what the function says; unless copied, it must outlive the result
/// @throws std::invalid_argument if an xtensor array has not one axis
template <RealSeries A>
[[nodiscard]] SeriesOf<ElementOf<A>> series_of(const A& array) {
  using T = ElementOf<A>;
  const auto of_rows = [](RowsOf<T> rows) -> SeriesOf<T> {
    const std::span<const T> span = rows.view.rows() == 0 ? std::span<const T>() : rows.view.row(0);
    return {std::move(rows.copy), span};
  };
  if constexpr (detail::ContiguousRange<A>) {
    return {{}, std::span<const T>(std::data(array), std::size(array))};
  } else if constexpr (detail::EigenElements<A>) {
    return of_rows(detail::strided_rows<T>(array.derived().data(), 1,
                                           static_cast<std::size_t>(array.size()), 0,
                                           array.derived().innerStride()));
  } else if constexpr (detail::EigenArray<A>) {
    const typename A::PlainObject dense = array.derived();
    std::vector<T> copy(dense.data(), dense.data() + dense.size());
    const std::span<const T> span(copy);
    return {std::move(copy), span};
  } else {
    detail::expect_axes(array.dimension(), 1);
    return of_rows(detail::strided_rows<T>(array.data() + array.data_offset(), 1,
                                           static_cast<std::size_t>(array.shape()[0]), 0,
                                           static_cast<std::ptrdiff_t>(array.strides()[0])));
  }
}

}  // namespace phiscope
