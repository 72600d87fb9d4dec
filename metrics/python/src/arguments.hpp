// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What Python hands over, as the metrics take it.
namespace phiscope::python {

namespace nb = nanobind;

/// An array as given: NumPy, torch on the CPU, pandas, a list. Looked at by the functions below,
/// which know its name for their messages.
struct Array {
  nb::object object;
};

/// Elements of an array in place, or of a copy where their layout does not allow that.
struct Borrowed {
  nb::object keep;             ///< the array that owns the elements
  const void* data = nullptr;  ///< first element
  std::size_t rows = 0;
  std::size_t cols = 0;        ///< 1 axis: 1
  std::size_t row_stride = 0;  ///< in elements
  bool is_float = false;       ///< float32, else float64

  template <class T>
  [[nodiscard]] MatrixView<T> matrix() const {
    const std::size_t size = rows == 0 ? 0 : (rows - 1) * row_stride + cols;
    return {std::span(static_cast<const T*>(data), size), rows, cols, row_stride};
  }
  template <class T>
  [[nodiscard]] std::span<const T> series() const {
    return {static_cast<const T*>(data), rows};
  }
};

/// A matrix of floats or doubles. float32 and float64 with adjacent elements of a row stay in
/// place; other numbers become float64. @throws std::invalid_argument unless it has two axes of
/// real numbers
[[nodiscard]] Borrowed borrow_matrix(const Array& array, const char* name, bool as_double = false);
/// The same for one axis.
[[nodiscard]] Borrowed borrow_series(const Array& array, const char* name, bool as_double = false);

/// A series of doubles that keeps its owner alive.
struct Doubles {
  Borrowed array;
  std::span<const double> span;
  Doubles(const Array& given, const char* name)
      : array(borrow_series(given, name, true)), span(array.series<double>()) {}
};

/// A matrix of doubles that keeps its owner alive.
struct DoubleRows {
  Borrowed array;
  MatrixView<double> view;
  DoubleRows(const Array& given, const char* name)
      : array(borrow_matrix(given, name, true)), view(array.matrix<double>()) {}
};

/// Labels, ids or counts of any integer type.
struct Integers64 {
  nb::object keep;
  std::span<const std::int64_t> span;
  /// @throws std::invalid_argument unless the array has one axis of integers
  Integers64(const Array& given, const char* name);
};

/// Integers that count or index, at least 0.
[[nodiscard]] std::vector<std::size_t> sizes(const Array& given, const char* name);
/// Several series, one per row: [item][number].
[[nodiscard]] std::vector<std::vector<double>> rows_of_doubles(const Array& given,
                                                               const char* name);
/// Numbers, Value or Values in a sequence, or an array; NaN is nonfinite.
[[nodiscard]] std::vector<Value> values(const nb::object& given, const char* name);
/// The same with two axes.
[[nodiscard]] std::vector<std::vector<Value>> rows_of_values(const nb::object& given,
                                                             const char* name);
/// A text that lives as long as the module, for options that keep a view.
[[nodiscard]] std::string_view lasting(const std::string& text);

/// The enumerator of a name. @throws std::invalid_argument with the names there are
template <class E>
[[nodiscard]] E choice(const char* argument, const std::string& given,
                       std::initializer_list<std::pair<const char*, E>> names) {
  std::string expected;
  for (const auto& [name, value] : names) {
    if (given == name) return value;
    expected += expected.empty() ? "" : ", ";
    expected += name;
  }
  throw std::invalid_argument(std::string(argument) + ": '" + given + "', expected one of " +
                              expected);
}

/// f(MatrixView) of a matrix, without the interpreter's lock.
template <class F>
[[nodiscard]] auto with_rows(const Array& array, const char* name, F f) {
  const Borrowed b = borrow_matrix(array, name);
  const nb::gil_scoped_release unlocked;
  return b.is_float ? f(b.matrix<float>()) : f(b.matrix<double>());
}

/// f(span) of a series, without the interpreter's lock.
template <class F>
[[nodiscard]] auto with_series(const Array& array, const char* name, F f) {
  const Borrowed b = borrow_series(array, name);
  const nb::gil_scoped_release unlocked;
  return b.is_float ? f(b.series<float>()) : f(b.series<double>());
}

/// f(span, span) of two series, both float where both are, else double.
template <class F>
[[nodiscard]] auto with_two_series(const Array& first, const char* first_name, const Array& second,
                                   const char* second_name, F f) {
  Borrowed a = borrow_series(first, first_name);
  Borrowed b = borrow_series(second, second_name);
  if (a.is_float != b.is_float) {
    a = borrow_series(first, first_name, true);
    b = borrow_series(second, second_name, true);
  }
  const nb::gil_scoped_release unlocked;
  return a.is_float ? f(a.series<float>(), b.series<float>())
                    : f(a.series<double>(), b.series<double>());
}

}  // namespace phiscope::python

/// Every object is taken; what it is becomes clear when it is looked at.
template <>
struct nanobind::detail::type_caster<phiscope::python::Array> {
  NB_TYPE_CASTER(phiscope::python::Array, const_name("numpy.typing.ArrayLike"))
  bool from_python(handle source, std::uint32_t, cleanup_list*) noexcept {
    value.object = borrow<object>(source);
    return true;
  }
};
