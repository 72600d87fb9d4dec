// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/answer_grade.hpp>

#include <optional>
#include <string>

namespace phiscope::analyze::sampling {

/// The final answer of a text in a form in which equal answers are equal texts: "1/2" of
/// \boxed{\frac{1}{2}}. Empty where the text has none.
[[nodiscard]] std::string final_answer(const std::string& text, Grader grader);

/// What graders say of a text; nothing where they cannot say: no text, or no right answer (for
/// strict and flexible: none that is a number). The published grader can always say.
struct Grade {
  std::optional<bool> right = {};     ///< by the chosen grader
  std::optional<bool> strict = {};    ///< by "#### n" alone
  std::optional<bool> flexible = {};  ///< by the last number alone
};

/// @param gold  the problem's answer as its file has it
[[nodiscard]] Grade grade_text(const std::optional<std::string>& text, const std::string& gold,
                               Grader grader);

}  // namespace phiscope::analyze::sampling
