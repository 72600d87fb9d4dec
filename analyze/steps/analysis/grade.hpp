// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/rational.hpp>

#include <optional>
#include <string_view>

namespace phiscope::analyze::steps {

/// How the number of a free answer is read and compared.
enum class Grader {
  last_number,  ///< commas dropped, the last `-?\d+\.?\d*`; compared exactly
  published,    ///< the original's patterns; compared in double precision
};

enum class Grade {
  right,      ///< less than 0.01 from the right answer
  wrong,      ///< another number
  no_number,  ///< no number at all: wrong, and counted apart
};

[[nodiscard]] Grade grade(std::string_view text, const Rational& gold, Grader grader);

/// |given - gold| < 0.01 without rounding: 15.99 is not 16.
[[nodiscard]] bool is_nearer_than_a_hundredth(const Rational& given, const Rational& gold);

}  // namespace phiscope::analyze::steps
