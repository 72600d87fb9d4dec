// SPDX-License-Identifier: MIT
#pragma once

#include "steps/analysis/lane.hpp"

#include <phiscope/estimate.hpp>
#include <phiscope/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace phiscope::analyze::steps {

struct Options;
struct Result;

/// What is compared with what.
enum class Contrast {
  baseline,          ///< accuracy of a lane and of the baseline, McNemar
  next_step,         ///< importance of a step of `single` and of the next one, McNemar
  difficulty,        ///< importance of a lane over the strata, permutation of their labels
  early_difficulty,  ///< the same of the mean importance of the first half of the steps
  halves,            ///< first half of the steps of `single` against the second, sign flips
};

/// "baseline", "next step", "stratum", "stratum, first half", "second half"
[[nodiscard]] std::string_view contrast_name(Contrast contrast) noexcept;

/// One test, of problems of the chief sample.
struct Test {
  Contrast contrast = Contrast::baseline;
  std::size_t group = 0;               ///< index into Result::groups
  Lane lane = {};                      ///< step 0 where a test is of several
  std::optional<std::size_t> at = {};  ///< index of the lane; nothing where a test is of several
  std::size_t units = 0;               ///< problems
  /// Of accuracy: lane minus baseline. Of importance: step minus next step, per stratum, first
  /// half minus second half. With its interval over problems.
  Estimate effect = {};
  std::size_t first_only = 0;           ///< McNemar: broken in the lane alone
  std::size_t second_only = 0;          ///< McNemar: repaired, or broken in the next step alone
  Value p = Status::too_few_rows;       ///< two-sided
  Value p_holm = Status::too_few_rows;  ///< Holm's correction over the p-values of the report
  double least_p = 1.0;                 ///< the smallest p that the design can give
};

/// The steps of the first or second half of K; of an odd K the middle one is in neither.
[[nodiscard]] std::vector<std::int64_t> half_of_steps(Kind kind, std::int64_t latents, bool first);

/// The kind whose first half early_difficulty is about: single, else cumulative; or nothing.
[[nodiscard]] std::optional<Kind> early_kind(const Result& result);

/// All tests of a run: by group, then by contrast, layer and step. In a group with fewer than
/// least_right right answers p is few_units.
[[nodiscard]] std::vector<Test> test_all(const Result& result, const Options& options);

/// Holm's correction over the tests of all runs of a report.
void correct(std::span<Result> results);

}  // namespace phiscope::analyze::steps
