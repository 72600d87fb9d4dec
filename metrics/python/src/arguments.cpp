// SPDX-License-Identifier: MIT
#include "arguments.hpp"

#include <limits>
#include <unordered_set>

namespace phiscope::python {
namespace {

nb::module_ numpy() {
  return nb::module_::import_("numpy");
}

std::string shape_text(const nb::object& array) {
  return nb::cast<std::string>(array.attr("shape").attr("__str__")());
}

/// The array as NumPy has it, without a copy where it is one; with `axes` axes.
nb::object as_numpy(const Array& given, const char* name, std::size_t axes, const char* expected) {
  nb::object array = numpy().attr("asarray")(given.object);
  if (nb::cast<std::size_t>(array.attr("ndim")) != axes) {
    throw std::invalid_argument(std::string(name) + ": shape " + shape_text(array) + ", expected " +
                                expected);
  }
  return array;
}

char kind_of(const nb::object& array) {
  return nb::cast<std::string>(array.attr("dtype").attr("kind"))[0];
}

std::string dtype_text(const nb::object& array) {
  return nb::cast<std::string>(array.attr("dtype").attr("__str__")());
}

/// Whether the elements can be read where they are: native float32 or float64, aligned, no step
/// along a row, and rows that neither overlap nor run backwards.
bool in_place(const nb::object& array, std::size_t axes, bool as_double) {
  const nb::object dtype = array.attr("dtype");
  const auto size = nb::cast<std::ptrdiff_t>(dtype.attr("itemsize"));
  if (kind_of(array) != 'f' || !(size == 8 || (size == 4 && !as_double))) return false;
  if (!nb::cast<bool>(dtype.attr("isnative"))) return false;
  if (!nb::cast<bool>(array.attr("flags").attr("aligned"))) return false;
  const auto shape = nb::cast<std::vector<std::ptrdiff_t>>(array.attr("shape"));
  const auto strides = nb::cast<std::vector<std::ptrdiff_t>>(array.attr("strides"));
  if (shape[axes - 1] > 1 && strides[axes - 1] != size) return false;
  if (axes == 1 || shape[0] < 2) return true;
  return strides[0] % size == 0 && strides[0] / size >= shape[1];
}

Borrowed borrowed(nb::object array, std::size_t axes, const char* name, bool as_double) {
  const char kind = kind_of(array);
  if (kind != 'f' && kind != 'i' && kind != 'u' && kind != 'b') {
    throw std::invalid_argument(std::string(name) + ": dtype " + dtype_text(array) +
                                ", expected real numbers");
  }
  if (!in_place(array, axes, as_double)) {
    const bool single = kind == 'f' && !as_double &&
                        nb::cast<std::size_t>(array.attr("dtype").attr("itemsize")) == 4;
    array = numpy().attr("array")(array, nb::arg("dtype") = single ? "f4" : "f8",
                                  nb::arg("order") = "C", nb::arg("copy") = true);
  }
  const auto shape = nb::cast<std::vector<std::size_t>>(array.attr("shape"));
  const auto size = nb::cast<std::size_t>(array.attr("dtype").attr("itemsize"));
  Borrowed result;
  result.rows = shape[0];
  result.cols = axes == 1 ? 1 : shape[1];
  result.is_float = size == 4;
  result.row_stride = result.cols;
  if (axes == 2 && shape[0] > 1) {
    result.row_stride = nb::cast<std::size_t>(array.attr("strides")[nb::int_(0)]) / size;
  }
  const auto address =
      nb::cast<std::uintptr_t>(array.attr("__array_interface__")["data"][nb::int_(0)]);
  result.data = reinterpret_cast<const void*>(address);  // NOLINT: NumPy's own way to say where
  result.keep = std::move(array);
  return result;
}

Value value_of(nb::handle item, const char* name) {
  Value value = 0.0;
  if (nb::try_cast(item, value)) return value;
  throw std::invalid_argument(std::string(name) + ": " + nb::cast<std::string>(nb::repr(item)) +
                              ", expected a number or a Value");
}

}  // namespace

Borrowed borrow_matrix(const Array& array, const char* name, bool as_double) {
  return borrowed(as_numpy(array, name, 2, "two axes"), 2, name, as_double);
}

Borrowed borrow_series(const Array& array, const char* name, bool as_double) {
  return borrowed(as_numpy(array, name, 1, "one axis"), 1, name, as_double);
}

Integers64::Integers64(const Array& given, const char* name) {
  nb::object array = as_numpy(given, name, 1, "one axis of integers");
  const char kind = kind_of(array);
  const auto count = nb::cast<std::size_t>(array.attr("size"));
  if (kind != 'i' && kind != 'u' && kind != 'b' && count > 0) {
    throw std::invalid_argument(std::string(name) + ": dtype " + dtype_text(array) +
                                ", expected integers");
  }
  if (kind == 'u' && count > 0 &&
      nb::cast<std::uint64_t>(array.attr("max")()) >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw std::invalid_argument(std::string(name) + ": a number above 2^63 - 1");
  }
  array = numpy().attr("require")(array, nb::arg("dtype") = "i8",
                                  nb::arg("requirements") = nb::make_tuple("C", "A"));
  const auto address =
      nb::cast<std::uintptr_t>(array.attr("__array_interface__")["data"][nb::int_(0)]);
  span = {reinterpret_cast<const std::int64_t*>(address), count};  // NOLINT: as above
  keep = std::move(array);
}

std::vector<std::size_t> sizes(const Array& given, const char* name) {
  const Integers64 integers(given, name);
  std::vector<std::size_t> result;
  result.reserve(integers.span.size());
  for (const std::int64_t number : integers.span) {
    if (number < 0) {
      throw std::invalid_argument(std::string(name) + ": " + std::to_string(number) +
                                  ", expected at least 0");
    }
    result.push_back(static_cast<std::size_t>(number));
  }
  return result;
}

std::vector<std::vector<double>> rows_of_doubles(const Array& given, const char* name) {
  std::vector<std::vector<double>> result;
  if (nb::len(given.object) == 0) return result;
  const DoubleRows rows(given, name);
  result.reserve(rows.view.rows());
  for (std::size_t i = 0; i < rows.view.rows(); ++i) {
    const std::span<const double> row = rows.view.row(i);
    result.emplace_back(row.begin(), row.end());
  }
  return result;
}

std::vector<Value> values(const nb::object& given, const char* name) {
  std::vector<Value> result;
  const nb::object list = nb::hasattr(given, "tolist") ? given.attr("tolist")() : given;
  if (!nb::hasattr(list, "__iter__")) {
    throw std::invalid_argument(std::string(name) + ": expected a sequence of numbers or Values");
  }
  for (const nb::handle item : list) result.push_back(value_of(item, name));
  return result;
}

std::vector<std::vector<Value>> rows_of_values(const nb::object& given, const char* name) {
  std::vector<std::vector<Value>> result;
  for (const nb::handle row : given) result.push_back(values(nb::borrow<nb::object>(row), name));
  return result;
}

std::string_view lasting(const std::string& text) {
  static std::unordered_set<std::string> texts;  // its nodes stay where they are
  return *texts.insert(text).first;
}

}  // namespace phiscope::python
