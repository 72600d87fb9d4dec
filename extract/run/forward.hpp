// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "plan/plan.hpp"
#include "run/rows.hpp"

#include <span>
#include <vector>

namespace phiscope::extract {

/// The primitive: lanes through the model from the embedding to the last place that is captured.
/// @param rows  a pass has been begun with this batch
/// @param to_the_end  compute every block even if nothing there is captured
/// @return  the residual stream behind the last block, [row, hidden]; undefined when it was not
///          reached
/// @throws std::runtime_error naming hook and layer when a value is not finite
at::Tensor forward(const Model& model, const Batch& batch, RowCollector& rows, bool to_the_end);

/// Rows of some runs.
struct CapturedRows {
  std::vector<at::Tensor> arrays;           ///< per capture of the plan, see RowCollector::arrays()
  std::vector<std::int64_t> first;          ///< [run] first row
  std::vector<std::int64_t> count;          ///< [run] rows
  bool scores_later = false;                ///< see RowCollector::scores_later()
  std::vector<std::vector<int>> generated;  ///< [run][step]; empty without generation
  std::uint64_t tokens = 0;                 ///< tokens that went through the model for them
};

/// Some rows of a capture as they are stored, [row, ...], contiguous on the CPU.
at::Tensor stored_rows(const Model& model, const Plan& plan, const CapturedRows& rows,
                       std::size_t capture, std::int64_t first, std::int64_t count);

/// How many rows of a capture to ask stored_rows() for at once: all, but scores that are made only
/// then, which take more room than anything else, in portions of about 16 MB.
std::int64_t portion_rows(const Model& model, const Plan& plan, const CapturedRows& rows,
                          std::size_t capture);

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

/// Runs without anything in common, and their greedy continuations if the plan has some.
CapturedRows run_alone(const Model& model, const Plan& plan, std::span<const Run* const> runs);

}  // namespace phiscope::extract
