// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "plan/plan.hpp"
#include "run/rows.hpp"

#include <span>
#include <vector>

namespace phiscope::extract {

/// The primitive: lanes through the model from embedding to the last place that is captured.
/// @param keep  receives keys and values of every lane when not empty
void forward(const Model& model, const Batch& batch, RowCollector& rows, std::span<KvCache> keep);

/// Rows of some runs, one tensor per capture of the plan.
struct CapturedRows {
  std::vector<at::Tensor> arrays;
  std::uint64_t tokens = 0;  ///< tokens that went through the model for them
};

/// A run whose prefix others share: its rows, its keys and values, its values at every place.
struct BaseRun {
  CapturedRows rows;
  KvCache cache;
  RunTrace trace;
};

/// The first run of a group, computed whole.
BaseRun run_base(const Model& model, const Plan& plan, const Run& run);

/// Runs that continue `base_run`: only what lies behind the shared prefix is computed.
CapturedRows run_suffixes(const Model& model, const Plan& plan, const Run& base_run,
                          const BaseRun& base, std::span<const Run> runs);

/// Runs without anything in common.
CapturedRows run_alone(const Model& model, const Plan& plan, std::span<const Run* const> runs);

}  // namespace phiscope::extract
