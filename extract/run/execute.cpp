// SPDX-License-Identifier: MIT
#include "run/execute.hpp"

#include "run/averages.hpp"
#include "run/divergence.hpp"
#include "run/edits.hpp"
#include "run/estimate.hpp"
#include "run/group_runs.hpp"
#include "run/progress.hpp"
#include "run/shard_queue.hpp"
#include "run/stop.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <thread>

namespace phiscope::extract {
namespace {

/// Appends the rows of one run, or of several whose rows follow each other.
void append(ShardQueue& shard, const Model& model, const Plan& plan, const CapturedRows& rows,
            std::int64_t first, std::int64_t count) {
  for (std::size_t c = 0; c < plan.captures.size() && count > 0; ++c) {
    const std::int64_t portion = portion_rows(model, plan, rows, c);
    for (std::int64_t at = first; at < first + count; at += portion) {
      const std::int64_t size = std::min(portion, first + count - at);
      shard.push(plan.captures[c].array, HostCopy(stored_rows(model, plan, rows, c, at, size)));
    }
  }
}

/// Appends the rows of runs, in their order, and what was generated, to a shard.
/// @param keys,generated_keys  receive the keys of these rows
void append(ShardQueue& shard, const Model& model, const Plan& plan,
            std::span<const Run* const> runs, const CapturedRows& rows,
            std::vector<std::int64_t>& keys, std::vector<std::int64_t>& generated_keys) {
  const auto add = [](std::vector<std::int64_t>& to, const std::vector<std::int64_t>& key) {
    to.insert(to.end(), key.begin(), key.end());
  };
  const bool gaps = !rows.generated.empty();  // a run that ended early leaves room unused
  if (!gaps) append(shard, model, plan, rows, 0, rows.first.back() + rows.count.back());
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (const Row& row : runs[r]->rows) add(keys, row.key);
    if (!gaps) continue;
    append(shard, model, plan, rows, rows.first[r], rows.count[r]);
    const std::vector<int>& tokens = rows.generated[r];
    const std::vector<std::int32_t> ids(tokens.begin(), tokens.end());
    shard.push(generated_array, HostCopy(at::tensor(ids, at::kInt)));
    shard.push(log_probability_array, HostCopy(at::tensor(rows.log_probabilities[r], at::kFloat)));
    for (std::size_t step = 0; step < tokens.size(); ++step) {
      add(generated_keys, runs[r]->key);
      generated_keys.push_back(static_cast<std::int64_t>(step));
      if (plan.generation.rows != GeneratedRows::tokens || plan.captures.empty()) continue;
      add(keys, runs[r]->key);
      keys.push_back(std::ssize(runs[r]->tokens) + static_cast<std::int64_t>(step));
    }
    if (plan.generation.rows != GeneratedRows::pooled || rows.count[r] == 0) continue;
    for (const int checkpoint : plan.generation.pooling.checkpoints) {
      add(keys, runs[r]->key);
      keys.push_back(checkpoint);
    }
  }
}

/// Computes shards, one after the other.
class ShardMaker {
 public:
  ShardMaker(const Plan& plan, const Model& model, const std::string& row_space,
             std::size_t batch_size, GroupTraces averages, Progress& progress)
      : plan_(plan),
        model_(model),
        row_space_(row_space),
        batch_size_(batch_size),
        averages_(std::move(averages)),
        progress_(progress) {}

  /// Computes one shard and commits it. @return  rows of the runs' own row space
  std::uint64_t make(std::span<const Group> groups, shard::ShardWriter shard) {
    rows_ = 0;
    keys_.clear();
    generated_keys_.clear();
    make_rows(groups, shard);
    if (uses_own_space(plan_)) shard.append_keys(row_space_, keys_);
    if (plan_.generation.tokens > 0) shard.append_keys(generated_space, generated_keys_);
    shard.commit();
    return rows_;
  }

 private:
  void make_rows(std::span<const Group> groups, shard::ShardWriter& writer) {
    ShardQueue shard(writer);
    for (std::size_t g = 0; g < groups.size();) {
      stop_if_asked();
      if (groups[g].runs.size() > 1) {
        make_group(groups[g++], shard);
        continue;
      }
      std::vector<const Run*> singles;
      while (g < groups.size() && groups[g].runs.size() == 1 && singles.size() < batch_size_) {
        singles.push_back(&groups[g++].runs.front());
      }
      take(singles, run_alone(model_, plan_, singles, averages_), shard);
    }
    shard.finish();
  }

