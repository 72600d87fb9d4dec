// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string_view>

namespace phiscope {

/// A fraction in lowest terms with a positive denominator, so that equal numbers are equal members.
struct Rational {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  friend bool operator==(const Rational&, const Rational&) = default;
  [[nodiscard]] double value() const {
    return static_cast<double>(numerator) / static_cast<double>(denominator);
  }
};

/// numerator / denominator in lowest terms; nothing for a denominator of 0, or a member that 63
/// bits do not hold.
[[nodiscard]] inline std::optional<Rational> make_rational(std::int64_t numerator,
                                                           std::int64_t denominator) {
  constexpr auto lowest = std::numeric_limits<std::int64_t>::min();  // has no positive twin
  if (denominator == 0 || numerator == lowest || denominator == lowest) return std::nullopt;
  const std::int64_t divisor = std::gcd(numerator, denominator);
  const std::int64_t sign = denominator < 0 ? -1 : 1;
  return Rational{sign * numerator / divisor, sign * denominator / divisor};
}

/// a / b; nothing if b is 0 or the result has too many digits.
[[nodiscard]] inline std::optional<Rational> quotient(const Rational& a, const Rational& b) {
  const auto product = [](std::int64_t x, std::int64_t y) -> std::optional<std::int64_t> {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    const std::int64_t magnitude = x < 0 ? -x : x;
    if (y != 0 && magnitude > most / (y < 0 ? -y : y)) return std::nullopt;
    return x * y;
  };
  const auto numerator = product(a.numerator, b.denominator);
  const auto denominator = product(a.denominator, b.numerator);
  if (!numerator || !denominator) return std::nullopt;
  return make_rational(*numerator, *denominator);
}

/// A decimal number that is the whole text: a sign, digits with or without commas between groups of
/// three, and decimals: "-1,234.50", "+3", ".5", "12.". Nothing for anything else ("1,23", "1e3"),
/// or for more than 18 digits.
[[nodiscard]] inline std::optional<Rational> parse_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const bool grouped = whole.find(',') != std::string_view::npos;
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == point) continue;
    // Commas are between digits, each three digits before the point or the next one.
    const bool at_comma = grouped && i < point && (point - i) % 4 == 0;
    if (at_comma) {
      if (text[i] != ',' || i == 0) return std::nullopt;
      continue;
    }
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) return std::nullopt;
    if (++digits > 18) return std::nullopt;
    numerator = 10 * numerator + (text[i] - '0');
    if (i > point) denominator *= 10;
  }
  if (digits == 0) return std::nullopt;
  return make_rational(negative ? -numerator : numerator, denominator);
}

}  // namespace phiscope
