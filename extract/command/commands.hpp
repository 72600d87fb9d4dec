// SPDX-License-Identifier: MIT
#pragma once

#include "command/options.hpp"
#include "command/prompt_runs.hpp"
#include "inspect/inspect.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

/// `extract activations`: values at hooks for tokens of some prompts and of their continuations.
struct ActivationsOptions {
  RunOptions run;
  std::filesystem::path prompts;
  std::vector<std::string> capture;
  std::string positions = "all";  ///< all, last, gen, pooled
  GenerateOptions generate;
  int stride = 32;               ///< of pooled rows
  std::vector<int> checkpoints;  ///< of pooled rows; none: the end alone
  std::filesystem::path interventions;
  std::size_t prompts_per_shard = 16;
  bool no_special = false;
};
void activations(const ActivationsOptions& options, const std::string& command_line);

/// `extract phiid`: norms of the attention heads while prompts are continued.
struct PhiidOptions {
  RunOptions run;
  std::filesystem::path prompts;
  GenerateOptions generate{.tokens = 100};
  bool stop_at_eos = false;
  std::size_t prompts_per_shard = 8;
  bool no_special = false;
};
void phiid(const PhiidOptions& options, const std::string& command_line);

/// `extract ablate`: how much the next token changes when attention heads are taken away.
struct AblateOptions {
  RunOptions run;
  std::filesystem::path texts;                  ///< run directory of `extract phiid`
  std::vector<std::filesystem::path> rankings;  ///< CSV files with a row per head
  std::vector<std::string> score_columns;       ///< further orders by name of their column
  std::vector<std::string> orders = {"balance", "rank-difference", "random:0-4"};
  int step_size = 1;
  int removals_per_shard = 8;
  bool heads_alone = false;
  bool dump_logits = false;
  int limit = 0;  ///< prompts; 0: all
};
void ablate(const AblateOptions& options, const std::string& command_line);

/// `extract loo`: word representations of walks, whole and with each word left out.
struct LooOptions {
  RunOptions run;
  std::vector<int> context_lengths = {6, 10, 20, 50, 100};
  int n_trials = 5;
  std::vector<std::string> conditions = {"semantic", "unrelated"};
  std::filesystem::path walks;
  std::filesystem::path graph;
  std::string positions = "default";
  std::string sink = "drop";
  std::string occurrence = "mean";
  bool leading_space = true;
};
void loo(const LooOptions& options, const std::string& command_line);

}  // namespace phiscope::extract
