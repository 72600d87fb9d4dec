// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/answer_number.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace phiscope {

/// The number of an answer as the published step-importance experiment reads it: the first that
/// matches of `answer is:?\s*(num)`, `####\s*(num)`,
/// `(?:answer|total|result)(?:\s+is)?\s*[:=]?\s*\$?\s*(num)`, and the last number, with
/// num = `-?\d+(?:\.\d+)?`: a comma ends a number. Lower case only.
[[nodiscard]] inline std::optional<Rational> published_step_number(std::string_view text);

/// The answer of a text as the published sampling experiment reads it: the last closed \boxed{},
/// else the last match of `[-+]?\d*\.\d+|\d+` ("-5" is read as "5"), with a/b turned into a
/// decimal. Two empty answers are equal there, as in the original. Kept for comparison only.
[[nodiscard]] inline std::string published_sampling_answer(std::string_view text);

namespace detail {

[[nodiscard]] inline std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
  return at;
}

/// The number that begins at `at`, or nothing.
[[nodiscard]] inline std::optional<Rational> number_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::nullopt;
  const std::size_t end = plain_number(text, at);
  return end == at ? std::nullopt : parse_decimal(text.substr(at, end - at));
}

/// The number after the first of a word's occurrences that one follows.
/// @param skip  (text, at) -> where the number has to begin
template <class Skip>
[[nodiscard]] std::optional<Rational> number_after(std::string_view text, std::string_view word,
                                                   Skip skip) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    if (const auto number = number_at(text, skip(text, at + word.size()))) return number;
  }
  return std::nullopt;
}

inline constexpr auto skip_colon = [](std::string_view text, std::size_t at) {
  return skip_space(text, at < text.size() && text[at] == ':' ? at + 1 : at);
};

/// `(?:\s+is)?\s*[:=]?\s*\$?\s*`
inline constexpr auto skip_verb = [](std::string_view text, std::size_t at) {
  const std::size_t verb = skip_space(text, at);
  if (verb > at && text.substr(verb).starts_with("is")) at = verb + 2;
  at = skip_space(text, at);
  if (at < text.size() && (text[at] == ':' || text[at] == '=')) at = skip_space(text, at + 1);
  return at < text.size() && text[at] == '$' ? skip_space(text, at + 1) : at;
};

/// A double as Python prints it: "0.5", "2.0".
[[nodiscard]] inline std::string python_float(double number) {
  std::array<char, 64> text{};
  const double size = std::abs(number);
  const bool plain = number == 0.0 || (size >= 1e-4 && size < 1e16);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, format).ptr;
  std::string result(text.data(), end);
  if (plain && result.find('.') == std::string::npos) result += ".0";
  return result;
}

}  // namespace detail

inline std::optional<Rational> published_step_number(std::string_view text) {
  if (const auto found = detail::number_after(text, "answer is", detail::skip_colon)) return found;
  if (const auto found = detail::number_after(text, "####", detail::skip_space)) return found;
  std::optional<Rational> first;
  std::size_t earliest = text.size();
  for (const std::string_view word : {"answer", "total", "result"}) {
    for (std::size_t at = text.find(word); at < earliest; at = text.find(word, at + 1)) {
      const auto found = detail::number_at(text, detail::skip_verb(text, at + word.size()));
      if (!found) continue;
      first = found;
      earliest = at;
    }
  }
  if (first) return first;
  const std::string_view last = detail::last_match(text, detail::plain_number);
  return last.empty() ? std::nullopt : parse_decimal(last);
}

inline std::string published_sampling_answer(std::string_view text) {
  const auto boxed = boxed_text(text);
  std::string answer =
      boxed ? *boxed : std::string(detail::last_match(text, detail::point_or_digits));
  const std::size_t slash = answer.find('/');
  if (slash == std::string::npos || answer.find('/', slash + 1) != std::string::npos) {
    return answer;
  }
  const auto top = parse_decimal(detail::trimmed(std::string_view(answer).substr(0, slash)));
  const auto bottom = parse_decimal(detail::trimmed(std::string_view(answer).substr(slash + 1)));
  if (!top || !bottom || bottom->numerator == 0) return answer;
  return detail::python_float(top->value() / bottom->value());
}

}  // namespace phiscope
