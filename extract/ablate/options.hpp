// SPDX-License-Identifier: MIT
#pragma once

#include "ablate/plan.hpp"
#include "command/choice.hpp"
#include "command/options.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

inline constexpr Choices<Replacement, 3> replacements{{{"zero", Replacement::zero},
                                                       {"mean", Replacement::mean},
                                                       {"resample", Replacement::resample}}};

/// Flags of `extract ablate`.
struct AblateOptions {
  RunOptions run;
  std::filesystem::path texts;                  ///< run directory of `extract phiid`
  std::vector<std::filesystem::path> rankings;  ///< CSV files with one row per head
  std::vector<std::string> score_columns;       ///< further orders by name of their column
  std::vector<std::string> orders = {"balance", "rank-difference", "random:0-19"};
  bool published = false;  ///< the orders of the published experiment, see published_orders
  std::string primary;     ///< what the run is to decide; empty: see primary_comparison()
  Replacement replacement = Replacement::zero;
  int step_size = 1;
  int removals_per_shard = 8;
  bool heads_alone = false;
  bool dump_logits = false;
  int limit = 0;  ///< prompts; 0: all
};

/// What --published sets --orders to.
inline const std::vector<std::string> published_orders = {"balance", "rank-difference",
                                                          "random:0-4"};

}  // namespace phiscope::extract
