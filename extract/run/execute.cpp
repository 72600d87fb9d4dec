// SPDX-License-Identifier: MIT
#include "run/execute.hpp"

#include "ahead/estimate.hpp"
#include "ahead/foretold_rows.hpp"
#include "run/averages.hpp"
#include "run/stored_rows.hpp"
#include "run/time_ahead.hpp"
#include "watch/progress.hpp"
#include "watch/stop.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <span>
#include <string>
#include <thread>

namespace phiscope::extract {
namespace {

/// Computes shards, one after the other.
class ShardMaker {
 public:
  ShardMaker(const Plan& plan, const Model& model, const std::string& row_space,
             std::size_t batch_size, const GroupTraces& more, Progress& progress, ShardQueue& queue)
      : plan_(plan),
        model_(model),
        stepper_(model, plan, batch_size, more),
        progress_(progress),
        queue_(queue) {
    spaces_.push_back(row_space);
    for (const KeySpace& space : plan.further_spaces) spaces_.push_back(space.name);
  }

  /// Computes one shard; it is committed later.
  ShardRecord make(std::int64_t number, shard::RunWriter& writer) {
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t tokens = progress_.done();
    const double waited = queue_.waited_seconds();
    const std::span<const Group> groups = groups_of(plan_, number);
    rows_ = 0;
    sums_.assign(plan_.captures.size(), {});
    keys_.assign(spaces_.size(), {});
    generated_keys_.clear();
    queue_.begin(writer.begin(number, {.rows = foretold_rows(plan_, groups), .finite = true}));
    make_rows(groups);
    for (std::size_t space = uses_own_space(plan_) ? 0 : 1; space < spaces_.size(); ++space) {
      queue_.push_keys(spaces_[space], keys_[space]);
    }
    if (plan_.generation.tokens > 0) queue_.push_keys(generated_space, generated_keys_);
    queue_.end();
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    ShardRecord record{.shard = number,
                       .groups = groups.size(),
                       .rows = rows_,
                       .tokens = progress_.done() - tokens,
                       .seconds = passed.count(),
                       .waiting_seconds = queue_.waited_seconds() - waited,
                       .means = {}};
    for (std::size_t c = 0; c < sums_.size(); ++c) {
      if (sums_[c].count == 0) continue;
      record.means.emplace_back(plan_.captures[c].array,
                                sums_[c].sum / static_cast<double>(sums_[c].count));
    }
    return record;
  }

  [[nodiscard]] const TimedWork& timed() const { return timed_; }

 private:
  void make_rows(std::span<const Group> groups) {
    stepper_.begin(groups);
    for (bool more = true; more;) {
      stop_if_asked();
      const auto before = std::chrono::steady_clock::now();
      more = stepper_.step();
      take(stepper_.take_finished());
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - before;
      const TimedWork passes = stepper_.take_timed();
      progress_.add(passes.tokens.all());
      timed_.add_step(passes, passed.count());
    }
  }

  void take(const std::vector<FinishedRun>& runs) {
    for (std::size_t c = 0; c < plan_.captures.size(); ++c) {
      const Capture& capture = plan_.captures[c];
      for (const FinishedRun& run : runs) {
        const at::Tensor rows = run.rows_of(c);
        if (capture.measure != Measure::values && rows.defined()) sums_[c].add(rows);
      }
      StoredRows stored(model_, plan_, c, runs);
      while (const auto rows = stored.next()) queue_.push(capture.array, *rows);
    }
    for (const FinishedRun& run : runs) take_keys(run);
  }

  void take_keys(const FinishedRun& run) {
    const auto add = [](std::vector<std::int64_t>& to, const std::vector<std::int64_t>& keys) {
      to.insert(to.end(), keys.begin(), keys.end());
    };
    for (std::size_t space = 0; space < keys_.size(); ++space) add(keys_[space], run.keys[space]);
    rows_ += run.rows;
    if (run.generated.empty()) return;
    const std::vector<std::int32_t> ids(run.generated.begin(), run.generated.end());
    queue_.push(generated_array, at::tensor(ids, at::kInt));
    queue_.push(log_probability_array, at::tensor(run.log_probabilities, at::kFloat));
    for (std::size_t step = 0; step < ids.size(); ++step) {
      add(generated_keys_, run.run->key);
      generated_keys_.push_back(static_cast<std::int64_t>(step));
    }
  }

