// SPDX-License-Identifier: MIT
#pragma once

#include "command/options.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Flags of `extract ablate`.
struct AblateOptions {
  RunOptions run;
  std::filesystem::path texts;                  ///< run directory of `extract phiid`
  std::vector<std::filesystem::path> rankings;  ///< CSV files with one row per head
  std::vector<std::string> score_columns;       ///< further orders by name of their column
  std::vector<std::string> orders = {"balance", "rank-difference", "random:0-4"};
  int step_size = 1;
  int removals_per_shard = 8;
  bool heads_alone = false;
  bool dump_logits = false;
  int limit = 0;  ///< prompts; 0: all
};

}  // namespace phiscope::extract
