// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "plan/plan.hpp"
#include "plan/timed_work.hpp"
#include "run/queue/shard_queue.hpp"
#include "shard/run_writer.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// What one shard took, for a log.
struct ShardRecord {
  std::int64_t shard = 0;
  std::size_t groups = 0;
  std::uint64_t rows = 0;        ///< of the runs' own row space
  std::uint64_t tokens = 0;      ///< through the model
  double seconds = 0.0;          ///< to compute it; it is written meanwhile and afterwards
  double waiting_seconds = 0.0;  ///< of these, for rows and shards before it to be written
  std::vector<std::pair<std::string, double>> means;  ///< of each measure over its rows
};

/// What a finished execution did.
struct Executed {
  std::uint64_t shards = 0;   ///< computed now
  std::uint64_t skipped = 0;  ///< of this task, found committed
  std::uint64_t rows = 0;
  std::uint64_t tokens = 0;  ///< through the model
  double seconds = 0.0;
  double waiting_seconds = 0.0;  ///< of these, for what is computed to be written
  TimedWork timed;               ///< of the shards
};

/// What is called while shards are computed; either may be empty.
struct ExecutionNotes {
  std::function<void(const ShardRecord&)> record;  ///< with each shard, once it is committed
  std::function<void(double)> expect;  ///< once, with the seconds that all shards will take
};

/// Threads of the matrix products. With 0, a model whose products are too small to share gets one:
/// waiting for the others would cost more than they bring.
int threads_for(int threads, const ModelConfig& config);
/// Sets them.
void set_threads(int threads, const ModelConfig& config);

/// Computes the shards that have no commit, in order, and commits each, in other threads.
/// @param row_space   name of the row space that the keys of the plan's rows belong to
/// @param batch_size  runs that enter the model together
/// @param limits  of what is computed and not written yet
/// @throws Stopped after a stop signal, with the shard in work dropped. Shards that were computed
///         before anything is thrown are committed; after a stop signal, as many as are written
///         within five seconds.
Executed execute(const Plan& plan, const Model& model, shard::RunWriter& writer,
                 const std::string& row_space, std::size_t batch_size,
                 const ExecutionNotes& notes = {}, const QueueLimits& limits = {});

}  // namespace phiscope::extract