  struct Sum {
    double sum = 0.0;
    std::int64_t count = 0;
    void add(const at::Tensor& rows) {
      sum += rows.sum().item<double>();
      count += rows.numel();
    }
  };

  const Plan& plan_;
  const Model& model_;
  std::vector<std::string> spaces_;
  Stepper stepper_;
  TimedWork timed_;
  Progress& progress_;
  ShardQueue& queue_;
  std::vector<std::vector<std::int64_t>> keys_;  ///< [space]
  std::vector<std::int64_t> generated_keys_;
  std::uint64_t rows_ = 0;  ///< of the current shard
  std::vector<Sum> sums_;   ///< [capture] likewise, of measures
};

/// Values of a finished run as a trace, in the model's dtype.
void add_donors(const Model& model, const DonorTable& table, RunTrace& trace) {
  const auto layers = std::ssize(table.layers);
  std::vector<std::int64_t> shape{-1, layers};
  shape.insert(shape.end(), table.shape.begin(), table.shape.end());
  const at::Tensor all =
      at::tensor(table.values, at::kDouble).view(shape).to(model.device, model.dtype);
  for (std::int64_t i = 0; i < layers; ++i) {
    trace.values[{table.hook, table.layers[static_cast<std::size_t>(i)]}] =
        all.select(1, i).contiguous();
  }
}

}  // namespace

int threads_for(int threads, const ModelConfig& config) {
  const bool small = config.hidden * config.intermediate < 1'000'000;
  if (threads == 0) threads = small ? 1 : static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, threads);
}

void set_threads(int threads, const ModelConfig& config) {
  at::set_num_threads(threads_for(threads, config));
}

Executed execute(const Plan& plan, const Model& model, shard::RunWriter& writer,
                 const std::string& row_space, std::size_t batch_size, const ExecutionNotes& notes,
                 const QueueLimits& limits) {
  const c10::InferenceMode no_gradients;
  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::int64_t> open = writer.open_shards();
  Executed done;

  const std::uint64_t ahead = expected_tokens(plan, open);
  Progress progress("extract", "tokens", ahead);
  RunTrace averages;
  RunTrace donors;
  GroupTraces more;
  if (!plan.averaged.empty() && !open.empty()) {
    averages = average_heads(model, plan.averaged, [&](std::size_t tokens) {
      progress.add(tokens);
      stop_if_asked();
    });
    more[averaged_texts] = &averages;
  }
  for (const DonorTable& table : plan.donors) add_donors(model, table, donors);
  if (!plan.donors.empty()) more[donor_rows] = &donors;
  if (notes.expect) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    notes.expect(passed.count() + seconds_ahead(model, plan, batch_size, more, open));
  }
  ShardQueue queue(model.device, limits);
  ShardMaker maker(plan, model, row_space, batch_size, more, progress, queue);
  std::deque<ShardRecord> records;  // of shards that are not known to be committed
  const auto note_committed = [&] {
    for (; done.shards < queue.committed(); ++done.shards) {
      done.rows += records.front().rows;
      if (notes.record) notes.record(records.front());
      records.pop_front();
    }
  };
  const auto keep_computed = [&](std::chrono::seconds time) {
    queue.settle(time);
    note_committed();
  };
  try {
    for (const std::int64_t k : open) {
      stop_if_asked();
      records.push_back(maker.make(k, writer));
      note_committed();
    }
    queue.finish();
  } catch (const Stopped&) {
    keep_computed(std::chrono::seconds(5));  // who stops a run wants it gone soon
    throw;
  } catch (...) {
    keep_computed(std::chrono::hours(1));
    throw;
  }
  note_committed();
  done.waiting_seconds = queue.waited_seconds();
  writer.finish();
  progress.finish();
  done.tokens = progress.done();
  done.timed = maker.timed();
  done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return done;
}

}  // namespace phiscope::extract