  void take(std::span<const Run* const> runs, const CapturedRows& rows, ShardQueue& shard) {
    append(shard, model_, plan_, runs, rows, keys_, generated_keys_);
    for (const std::int64_t count : rows.count) rows_ += static_cast<std::uint64_t>(count);
    progress_.add(rows.tokens);
  }

  /// Runs that have something in common with the first of their group, or take values from each
  /// other.
  void make_group(const Group& group, ShardQueue& shard) {
    if (plan_.generation.tokens > 0) {
      make_continuations(group, shard);
      return;
    }
    const Run& first = group.runs.front();
    std::vector<Place> places = wanted_places(group, 0);
    const std::vector<Place> entries = entry_places(model_, group);
    places.insert(places.end(), entries.begin(), entries.end());
    const bool measured = has_measures(plan_);
    if (measured) places.emplace_back(Hook::final_norm, 0);
    const BaseRun base = run_base(model_, plan_, first, places);
    const Reference reference = reference_scores(model_, plan_, group, base);
    take_one(first, base.rows, shard);
    GroupTraces traces = averages_;
    traces[0] = base.trace;
    std::vector<const Run*> waiting;
    const auto flush = [&] {
      if (waiting.empty()) return;
      stop_if_asked();
      take(waiting,
           run_suffixes(model_, plan_, first, base, waiting, traces,
                        measured ? &reference : nullptr),
           shard);
      waiting.clear();
    };
    for (std::size_t r = 1; r < group.runs.size(); ++r) {
      const Run& run = group.runs[r];
      const std::vector<Place> wanted = wanted_places(group, r);
      if (run.donor || !wanted.empty()) {
        flush();
        const BaseRun source = run_base(model_, plan_, run, wanted);
        take_one(run, source.rows, shard);
        traces[r] = source.trace;
        continue;
      }
      waiting.push_back(&run);
      if (waiting.size() == batch_size_) flush();
    }
    flush();
  }

  /// The continuations of a group's runs; its donors are computed for their values alone.
  void make_continuations(const Group& group, ShardQueue& shard) {
    GroupTraces traces = averages_;
    std::vector<const Run*> runs;
    for (std::size_t r = 0; r < group.runs.size(); ++r) {
      const Run& run = group.runs[r];
      if (run.donor) {
        const BaseRun source = run_base(model_, {}, run, wanted_places(group, r));
        progress_.add(source.rows.tokens);
        traces[r] = source.trace;
      } else {
        runs.push_back(&run);
      }
    }
    for (std::size_t i = 0; i < runs.size(); i += batch_size_) {
      stop_if_asked();
      const auto part = std::span(runs).subspan(i, std::min(batch_size_, runs.size() - i));
      take(part, run_alone(model_, plan_, part, traces), shard);
    }
  }

  void take_one(const Run& run, const CapturedRows& rows, ShardQueue& shard) {
    const Run* const only[] = {&run};
    take(only, rows, shard);
  }

  const Plan& plan_;
  const Model& model_;
  const std::string& row_space_;
  std::size_t batch_size_;
  GroupTraces averages_;  ///< of the plan's texts, under averaged_texts; or none
  Progress& progress_;
  std::vector<std::int64_t> keys_;
  std::vector<std::int64_t> generated_keys_;
  std::uint64_t rows_ = 0;  ///< of the current shard
};

}  // namespace

void set_threads(int threads, const ModelConfig& config) {
  const bool small = config.hidden * config.intermediate < 1'000'000;
  if (threads == 0) threads = small ? 1 : static_cast<int>(std::thread::hardware_concurrency());
  at::set_num_threads(std::max(1, threads));
}

Executed execute(const Plan& plan, const Model& model, shard::RunWriter& writer,
                 const std::string& row_space, std::size_t batch_size) {
  const c10::InferenceMode no_gradients;
  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::int64_t> open = writer.open_shards();
  Executed done;

  const std::uint64_t ahead = expected_tokens(plan, open);
  Progress progress("extract", "tokens", ahead);
  GroupTraces averages;
  if (!plan.averaged.empty() && !open.empty()) {
    averages[averaged_texts] = average_heads(model, plan.averaged, [&](std::size_t tokens) {
      progress.add(tokens);
      stop_if_asked();
    });
  }
  ShardMaker maker(plan, model, row_space, batch_size, std::move(averages), progress);
  for (const std::int64_t k : open) {
    stop_if_asked();
    done.rows += maker.make(groups_of(plan, k), writer.begin(k));
    ++done.shards;
  }
  writer.finish();
  progress.finish();
  done.tokens = progress.done();
  done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return done;
}

}  // namespace phiscope::extract
