// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <nanobind/make_iterator.h>

namespace phiscope::python {
namespace {

constexpr std::array all_statuses{
    Status::ok,        Status::no_cross_pairs, Status::no_within_pairs,
    Status::no_pairs,  Status::no_edges,       Status::too_few_rows,
    Status::too_short, Status::constant,       Status::constant_series,
    Status::zero_norm, Status::nonfinite,      Status::singular,
    Status::unstable,  Status::few_units,      Status::few_layers,
    Status::no_gap};

Value undefined(const std::string& reason) {
  for (const Status status : all_statuses) {
    if (status != Status::ok && reason == status_name(status)) return status;
  }
  throw std::invalid_argument("Value: '" + reason + "' is no reason, expected one of STATUSES[1:]");
}

nb::object number_or_none(const Value& value) {
  return value.ok() ? nb::object(nb::float_(value.value())) : nb::none();
}

std::string value_text(const Value& value) {
  std::string text = "Value(";
  if (value.ok()) {
    text += nb::cast<std::string>(nb::repr(nb::float_(value.value())));
  } else {
    text += "undefined: ";
    text += status_name(value.status());
  }
  return text += ")";
}

std::string formatted(const Value& value, const std::string& how) {
  if (!value.ok()) return std::string(status_name(value.status()));
  return nb::cast<std::string>(nb::module_::import_("builtins").attr("format")(value.value(), how));
}

std::size_t place_in(const Values& values, std::ptrdiff_t index) {
  const auto size = static_cast<std::ptrdiff_t>(values.items.size());
  if (index < -size || index >= size) throw nb::index_error("Values: no such item");
  return static_cast<std::size_t>(index < 0 ? index + size : index);
}

/// The numbers, with `fill` where there is none; without it every one must be defined.
Numbers filled(const Values& values, std::optional<double> fill) {
  std::vector<double> result;
  result.reserve(values.items.size());
  for (std::size_t i = 0; i < values.items.size(); ++i) {
    const Value& value = values.items[i];
    if (!value.ok() && !fill) {
      throw std::invalid_argument("Values: item " + std::to_string(i) + " is undefined (" +
                                  std::string(status_name(value.status())) +
                                  "); pass undefined=NUMBER, or see masked()");
    }
    result.push_back(value.ok() ? value.value() : *fill);
  }
  return numbers(std::move(result));
}

nb::list statuses_of(const Values& values) {
  nb::list names;
  for (const Value& value : values.items) names.append(std::string(status_name(value.status())));
  return names;
}

nb::object masked(const Values& values) {
  nb::list mask;
  for (const Value& value : values.items) mask.append(!value.ok());
  return nb::module_::import_("numpy.ma")
      .attr("MaskedArray")(filled(values, 0.0), nb::arg("mask") = mask, nb::arg("dtype") = "f8");
}

std::string values_text(const Values& values) {
  std::size_t defined = 0;
  for (const Value& value : values.items) defined += value.ok() ? 1 : 0;
  return "Values(" + std::to_string(values.items.size()) + " items, " + std::to_string(defined) +
         " defined)";
}

void bind_one(nb::module_& m) {
  nb::class_<Value>(m, "Value", doc("Value"))
      .def(nb::init<double>(), nb::arg("number"))
      .def_static("undefined", &undefined, nb::arg("reason"), "No number, because of `reason`.")
      .def_prop_ro("value", &number_or_none, nb::sig("def value(self) -> float | None"),
                   "The number, or None.")
      .def_prop_ro(
          "status", [](const Value& v) { return shown(v.status()); },
          "\"ok\", or why there is no number.")
      .def_prop_ro("ok", &Value::ok, "Whether there is a number.")
      .def("__float__", &Value::value)
      .def("__bool__",
           [](const Value&) -> bool {
             throw nb::type_error("Value: neither true nor false; ask .ok or .value");
           })
      .def(
          "__eq__",
          [](const Value& a, const nb::object& other) {
            Value b = 0.0;
            if (!nb::try_cast(other, b)) return false;
            if (!a.ok() || !b.ok()) return a.status() == b.status();
            return a.value() == b.value();
          },
          nb::arg("other").none(), nb::sig("def __eq__(self, other: object) -> bool"))
      .def("__hash__",
           [](const Value& v) {
             return v.ok() ? nb::hash(nb::float_(v.value()))
                           : nb::hash(nb::str(status_name(v.status()).data()));
           })
      .def("__format__", &formatted, nb::arg("spec"))
      .def("__repr__", &value_text);
  nb::implicitly_convertible<double, Value>();
}

void bind_many(nb::module_& m) {
  nb::class_<Values>(m, "Values", "One Value per item: a sequence.")
      .def(
          "__init__",
          [](Values* self, const nb::object& items) { new (self) Values{values(items, "Values")}; },
          nb::arg("items"))
      .def("__len__", [](const Values& v) { return v.items.size(); })
      .def("__getitem__",
           [](const Values& v, std::ptrdiff_t index) { return v.items[place_in(v, index)]; })
      .def("__iter__",
           [](const Values& v) {
             nb::list items;
             for (const Value& item : v.items) items.append(nb::cast(item));
             return nb::iter(items);
           })
      .def("numbers", &filled, nb::arg("undefined") = nb::none(),
           "The numbers as an array, [item], with `undefined` where there is none. Without it\n"
           "ValueError names the first item that is undefined.")
      .def("masked", &masked, "A numpy.ma.MaskedArray, [item], masked where undefined.")
      .def_prop_ro("status", &statuses_of, "[item]: \"ok\", or why there is no number.")
      .def_prop_ro(
          "values",
          [](const Values& v) {
            nb::list items;
            for (const Value& item : v.items) items.append(number_or_none(item));
            return items;
          },
          "[item]: the number, or None.")
      .def("__repr__", &values_text);
}

}  // namespace

void bind_value(nb::module_& m) {
  bind_one(m);
  bind_many(m);
  nb::list names;
  for (const Status status : all_statuses) names.append(std::string(status_name(status)));
  m.attr("STATUSES") = nb::tuple(names);
}

}  // namespace phiscope::python
