// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace phiscope::detail {

[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\f\v";
  const std::size_t begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) + 1 - begin);
}

[[nodiscard]] inline std::string without_commas(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  std::ranges::copy_if(text, std::back_inserter(plain), [](char c) { return c != ','; });
  return plain;
}

/// Digits from `at` on: the position after the last one.
[[nodiscard]] inline std::size_t digits_end(std::string_view text, std::size_t at) {
  while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0) ++at;
  return at;
}

/// The last of all matches, found from the left and without overlap, or an empty text.
/// @param end_of  (text, at) -> end of the match that begins there, or `at` if none does
template <class EndOf>
[[nodiscard]] std::string_view last_match(std::string_view text, EndOf end_of) {
  std::string_view last;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of(text, at);
    if (end == at) {
      ++at;
      continue;
    }
    last = text.substr(at, end - at);
    at = end;
  }
  return last;
}

/// `-?\d+\.?\d*`
inline constexpr auto signed_decimal = [](std::string_view text, std::size_t at) {
  const std::size_t digits = text[at] == '-' ? at + 1 : at;
  std::size_t end = digits_end(text, digits);
  if (end == digits) return at;
  if (end < text.size() && text[end] == '.') end = digits_end(text, end + 1);
  return end;
};

/// `-?\d+(?:\.\d+)?`
inline constexpr auto plain_number = [](std::string_view text, std::size_t at) {
  const std::size_t digits = text[at] == '-' ? at + 1 : at;
  const std::size_t end = digits_end(text, digits);
  if (end == digits) return at;
  if (end >= text.size() || text[end] != '.') return end;
  const std::size_t decimals = digits_end(text, end + 1);
  return decimals > end + 1 ? decimals : end;
};

/// `[-+]?\d*\.\d+|\d+`
inline constexpr auto point_or_digits = [](std::string_view text, std::size_t at) {
  const bool has_sign = text[at] == '-' || text[at] == '+';
  const std::size_t digits = has_sign ? at + 1 : at;
  const std::size_t end = digits_end(text, digits);
  if (end < text.size() && text[end] == '.') {
    const std::size_t decimals = digits_end(text, end + 1);
    if (decimals > end + 1) return decimals;
  }
  return has_sign ? at : end;
};

/// The brace that closes the one at `open`, or npos.
[[nodiscard]] inline std::size_t closing_brace(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) return at;
  }
  return std::string_view::npos;
}

/// \frac{a}{b}, \dfrac{a}{b} or \tfrac{a}{b} at `at`: where it ends and its parts.
struct Fraction {
  std::size_t end;
  std::string_view top;
  std::string_view bottom;
};

[[nodiscard]] inline std::optional<Fraction> latex_fraction(std::string_view text, std::size_t at) {
  for (const std::string_view name : {"\\frac{", "\\dfrac{", "\\tfrac{"}) {
    if (!text.substr(at).starts_with(name)) continue;
    const std::size_t open = at + name.size() - 1;
    const std::size_t close = closing_brace(text, open);
    if (close == std::string_view::npos || close + 1 >= text.size() || text[close + 1] != '{') {
      return std::nullopt;
    }
    const std::size_t last = closing_brace(text, close + 1);
    if (last == std::string_view::npos) return std::nullopt;
    return Fraction{.end = last + 1,
                    .top = text.substr(open + 1, close - open - 1),
                    .bottom = text.substr(close + 2, last - close - 2)};
  }
  return std::nullopt;
}

/// The two parts of a text that is one fraction.
[[nodiscard]] inline std::optional<std::pair<std::string_view, std::string_view>> fraction_parts(
    std::string_view text) {
  if (const auto latex = latex_fraction(text, 0); latex && latex->end == text.size()) {
    return std::pair{latex->top, latex->bottom};
  }
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return std::pair{text.substr(0, slash), text.substr(slash + 1)};
}

/// Digits with commas between groups of three, and decimals, from `at` on: their end.
[[nodiscard]] inline std::size_t grouped_end(std::string_view text, std::size_t at) {
  std::size_t end = digits_end(text, at);
  if (end - at >= 1 && end - at <= 3) {
    while (end < text.size() && text[end] == ',' && digits_end(text, end + 1) == end + 4) end += 4;
  }
  if (end < text.size() && text[end] == '.' && digits_end(text, end + 1) > end + 1) {
    end = digits_end(text, end + 1);
  }
  return end;
}

/// A number as people write it: sign, commas, decimals, a/b, \frac{a}{b}, percent.
inline constexpr auto written_number = [](std::string_view text, std::size_t at) {
  // A sign right after a digit or a closing bracket is an operator: "8-5" ends in 5.
  const bool is_operator = at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 ||
                                      text[at - 1] == ')');
  const bool has_sign = (text[at] == '-' || text[at] == '+') && !is_operator;
  const std::size_t begin = has_sign ? at + 1 : at;
  if (begin >= text.size()) return at;
  std::size_t end = begin;
  if (const auto latex = latex_fraction(text, begin)) {
    const std::string_view top = trimmed(latex->top);
    const std::string_view bottom = trimmed(latex->bottom);
    const bool numbers = grouped_end(top, 0) == top.size() && !top.empty() && !bottom.empty() &&
                         grouped_end(bottom, 0) == bottom.size();
    return numbers ? latex->end : at;
  }
  end = grouped_end(text, begin);
  if (end == begin) return at;
  if (end < text.size() && text[end] == '/' && grouped_end(text, end + 1) > end + 1) {
    end = grouped_end(text, end + 1);
  }
  if (text.substr(end).starts_with("\\%")) return end + 2;
  return end < text.size() && text[end] == '%' ? end + 1 : end;
};

/// See boxed_text().
[[nodiscard]] inline std::optional<std::string> last_boxed(std::string_view text) {
  constexpr std::string_view name = "\\boxed";
  for (std::size_t at = text.rfind(name); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : text.rfind(name, at - 1)) {
    const std::size_t open = text.find_first_not_of(" \t\r\n", at + name.size());
    if (open == std::string_view::npos || text[open] != '{') continue;
    const std::size_t close = closing_brace(text, open);
    if (close != std::string_view::npos) {
      return std::string(trimmed(text.substr(open + 1, close - open - 1)));
    }
  }
  return std::nullopt;
}

}  // namespace phiscope::detail
