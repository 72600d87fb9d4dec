// SPDX-License-Identifier: MIT
#include "steps/analysis/grade.hpp"

#include <phiscope/answer_number.hpp>
#include <phiscope/published_answer.hpp>

#include <cmath>

namespace phiscope::analyze::steps {

bool is_nearer_than_a_hundredth(const Rational& given, const Rational& gold) {
  // Doubles decide what is far apart, so that the products below have at most 39 digits.
  if (!(std::abs(given.value() - gold.value()) < 0.5)) return false;
  __extension__ using Wide = __int128;
  const Wide scale = static_cast<Wide>(given.denominator) * gold.denominator;
  const Wide away = static_cast<Wide>(given.numerator) * gold.denominator -
                    static_cast<Wide>(gold.numerator) * given.denominator;
  return (away < 0 ? -away : away) < (scale + 99) / 100;
}

Grade grade(std::string_view text, const Rational& gold, Grader grader) {
  const bool published = grader == Grader::published;
  const auto number = published ? published_step_number(text) : last_number_of(text);
  if (!number) return Grade::no_number;
  const bool right =
      published ? is_right_number(*number, gold) : is_nearer_than_a_hundredth(*number, gold);
  return right ? Grade::right : Grade::wrong;
}

}  // namespace phiscope::analyze::steps
