// SPDX-License-Identifier: MIT
#pragma once

#include "steps/analysis/grade.hpp"
#include "steps/analysis/run.hpp"

#include <phiscope/value.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::steps {

/// What is measured of a problem in a lane while the right answer is given: means over its scored
/// tokens, with distributions P of the lane and B of the baseline.
enum class Measure {
  kl,                      ///< KL(P || B), nats
  kl_from_baseline,        ///< KL(B || P), nats
  log_probability_drop,    ///< log B - log P of the token, nats
  surprisal,               ///< -log P of the token, nats; perplexity is its exponential
  prediction_change_rate,  ///< share of tokens at which the most likely token changes
};
inline constexpr std::size_t measure_count = 5;

[[nodiscard]] std::string_view measure_name(Measure measure) noexcept;
/// "nats", "share"
[[nodiscard]] std::string_view measure_unit(Measure measure) noexcept;
/// The sentence of the definitions.
[[nodiscard]] std::string measure_definition(Measure measure);

[[nodiscard]] constexpr std::array<Measure, measure_count> all_measures() {
  std::array<Measure, measure_count> all{};
  for (std::size_t i = 0; i < measure_count; ++i) all[i] = static_cast<Measure>(i);
  return all;
}

/// [measure]; too_few_rows where the answer has no scored token, nonfinite where a row is not.
using Measured = std::array<Value, measure_count>;

/// @param lane,baseline  rows of one problem; the first is the end of the thoughts and left out
[[nodiscard]] Measured measure(const Rows& lane, const Rows& baseline);

/// What became of the answers of a problem; nothing where they are not known.
struct Graded {
  std::optional<Grade> baseline = {};
  std::vector<std::optional<Grade>> lanes = {};  ///< [lane]
};
[[nodiscard]] Graded grade_problem(const Problem& problem, const ProblemRows& rows, Grader grader);

/// How many problems have which answers, in a lane and in the baseline.
struct Counts {
  std::size_t problems = 0;
  std::size_t unknown = 0;         ///< without a free answer in one of the two: in no rate
  std::size_t baseline_right = 0;  ///< of the known ones
  std::size_t broken = 0;          ///< right in the baseline, not in the lane
  std::size_t repaired = 0;        ///< right in the lane, not in the baseline
  std::size_t no_number = 0;       ///< whose answer in the lane has no number; they are not right

  [[nodiscard]] std::size_t known() const { return problems - unknown; }
  [[nodiscard]] std::size_t baseline_wrong() const { return known() - baseline_right; }
  [[nodiscard]] std::size_t right() const { return baseline_right - broken + repaired; }
  void add(const std::optional<Grade>& baseline, const std::optional<Grade>& lane);
};

}  // namespace phiscope::analyze::steps
