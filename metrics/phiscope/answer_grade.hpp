// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/answer_number.hpp>
#include <phiscope/published_answer.hpp>
#include <phiscope/rational.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace phiscope {

/// How a generated text is graded against the answer of a problem file.
enum class Grader {
  boxed,      ///< is_right_answer(): \boxed{} or else the last number
  strict,     ///< the number after "####" alone, as GSM8K is scored
  flexible,   ///< the last number alone, as GSM8K is scored
  published,  ///< published_sampling_answer() of both, where empty equals empty; for comparison
              ///< only
};

/// Names of the graders, in their order.
inline constexpr std::array<std::string_view, 4> grader_names{"boxed", "strict", "flexible",
                                                              "published"};

/// Is the text right? Numbers are equal as rationals. Strict and flexible know numbers only,
/// without the meaning of a percent sign; what has no number is wrong, a problem without one has no
/// right text.
[[nodiscard]] inline bool is_right(Grader grader, std::string_view generated,
                                   std::string_view gold) {
  const auto equals_gold = [gold](const std::optional<Rational>& given) {
    const auto right = whole_number(gold_text(gold));
    return given && right && *given == *right;
  };
  switch (grader) {
    case Grader::strict:
      return equals_gold(strict_number(generated));
    case Grader::flexible:
      return equals_gold(flexible_number(generated));
    case Grader::published:
      return published_sampling_answer(generated) == published_sampling_answer(gold);
    case Grader::boxed:
      break;
  }
  return is_right_answer(generated, gold);
}

/// A key for texts that give the same answer, however it is written: "1/2" for 0.50, 50/100 and
/// \frac{1}{2}, "12" for 12.0, else the text of given_text(); empty where there is no answer. A
/// percent sign counts for nothing, as in is_right() of a gold answer without one.
[[nodiscard]] inline std::string answer_key(std::string_view generated) {
  std::string text = given_text(generated);
  const auto number = whole_number(text);
  if (!number) return text;
  std::string key = std::to_string(number->numerator);
  if (number->denominator != 1) key += "/" + std::to_string(number->denominator);
  return key;
}

}  // namespace phiscope
