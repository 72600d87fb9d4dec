// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "plan/plan.hpp"
#include "shard/plan.hpp"
#include "shard/run_writer.hpp"

#include <cstdint>
#include <filesystem>

namespace phiscope::extract {

/// What a finished execution did.
struct Executed {
  std::uint64_t shards = 0;   ///< computed now
  std::uint64_t skipped = 0;  ///< of this task, found committed
  std::uint64_t rows = 0;
  std::uint64_t tokens = 0;  ///< through the model
  double seconds = 0.0;
};

/// The arrays of a plan as the run directory describes them.
std::vector<shard::ArrayPlan> array_plans(const Plan& plan, const ModelConfig& config,
                                          shard::Dtype dtype, const std::string& row_space);

/// Bytes of array and key data that the shards still to be written will take.
std::uint64_t expected_bytes(const Plan& plan, const std::vector<shard::ArrayPlan>& arrays,
                             const std::vector<std::int64_t>& shards);

/// Sets the threads of the matrix products. With 0, a model whose products are too small to share
/// gets one: waiting for the others would cost more than they bring. No number depends on it.
void set_threads(int threads, const ModelConfig& config);

/// Seconds that `tokens` tokens will take, from a few products of the model's own size timed now.
/// Attention is left out: short contexts spend little on it.
double expected_seconds(const Model& model, std::uint64_t tokens);

/// Tokens that the shards still to be computed send through the model.
std::uint64_t expected_tokens(const Plan& plan, const std::vector<std::int64_t>& shards);

/// Computes the shards that have no commit, in order, and commits each.
/// @param row_space   name of the row space that the keys of the plan's rows belong to
/// @param batch_size  runs that enter the model together
/// @throws Stopped after a stop signal, with the shard in work dropped
Executed execute(const Plan& plan, const Model& model, shard::RunWriter& writer,
                 const std::string& row_space, std::size_t batch_size);

}  // namespace phiscope::extract
