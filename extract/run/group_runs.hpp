// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "plan/plan.hpp"
#include "run/trace.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::extract {

/// Rows of some runs.
struct CapturedRows {
  std::vector<at::Tensor> arrays;           ///< per capture of the plan, see RowCollector::arrays()
  std::vector<std::int64_t> first;          ///< [run] first row
  std::vector<std::int64_t> count;          ///< [run] rows
  bool scores_later = false;                ///< see RowCollector::scores_later()
  std::vector<std::vector<int>> generated;  ///< [run][step]; empty without generation
  std::vector<std::vector<float>> log_probabilities;  ///< [run][step] of these tokens, nats
  std::uint64_t tokens = 0;  ///< tokens that went through the model for them
};

/// Some rows of a capture as they are stored, [row, ...], where the model is.
at::Tensor stored_rows(const Model& model, const Plan& plan, const CapturedRows& rows,
                       std::size_t capture, std::int64_t first, std::int64_t count);

/// How many rows of a capture to ask stored_rows() for at once: all, but scores that are made only
/// then, which take more room than anything else, in portions of about 16 MB.
std::int64_t portion_rows(const Model& model, const Plan& plan, const CapturedRows& rows,
                          std::size_t capture);

/// A run computed whole, with what others share of it or take from it.
struct BaseRun {
  CapturedRows rows;
  KvCache cache;
  RunTrace trace;
};

/// @param places  to keep besides those of the plan's captures
BaseRun run_base(const Model& model, const Plan& plan, const Run& run,
                 std::span<const Place> places = {});

/// The places of a group's first run that the others continue from.
std::vector<Place> entry_places(const Model& model, const Group& group);

struct Reference;

/// Runs that have tokens or blocks in common with `base_run`: only the rest is computed.
/// @param traces  of the runs that actions take values from
/// @param reference  what the plan's measures compare with; null if it has none
CapturedRows run_suffixes(const Model& model, const Plan& plan, const Run& base_run,
                          const BaseRun& base, std::span<const Run* const> runs,
                          const GroupTraces& traces = {}, const Reference* reference = nullptr);

/// Runs without anything in common, and their continuations if the plan has some.
CapturedRows run_alone(const Model& model, const Plan& plan, std::span<const Run* const> runs,
                       const GroupTraces& traces = {});

}  // namespace phiscope::extract
