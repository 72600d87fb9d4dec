// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <memory>

namespace phiscope::python {
namespace {

/// Hands the vector to NumPy, which frees it.
template <class T>
nb::ndarray<nb::numpy, T> handed_over(std::vector<T> data,
                                      std::initializer_list<std::size_t> shape) {
  auto owner = std::make_unique<std::vector<T>>(std::move(data));
  T* first = owner->data();
  const nb::capsule capsule(owner.release(), [](void* kept) noexcept {
    const std::unique_ptr<std::vector<T>> freed(static_cast<std::vector<T>*>(kept));
  });
  return {first, shape, capsule};
}

}  // namespace

Numbers numbers(std::vector<double> data) {
  const std::size_t size = data.size();
  return handed_over(std::move(data), {size});
}

Numbers matrix(std::vector<double> data, std::size_t rows, std::size_t cols) {
  return handed_over(std::move(data), {rows, cols});
}

Integers integers(const std::vector<std::size_t>& data) {
  return integers(std::vector<std::int64_t>(data.begin(), data.end()));
}

Integers integers(std::vector<std::int64_t> data) {
  const std::size_t size = data.size();
  return handed_over(std::move(data), {size});
}

Integers integers(std::vector<std::int64_t> data, std::size_t rows, std::size_t cols) {
  return handed_over(std::move(data), {rows, cols});
}

std::string text_of(nb::handle object) {
  std::string text = nb::cast<std::string>(object.type().attr("__name__"));
  const char* separator = "(";
  for (const nb::handle field : object.type().attr("_fields")) {
    const nb::object value = nb::getattr(object, field);
    text += separator;
    text += nb::cast<std::string>(field);
    text += "=";
    // Arrays by their shape: the whole of a large one helps nobody.
    text += nb::hasattr(value, "shape")
                ? "array" + nb::cast<std::string>(value.attr("shape").attr("__str__")())
                : nb::cast<std::string>(nb::repr(value));
    separator = ", ";
  }
  return text += ")";
}

}  // namespace phiscope::python
