// SPDX-License-Identifier: MIT
#pragma once

#include "command/choice.hpp"
#include "command/options.hpp"
#include "patching/inputs.hpp"
#include "patching/plan.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

inline constexpr Choices<PatchMode, 3> patch_modes{{{"rerun", PatchMode::rerun},
                                                    {"frozen", PatchMode::frozen},
                                                    {"published", PatchMode::published}}};
inline constexpr Choices<Align, 2> alignments{{{"start", Align::start}, {"end", Align::end}}};

/// The options of `extract patching`.
struct PatchingOptions {
  RunOptions run;
  std::filesystem::path pairs;
  std::filesystem::path prepare;  ///< a raw file: no run
  std::vector<std::string> modes{"rerun"};
  bool published = false;
  std::vector<std::string> sets{"single"};
  std::string donor = "clean";   ///< clean, zero, mean, resample, noise:S
  std::filesystem::path donors;  ///< run directory with clean_latents
  std::string hook = "hook_resid_post";
  int latents = 0;  ///< 0: as the model says
  std::vector<std::string> readouts{"eot", "answer"};
  bool no_greedy = false;
  int max_new_tokens = 0;  ///< see answer_tokens()
  bool dump_logits = false;
  bool skip_bad = false;
  Align align = Align::start;
  std::string span;  ///< name of a span in the pairs file; empty: whole questions
  std::string answer_prefix;
  std::size_t limit = 0;
  std::size_t pairs_per_shard = 4;
  std::string primary;  ///< empty: recovery, or without given answers answer_logit_diff
};

/// What of the options concerns the plan, checked.
/// @throws std::runtime_error naming the option, what was found and what is expected
PatchLayout layout_of(const PatchingOptions& options, const ModelConfig& config);

/// The claim of --primary: recovery, answer_diff or answer_logit_diff, and perhaps ":" and a set.
/// @throws std::runtime_error for anything else, or a measure that the read-outs do not give
std::string primary_claim(const PatchingOptions& options, const PatchLayout& layout);

/// The donor of --donor; the standard deviations of noise go to `noise`.
PatchDonor parse_donor(const std::string& text, double& noise);

}  // namespace phiscope::extract
