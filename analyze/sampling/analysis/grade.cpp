// SPDX-License-Identifier: MIT
#include "sampling/analysis/grade.hpp"

namespace phiscope::analyze::sampling {

std::string final_answer(const std::string& text, Grader grader) {
  return grader == Grader::published ? published_sampling_answer(text) : answer_key(text);
}

Grade grade_text(const std::optional<std::string>& text, const std::string& gold, Grader grader) {
  Grade grade;
  if (!text) return grade;
  const bool has_gold = !gold_text(gold).empty();
  const bool has_number = whole_number(gold_text(gold)).has_value();
  if (has_number) {
    grade.strict = is_right(Grader::strict, *text, gold);
    grade.flexible = is_right(Grader::flexible, *text, gold);
  }
  const bool needs_number = grader == Grader::strict || grader == Grader::flexible;
  if (grader == Grader::published || (needs_number ? has_number : has_gold)) {
    grade.right = is_right(grader, *text, gold);
  }
  return grade;
}

}  // namespace phiscope::analyze::sampling
