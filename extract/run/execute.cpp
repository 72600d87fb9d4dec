// SPDX-License-Identifier: MIT
#include "run/execute.hpp"

#include "run/estimate.hpp"
#include "run/forward.hpp"
#include "run/progress.hpp"
#include "run/stop.hpp"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <thread>

namespace phiscope::extract {
namespace {

void append(shard::ShardWriter& shard, const std::string& array, const at::Tensor& rows) {
  shard.append(array, {static_cast<const std::byte*>(rows.const_data_ptr()), rows.nbytes()});
}

/// Appends the rows of one run, or of several whose rows follow each other.
void append(shard::ShardWriter& shard, const Model& model, const Plan& plan,
            const CapturedRows& rows, std::int64_t first, std::int64_t count) {
  for (std::size_t c = 0; c < plan.captures.size(); ++c) {
    const std::int64_t portion = portion_rows(model, plan, rows, c);
    for (std::int64_t at = first; at < first + count; at += portion) {
      append(shard, plan.captures[c].array,
             stored_rows(model, plan, rows, c, at, std::min(portion, first + count - at)));
    }
  }
}

/// Appends the rows of runs, in their order, and what was generated, to a shard.
/// @param keys,generated_keys  receive the keys of these rows
void append(shard::ShardWriter& shard, const Model& model, const Plan& plan,
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
    shard.append<std::int32_t>(generated_array, ids);
    for (std::size_t step = 0; step < tokens.size(); ++step) {
      add(generated_keys, runs[r]->key);
      generated_keys.push_back(static_cast<std::int64_t>(step));
      if (plan.generation.rows != GeneratedRows::tokens || plan.captures.empty()) continue;
      add(keys, runs[r]->key);
      keys.push_back(std::ssize(runs[r]->tokens) + static_cast<std::int64_t>(step));
    }
  }
}

/// Computes shards, one after the other.
class ShardMaker {
 public:
  ShardMaker(const Plan& plan, const Model& model, const std::string& row_space,
             std::size_t batch_size, Progress& progress)
      : plan_(plan),
        model_(model),
        row_space_(row_space),
        batch_size_(batch_size),
        progress_(progress) {}

  /// Computes one shard and commits it. @return  rows of the runs' own row space
  std::uint64_t make(std::span<const Group> groups, shard::ShardWriter shard) {
    rows_ = 0;
    keys_.clear();
    generated_keys_.clear();
    const bool singles =
        std::ranges::all_of(groups, [](const Group& group) { return group.runs.size() == 1; });
    if (singles) {
      make_singles(groups, shard);
    } else {
      for (const Group& group : groups) make_group(group, shard);
    }
    if (uses_own_space(plan_)) shard.append_keys(row_space_, keys_);
    if (plan_.generation.tokens > 0) shard.append_keys(generated_space, generated_keys_);
    shard.commit();
    return rows_;
  }

 private:
  void take(std::span<const Run* const> runs, const CapturedRows& rows, shard::ShardWriter& shard) {
    append(shard, model_, plan_, runs, rows, keys_, generated_keys_);
    for (const std::int64_t count : rows.count) rows_ += static_cast<std::uint64_t>(count);
    progress_.add(rows.tokens);
  }

  /// Runs that share prefixes with the first of their group.
  void make_group(const Group& group, shard::ShardWriter& shard) {
    const Run& first = group.runs.front();
    const BaseRun base = run_base(model_, plan_, first);
    const Run* const only[] = {&first};
    take(only, base.rows, shard);
    const std::span<const Run> others = std::span(group.runs).subspan(1);
    for (std::size_t i = 0; i < others.size(); i += batch_size_) {
      stop_if_asked();
      const auto part = others.subspan(i, std::min(batch_size_, others.size() - i));
      std::vector<const Run*> runs;
      for (const Run& run : part) runs.push_back(&run);
      take(runs, run_suffixes(model_, plan_, first, base, part), shard);
    }
  }

  /// Groups of one run each, several in a batch.
  void make_singles(std::span<const Group> groups, shard::ShardWriter& shard) {
    for (std::size_t i = 0; i < groups.size(); i += batch_size_) {
      stop_if_asked();
      std::vector<const Run*> runs;
      for (const Group& group : groups.subspan(i, std::min(batch_size_, groups.size() - i))) {
        runs.push_back(&group.runs.front());
      }
      take(runs, run_alone(model_, plan_, runs), shard);
    }
  }

  const Plan& plan_;
  const Model& model_;
  const std::string& row_space_;
  std::size_t batch_size_;
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
  ShardMaker maker(plan, model, row_space, batch_size, progress);
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
