// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/answer_text.hpp>
#include <phiscope/rational.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phiscope {

/// What a percent sign means.
enum class Percent {
  ignored,     ///< "50%" is 50
  hundredths,  ///< "50%" is 1/2
};

/// A number that is the whole text, as answers are written: a decimal with commas, a fraction a/b,
/// \frac{a}{b} or \dfrac{a}{b}, a dollar sign before it, a percent sign after it, in $...$ or not.
/// Nothing for anything else: "3\sqrt{13}" is not 13.
[[nodiscard]] inline std::optional<Rational> whole_number(std::string_view text,
                                                          Percent percent = Percent::ignored);

/// The last number in a text as the experiments on latents read it: commas dropped, last
/// `-?\d+\.?\d*`. Nothing without one, or where it has more than 18 digits.
[[nodiscard]] inline std::optional<Rational> last_number_of(std::string_view text);

/// The content of the last closed `\boxed{...}` with balanced braces (spaces may stand before the
/// brace), trimmed; nothing without one.
[[nodiscard]] inline std::optional<std::string> boxed_text(std::string_view text);

/// The answer that a problem file gives, without its derivation: what follows the last "####", else
/// what the last \boxed{} holds, else the whole text; trimmed.
[[nodiscard]] inline std::string gold_text(std::string_view answer) {
  const std::size_t mark = answer.rfind("####");
  if (mark != std::string_view::npos) return std::string(detail::trimmed(answer.substr(mark + 4)));
  if (const auto boxed = boxed_text(answer)) return *boxed;
  return std::string(detail::trimmed(answer));
}

/// The number of a problem file's answer; nothing where gold_text() is not a number as a whole.
[[nodiscard]] inline std::optional<Rational> gold_number(std::string_view answer) {
  const std::string text = gold_text(answer);
  const bool percent = text.find('%') != std::string::npos;
  return whole_number(text, percent ? Percent::hundredths : Percent::ignored);
}

/// Is a given number the right one? Within 0.01, as the latent experiments count.
[[nodiscard]] inline bool is_right_number(const Rational& given, const Rational& gold) {
  return std::abs(given.value() - gold.value()) < 0.01;
}

/// The answer that a generated text gives: what its last \boxed{} holds, else its last number as it
/// is written; empty without either.
[[nodiscard]] inline std::string given_text(std::string_view generated) {
  const auto boxed = boxed_text(generated);
  return boxed ? *boxed : std::string(detail::last_match(generated, detail::written_number));
}

/// Is a generated text's answer the right one? Its given_text() against
/// gold_text(): equal as rationals, else as trimmed text. A percent sign divides by 100 only if the
/// gold answer has one too. An empty answer is never right.
[[nodiscard]] inline bool is_right_answer(std::string_view generated, std::string_view gold);

/// The same by `#### n` alone (strict) and by the last number alone (flexible), as GSM8K is scored.
[[nodiscard]] inline std::optional<Rational> strict_number(std::string_view generated);
[[nodiscard]] inline std::optional<Rational> flexible_number(std::string_view generated);

inline std::optional<Rational> whole_number(std::string_view text, Percent percent) {
  text = detail::trimmed(text);
  if (text.size() > 2 && text.starts_with('$') && text.ends_with('$')) {
    text = detail::trimmed(text.substr(1, text.size() - 2));
  }
  bool negative = false;
  if (text.starts_with("-$") || text.starts_with("-\\")) {
    negative = true;
    text.remove_prefix(1);
  }
  if (text.starts_with("\\$")) text.remove_prefix(1);
  if (text.starts_with('$')) text = detail::trimmed(text.substr(1));
  std::int64_t divisor = 1;
  if (text.ends_with('%')) {
    text.remove_suffix(text.ends_with("\\%") ? 2 : 1);
    text = detail::trimmed(text);
    if (percent == Percent::hundredths) divisor = 100;
  }
  std::optional<Rational> number = parse_decimal(text);
  if (!number) {
    const auto parts = detail::fraction_parts(text);
    if (!parts) return std::nullopt;
    const auto top = parse_decimal(detail::trimmed(parts->first));
    const auto bottom = parse_decimal(detail::trimmed(parts->second));
    if (!top || !bottom) return std::nullopt;
    number = quotient(*top, *bottom);
    if (!number) return std::nullopt;
  }
  return quotient(*number, Rational{.numerator = negative ? -divisor : divisor, .denominator = 1});
}

inline std::optional<Rational> last_number_of(std::string_view text) {
  const std::string plain = detail::without_commas(text);
  const std::string_view last = detail::last_match(plain, detail::signed_decimal);
  return last.empty() ? std::nullopt : parse_decimal(last);
}

inline std::optional<std::string> boxed_text(std::string_view text) {
  return detail::last_boxed(text);
}

inline std::optional<Rational> strict_number(std::string_view generated) {
  const std::size_t mark = generated.rfind("####");
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view after = detail::trimmed(generated.substr(mark + 4));
  return whole_number(after.substr(0, std::min(after.find_first_of(" \t\r\n"), after.size())));
}

inline std::optional<Rational> flexible_number(std::string_view generated) {
  return whole_number(detail::last_match(generated, detail::written_number));
}

inline bool is_right_answer(std::string_view generated, std::string_view gold) {
  const std::string right = gold_text(gold);
  const std::string given = given_text(generated);
  if (given.empty()) return false;
  const Percent percent =
      right.find('%') != std::string::npos ? Percent::hundredths : Percent::ignored;
  const auto expected = whole_number(right, percent);
  const auto found = whole_number(given, percent);
  return expected && found ? *expected == *found : right == given;
}

}  // namespace phiscope
