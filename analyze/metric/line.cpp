// SPDX-License-Identifier: MIT
#include "metric/line.hpp"

#include "figure/table.hpp"

#include <nlohmann/json.hpp>

namespace phiscope::analyze::metric {
namespace {

std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump();
}

std::string number_json(const Value& value) {
  return value.ok() ? number_text(value.value()) : "null";
}

std::string status_json(const Value& value) {
  return quoted(status_name(value.status()));
}

template <class Items, class ToJson>
std::string array_json(const Items& items, ToJson to_json) {
  std::string text = "[";
  for (const auto& item : items) {
    if (text.size() > 1) text += ',';
    text += to_json(item);
  }
  return text + "]";
}

}  // namespace

Line::Line(std::string_view metric) : text_("{\"metric\":" + quoted(metric)) {}

Line& Line::member(std::string_view name, std::string_view json) {
  text_ += "," + quoted(name) + ":";
  text_ += json;
  return *this;
}

Line& Line::value(const Value& value) {
  return member("value", number_json(value)).member("status", status_json(value));
}

Line& Line::values(std::span<const Value> values) {
  member("value", array_json(values, number_json));
  return member("status", array_json(values, status_json));
}

Line& Line::number(std::string_view name, const Value& value) {
  member(name, number_json(value));
  return member(std::string(name) + "_status", status_json(value));
}

Line& Line::numbers(std::string_view name, std::span<const Value> values) {
  member(name, array_json(values, number_json));
  return member(std::string(name) + "_status", array_json(values, status_json));
}

Line& Line::count(std::string_view name, std::size_t count) {
  return member(name, std::to_string(count));
}

Line& Line::integers(std::string_view name, std::span<const std::int64_t> integers) {
  return member(name, array_json(integers, [](std::int64_t i) { return std::to_string(i); }));
}

Line& Line::text(std::string_view name, std::string_view text) {
  return member(name, quoted(text));
}

Line& Line::texts(std::string_view name, std::span<const std::string_view> texts) {
  return member(name, array_json(texts, quoted));
}

Line& Line::none(std::string_view name) {
  return member(name, "null");
}

Line& Line::vector(std::string_view name, std::span<const double> numbers) {
  return member(name, array_json(numbers, [](double x) { return number_text(x); }));
}

Line& Line::vectors(std::string_view name, std::span<const std::array<double, 16>> items,
                    const std::vector<bool>& defined) {
  std::size_t item = 0;
  return member(name, array_json(items, [&](const std::array<double, 16>& numbers) -> std::string {
                  if (!defined[item++]) return "null";
                  return array_json(numbers, [](double x) { return number_text(x); });
                }));
}

}  // namespace phiscope::analyze::metric
