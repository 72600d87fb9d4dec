// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"

#include <concepts>
#include <type_traits>
#include <vector>

/// What Python gets back: the structs of the headers with the names of their members.
namespace phiscope::python {

using Numbers = nb::ndarray<nb::numpy, double>;
using Integers = nb::ndarray<nb::numpy, std::int64_t>;
using Flags = nb::ndarray<nb::numpy, bool>;

/// The comment of a function, struct or member ("Struct.member") in the headers; empty if it has
/// none.
[[nodiscard]] const char* doc(std::string_view name);

/// One value per item, as a sequence.
struct Values {
  std::vector<Value> items;
};

/// Arrays that own what they hold.
[[nodiscard]] Numbers numbers(std::vector<double> data);
[[nodiscard]] Numbers matrix(std::vector<double> data, std::size_t rows, std::size_t cols);
[[nodiscard]] Integers integers(const std::vector<std::size_t>& data);
[[nodiscard]] Integers integers(std::vector<std::int64_t> data);
[[nodiscard]] Integers integers(std::vector<std::int64_t> data, std::size_t rows, std::size_t cols);

/// "Name(field=..., ...)" of an object whose type has `_fields`.
[[nodiscard]] std::string text_of(nb::handle object);

/// A member as Python sees it.
[[nodiscard]] inline Value shown(const Value& value) {
  return value;
}
[[nodiscard]] inline Values shown(const std::vector<Value>& values) {
  return {values};
}
[[nodiscard]] inline Numbers shown(const std::vector<double>& data) {
  return numbers(data);
}
[[nodiscard]] inline Integers shown(const std::vector<std::int64_t>& data) {
  return integers(data);
}
[[nodiscard]] inline Integers shown(const std::vector<std::size_t>& data) {
  return integers(data);
}
[[nodiscard]] inline std::string shown(Status status) {
  return std::string(status_name(status));
}
[[nodiscard]] inline std::string shown(std::string_view text) {
  return std::string(text);
}
template <class T>
requires std::is_arithmetic_v<T>
[[nodiscard]] T shown(T number) {
  return number;
}
/// Any other struct is bound itself.
template <class T>
requires std::is_class_v<T>
[[nodiscard]] T shown(const T& part) {
  return part;
}

/// Defines a function with the comment of its header.
template <class F, class... Extra>
void define(nb::module_& m, const char* name, F f, const Extra&... extra) {
  m.def(name, f, doc(name), extra...);
}

/// Binds a struct: Result<Collapse>(m, "Collapse").field("spread", &Collapse::spread)...
template <class T>
class Result {
 public:
  Result(nb::module_& m, const char* name) : Result(m, name, name) {}
  /// Where Python's name is not the one of the header.
  Result(nb::module_& m, const char* name, const char* header_name)
      : type_(m, name, doc(header_name)), header_name_(header_name) {
    type_.def("__repr__", [](nb::handle self) { return text_of(self); });
    type_.def(
        "_asdict",
        [](nb::handle self) {
          nb::dict fields;
          for (const nb::handle field : self.type().attr("_fields")) {
            fields[field] = nb::getattr(self, field);
          }
          return fields;
        },
        "The fields as a dict.");
  }
  ~Result() { type_.attr("_fields") = nb::tuple(fields_); }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  Result(Result&&) = delete;
  Result& operator=(Result&&) = delete;

  template <class M>
  Result& field(const char* name, M T::*member) {
    return property(name, [member](const T& self) { return shown(self.*member); });
  }
  /// A field that is made of members, such as a matrix of its elements.
  template <class F>
  requires(!std::is_member_object_pointer_v<F>) Result& property(const char* name, F get) {
    // Every getter returns a value of its own, an array with its owner among them.
    type_.def_prop_ro(name, get, nb::rv_policy::automatic, doc(header_name_ + "." + name));
    fields_.append(name);
    return *this;
  }
  /// A property that repeats what fields say, so that it is none of them.
  template <class F>
  Result& read(const char* name, F get, const char* text) {
    type_.def_prop_ro(name, get, nb::rv_policy::automatic, text);
    return *this;
  }
  template <class F, class... Extra>
  Result& method(const char* name, F f, const Extra&... extra) {
    type_.def(name, f, extra...);
    return *this;
  }

 private:
  nb::class_<T> type_;
  std::string header_name_;
  nb::list fields_;
};

/// Each file binds the metrics of one question of docs/metrics.md.
void bind_value(nb::module_& m);
void bind_structure(nb::module_& m);
void bind_influence(nb::module_& m);
void bind_phiid(nb::module_& m);
void bind_heads(nb::module_& m);
void bind_network(nb::module_& m);
void bind_variation(nb::module_& m);
void bind_clusters(nb::module_& m);
void bind_output(nb::module_& m);
void bind_answers(nb::module_& m);
void bind_certainty(nb::module_& m);
void bind_chance(nb::module_& m);

}  // namespace phiscope::python
