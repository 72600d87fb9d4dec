// SPDX-License-Identifier: MIT
#pragma once

#include "ahead/kept_runs.hpp"
#include "files/model/config.hpp"
#include "plan/compute_dtype.hpp"
#include "plan/plan.hpp"
#include "plan/timed_work.hpp"
#include "shard/plan.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace phiscope::extract {

/// True if rows of the runs' own row space are kept.
bool uses_own_space(const Plan& plan);

/// The row spaces of a plan: that of the runs' own rows where captures use it, `generated` where
/// something is generated.
/// @param own  name and key of the runs' own rows; the key's last entry is their position
std::vector<shard::RowSpace> row_spaces(const Plan& plan, const shard::RowSpace& own);

/// The arrays of a plan as the run directory describes them. What a model in bfloat16 computes is
/// stored as its bits; rows that are means of tokens, and head norms, are float32 then.
/// @param dtype  what the model computes in
/// @param row_space  name of the row space of the runs' own rows
std::vector<shard::ArrayPlan> array_plans(const Plan& plan, const ModelConfig& config,
                                          ComputeDtype dtype, const std::string& row_space);

/// The groups of one shard.
std::span<const Group> groups_of(const Plan& plan, std::int64_t shard);

/// Bytes of the keys and values of one lane of a batch, at most: of the longest run that has a
/// cache of its own because it is continued, or because others begin as it does. 0 where none has.
std::uint64_t lane_key_value_bytes(const Plan& plan, const ModelConfig& config,
                                   std::size_t item_bytes);

/// Runs that enter the model together, at most: a batch never crosses a shard.
std::size_t runs_of_batch(const Plan& plan, std::size_t batch_size);

/// Bytes that a batch of the plan's longest runs needs besides the weights, roughly: rows to keep
/// (those of the batch before it may still be on their way to the disk), keys and values, the
/// widest product, and what attention needs of one run where no kernel takes caps or windows.
std::uint64_t expected_batch_bytes(const Plan& plan, const ModelConfig& config,
                                   const std::vector<shard::ArrayPlan>& arrays,
                                   std::size_t item_bytes, std::size_t batch_runs);

/// Bytes of scores that a plan's measures look at besides, roughly: those that runs are compared
/// with, and a portion of the runs' own; 0 without measures.
/// @param kept  whose scores are left out: KeptRuns::bytes counts them
std::uint64_t expected_score_bytes(const Plan& plan, const ModelConfig& config,
                                   std::size_t item_bytes, std::size_t batch_runs, bool on_cpu,
                                   const KeptRuns& kept);

/// The largest batch that a memory holds beside the weights; 0 if not a single run. A tenth is left
/// to what is not counted: a device's own libraries and gaps between tensors.
std::uint64_t largest_batch(std::uint64_t memory_bytes, std::uint64_t weight_bytes,
                            std::uint64_t run_bytes);

/// One line for a device whose memory ran out, with the batch size that would fit.
/// @param device_bytes  its memory in all
/// @param weight_bytes  the model's
/// @param run_bytes  that a run of a batch needs besides the weights
/// @param batch_runs  how many were tried
std::string out_of_memory_text(const std::string& device, std::uint64_t device_bytes,
                               std::uint64_t weight_bytes, std::uint64_t run_bytes,
                               std::size_t batch_runs);

/// Tokens that some shards send through the model, at most.
std::uint64_t expected_tokens(const Plan& plan, const std::vector<std::int64_t>& shards);

/// The same without averaged texts, by how they go through it.
Tokens tokens_ahead(const Plan& plan, std::span<const std::int64_t> shards);

}  // namespace phiscope::extract
