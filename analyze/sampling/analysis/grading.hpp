// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/analysis/flips.hpp"
#include "sampling/analysis/grade.hpp"
#include "sampling/input/samples.hpp"

#include <phiscope/estimate.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// How right answers are counted: by the chosen grader, by "#### n" alone, by the last number.
enum class Score { right, strict, flexible };
inline constexpr std::array<Score, 3> all_scores = {Score::right, Score::strict, Score::flexible};

/// The grade by that score, or nothing.
[[nodiscard]] std::optional<bool> graded(const Grade& grade, Score score);

/// Right answers of a problem at a temperature by one score; units are its samples.
struct Rate {
  std::size_t right = 0;
  std::size_t graded = 0;

  [[nodiscard]] Estimate estimate() const;  ///< Wilson's interval
};

/// Grades and final answers of all samples of a run.
struct Grading {
  std::vector<std::vector<std::vector<Grade>>> grades = {};  ///< [problem][temperature][sample]
  std::vector<std::vector<std::vector<std::string>>> answers = {};  ///< likewise; empty: none

  [[nodiscard]] Rate rate(std::size_t problem, std::size_t temperature, Score score) const;
  /// Mean over problems of their rates. Where a problem has one sample the interval is Wilson's;
  /// else it is over problems, since samples of one problem are not independent.
  [[nodiscard]] Cell accuracy(std::size_t temperature, Score score, const Options& options) const;
  /// The samples of all problems.
  [[nodiscard]] Rate total(std::size_t temperature, Score score) const;
};

[[nodiscard]] Grading grade_samples(const Samples& run, Grader grader);

}  // namespace phiscope::analyze::sampling
