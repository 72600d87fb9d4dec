// SPDX-License-Identifier: MIT
#pragma once

#include "run/group_runs.hpp"

#include <span>

namespace phiscope::extract {

/// Scores of the first run of a group, where others are compared with it.
struct Reference {
  int first = 0;      ///< position of the first row
  at::Tensor scores;  ///< [position, vocab] of comparable_scores(); may be undefined
};

/// True if some capture is a measure.
bool has_measures(const Plan& plan);

/// The scores of a group's first run at all positions that rows of the others look at.
/// @param base  with the trace of Hook::final_norm
Reference reference_scores(const Model& model, const Plan& plan, const Group& group,
                           const BaseRun& base);

/// Puts the plan's measures into `rows`, whose runs and rows are those of `runs`. What a run shares
/// with the first has the same bits: a divergence of zero there is no assumption.
/// @param normed  [row of the batch, hidden] after the final norm
/// @param lane_of  [run] its lane
/// @throws std::runtime_error where scores are not finite
void add_measures(const Model& model, const Plan& plan, const Reference& reference,
                  std::span<const Run* const> runs, const Batch& batch,
                  std::span<const std::size_t> lane_of, const at::Tensor& normed,
                  CapturedRows& rows);

}  // namespace phiscope::extract
