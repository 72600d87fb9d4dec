// SPDX-License-Identifier: MIT
#pragma once

#include "command/choice.hpp"
#include "command/options.hpp"
#include "files/model/config.hpp"
#include "steps/plan.hpp"
#include "steps/sample.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

inline constexpr Choices<StepDonor, 3> step_donors{
    {{"zero", StepDonor::zero}, {"mean", StepDonor::mean}, {"resample", StepDonor::resample}}};

/// The options of `extract steps`.
struct StepsOptions {
  RunOptions run{.model = {}, .out = {}, .layers = "middle"};
  std::filesystem::path problems;
  std::vector<std::string> sets{"cumulative", "single", "all", "early-exit"};
  StepDonor donor = StepDonor::zero;
  std::filesystem::path donors;  ///< run directory with clean_latents
  int latents = 0;               ///< 0: as the model says
  bool include_bot = false;
  bool published = false;
  std::size_t per_stratum = 0;  ///< 0: all problems
  std::size_t validation = 0;
  std::filesystem::path select;
  int max_new_tokens = 0;  ///< see answer_tokens()
  bool dump_logits = false;
  bool skip_bad = false;
  std::string answer_prefix;
  std::size_t problems_per_shard = 8;
  std::string primary;  ///< empty: see primary_claim()
};

/// What of the options concerns the plan, checked.
/// @throws std::runtime_error naming the option, what was found and what is expected
StepLayout layout_of(const StepsOptions& options, const ModelConfig& config);

/// The claim of --primary; where it is not given, needs_thought, or importance where no run goes
/// without all thoughts; empty where single thoughts are not changed either.
/// @throws std::runtime_error for anything else, or a claim that the sets do not decide
std::string primary_claim(const StepsOptions& options, const StepLayout& layout);

}  // namespace phiscope::extract
