// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/value.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::metric {

/// The answer of a metric, built member by member: {"metric":..,"value":..,"status":..,"n":..,...}.
/// Strict JSON; numbers are the shortest that read back to the same double; an undefined number is
/// null, and its status is next to it.
class Line {
 public:
  explicit Line(std::string_view metric);

  /// The main number: members "value" and "status".
  Line& value(const Value& value);
  /// One main number per item: arrays "value" and "status".
  Line& values(std::span<const Value> values);
  /// A further number: members NAME and NAME_status.
  Line& number(std::string_view name, const Value& value);
  /// Further numbers: arrays NAME and NAME_status.
  Line& numbers(std::string_view name, std::span<const Value> values);
  Line& count(std::string_view name, std::size_t count);
  Line& integers(std::string_view name, std::span<const std::int64_t> integers);
  Line& text(std::string_view name, std::string_view text);
  Line& texts(std::string_view name, std::span<const std::string_view> texts);
  Line& none(std::string_view name);  ///< null
  Line& vector(std::string_view name, std::span<const double> numbers);
  /// [item][number], null where `defined` is false. @pre both have equal counts
  Line& vectors(std::string_view name, std::span<const std::array<double, 16>> items,
                const std::vector<bool>& defined);

  [[nodiscard]] std::string str() const { return text_ + "}"; }

 private:
  Line& member(std::string_view name, std::string_view json);

  std::string text_;
};

}  // namespace phiscope::analyze::metric
