// SPDX-License-Identifier: MIT
#pragma once

#include "patching/sites.hpp"
#include "patching/span.hpp"
#include "plan/plan.hpp"
#include "plan/sharing.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// What the thoughts after a patched one are made of.
enum class PatchMode {
  rerun,      ///< what the patched states give
  frozen,     ///< what entered the corrupted run; the steps themselves are computed anew
  published,  ///< there are no thoughts: pads in one pass
};

/// Where patched values come from.
enum class PatchDonor { clean, zero, mean, resample, noise };

/// One half of a pair as tokens.
struct PatchSide {
  std::vector<int> tokens;          ///< the question, with what ends it
  int first_site = 0;               ///< position of step 0
  std::optional<TokenSpan> span{};  ///< of --span, where this half has it
  std::vector<int> target;          ///< the answer alone, without the space before it
  std::vector<int> forced;          ///< what precedes the answer, and the answer
  int steps_of_reasoning = -1;
};

/// A pair as tokens.
struct PatchPair {
  std::string id;
  PatchSide clean;
  PatchSide corrupted;
  int sites = 0;                 ///< steps that are patched
  std::size_t first_scored = 0;  ///< the first token at which the two forced texts differ
};

/// How a sweep is laid out as a plan.
struct PatchLayout {
  std::vector<PatchMode> modes;
  std::vector<SiteSet> sets;
  std::vector<int> layers;
  Hook hook = Hook::resid_post;
  int heads = 0;  ///< of hook_z: each alone; 0: all units
  PatchDonor donor = PatchDonor::clean;
  double noise = 0.0;      ///< standard deviations
  int latents = 0;         ///< 0: sites are positions of the question
  std::vector<int> after;  ///< e.g. the end of the thoughts
  bool answers = false;    ///< read-outs at the answers' tokens
  int greedy = 0;          ///< read-outs after so many greedy tokens of the corrupted run
  bool free = false;       ///< a free greedy answer of every run
  std::vector<std::string> readouts;  ///< names, see readout_names()
  bool keep_clean = false;            ///< capture the clean runs' values at the sites
  /// [pair][step] row of Plan::donors, for mean, resample and noise.
  std::vector<std::vector<int>> donor_row{};
};

/// Names of all read-outs that some pair has, in the order of their numbers.
inline std::vector<std::string> readout_names(const std::vector<PatchPair>& pairs,
                                              const PatchLayout& layout) {
  std::vector<std::string> names{"eot", "eot:corrupted"};
  for (int i = 0; i < layout.greedy; ++i) names.push_back("greedy:" + std::to_string(i));
  if (!layout.answers) return names;
  std::size_t clean = 0;
  std::size_t corrupted = 0;
  for (const PatchPair& pair : pairs) {
    clean = std::max(clean, pair.clean.forced.size() - pair.first_scored);
    corrupted = std::max(corrupted, pair.corrupted.forced.size() - pair.first_scored);
  }
  for (std::size_t i = 0; i < clean; ++i) names.push_back("clean:" + std::to_string(i));
  for (std::size_t i = 0; i < corrupted; ++i) names.push_back("corrupted:" + std::to_string(i));
  return names;
}

/// The run that `run` begins like: `from`, or none if a read-out would lie in what they share, as
/// where both questions are the same: what has targets is scored where it is computed.
inline std::size_t beginning_of(const Group& group, std::size_t from, const Run& run) {
  if (from >= group.runs.size()) return from;
  const int own = departure(group.runs[from], run).position;
  const bool shared = std::ranges::any_of(run.rows, [&](const Row& row) {
    return !row.targets.empty() && row.spans.front().begin < own;
  });
  return shared ? no_run : from;
}

}  // namespace phiscope::extract
