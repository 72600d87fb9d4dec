// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/analysis/flips.hpp"
#include "sampling/input/branches.hpp"

#include <phiscope/answer_grade.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// A branch beside the greedy text.
struct BranchMeasure {
  std::vector<Value> divergence = {};  ///< [layer], D(t); too_short: no token is compared
  std::uint64_t pooled = 0;            ///< compared tokens, up to the end of the shorter text
  std::uint64_t branch_tokens = 0;     ///< in the window
  std::uint64_t baseline_tokens = 0;   ///< likewise
  bool reached = false;  ///< the greedy text has more than t tokens, so there is a branch
  bool ended = false;    ///< one of the two texts ended within the window
  Value kept_probability = Status::too_short;    ///< of the greedy text's token t + 1
  Value forced_probability = Status::too_short;  ///< of the second-best one
  std::optional<bool> answer_changed = {};       ///< where both texts are known to their end
                                                 ///< and the branch gives an answer
};

/// A branching point over problems.
struct SensitivityPoint {
  std::vector<Cell> divergence = {};  ///< [layer]
  std::vector<Value> median = {};     ///< [layer]
  Cell kept_probability = {};
  Cell forced_probability = {};
  Estimate answer_changed = {};  ///< share of problems, Wilson's interval
  std::size_t reached = 0;       ///< problems with a branch here
  std::size_t ended = 0;
  std::size_t too_short = 0;
};

/// All results of a step sensitivity.
struct Sensitivity {
  Branches run = {};
  std::string label = {};                                 ///< unique among those of a report
  std::vector<std::vector<BranchMeasure>> measured = {};  ///< [problem][point]
  std::vector<SensitivityPoint> points = {};
};

[[nodiscard]] Sensitivity analyze_sensitivity(Branches run, const Options& options);

}  // namespace phiscope::analyze::sampling
