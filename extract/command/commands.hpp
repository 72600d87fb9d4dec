// SPDX-License-Identifier: MIT
#pragma once

#include "command/options.hpp"
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
  std::string positions = "all";  ///< all, last, gen
  int generate = 0;               ///< tokens to generate, at most
  bool ignore_eos = false;
  std::size_t prompts_per_shard = 16;
  bool no_special = false;
};
void activations(const ActivationsOptions& options, const std::string& command_line);

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
