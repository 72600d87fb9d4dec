// SPDX-License-Identifier: MIT
#include "run/time_ahead.hpp"

#include "plan/sharing.hpp"
#include "run/estimate.hpp"
#include "watch/stop.hpp"

#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>

namespace phiscope::extract {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double sample_seconds = 0.4;
constexpr std::size_t least_steps = 6;  // given tokens enter in the first, most others singly
constexpr std::size_t all_steps = std::numeric_limits<std::size_t>::max();
constexpr double longest_step = 1.0;  // seconds; a longer one is not computed twice

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Seconds per token that a batch of `rows` spends on products with the model's weights. One
/// matrix of each block is multiplied in turn: a single one would stay in the processor's cache,
/// and few rows take as long as their weights need to come from memory.
double seconds_of_products(const Model& model, std::int64_t rows) {
  const at::Tensor& first = model.blocks.front().parts[Part::query];
  const at::Tensor x = at::ones({rows, first.size(1)}, first.options());
  at::linear(x, first)[0][0].item<double>();  // a device's libraries take seconds to start
  const auto end = Clock::now() + std::chrono::milliseconds(20);
  double fastest = std::numeric_limits<double>::infinity();  // without start-up
  for (auto before = Clock::now(); before < end;) {
    at::Tensor product;
    for (const auto& block : model.blocks) product = at::linear(x, block.parts[Part::query]);
    product[0][0].item<double>();  // waits for a device
    const auto after = Clock::now();
    fastest = std::min(fastest, std::chrono::duration<double>(after - before).count());
    before = after;
  }
  // Every weight but the embedding multiplies every token once.
  const std::uint64_t embedding = static_cast<std::uint64_t>(model.parts[Part::embedding].numel());
  const double weights = static_cast<double>(count_parameters(model.config) - embedding);
  const double timed =
      static_cast<double>(first.numel()) * static_cast<double>(model.blocks.size());
  return fastest * weights / (timed * static_cast<double>(rows));
}

/// Given tokens of the runs that enter first.
std::uint64_t first_tokens(const Plan& plan, std::int64_t shard, std::size_t batch_size) {
  std::uint64_t tokens = 0;
  std::size_t runs = 0;
  for (const Group& group : groups_of(plan, shard)) {
    for (const Run& run : group.runs) {
      if (runs++ == batch_size) return tokens;
      tokens += static_cast<std::uint64_t>(given_positions(run));
    }
  }
  return tokens;
}

/// Makes what is stored of a finished run, as a run does: scores follow only then.
void make_rows(const Model& model, const Plan& plan, const FinishedRun& run) {
  for (std::size_t c = 0; c < run.arrays.size(); ++c) {
    if (!run.arrays[c].defined()) continue;
    constexpr std::int64_t portion = 64;  // rows of scores are wide
    for (std::int64_t at = 0; at < run.arrays[c].size(0); at += portion) {
      const std::int64_t rows = std::min(portion, run.arrays[c].size(0) - at);
      stored_rows(model, run.arrays[c].narrow(0, at, rows), stored_as_scores(plan, c));
    }
  }
}

/// What the beginning of some shards took.
struct Sample {
  TimedWork work;
  Tokens whole;  ///< tokens_ahead() of shards that were computed to their end
  double whole_seconds = 0.0;
};

/// Computes what shards begin with.
Sample sample(const Model& model, const Plan& plan, std::size_t batch_size, const GroupTraces& more,
              std::span<const std::int64_t> shards, std::size_t most_steps) {
  Sample sample;
  Stepper stepper(model, plan, batch_size, more);
  const auto start = Clock::now();
  std::size_t steps = 0;
  std::size_t done = 0;  // shards
  for (const std::int64_t shard : shards) {
    stepper.begin(groups_of(plan, shard));
    for (bool further = true; further; ++steps) {
      stop_if_asked();
      if (steps >= most_steps || (steps >= least_steps && since(start) > sample_seconds)) {
        return sample;
      }
      const auto before = Clock::now();
      further = stepper.step();
      for (const FinishedRun& run : stepper.take_finished()) make_rows(model, plan, run);
      sample.work.add_step(stepper.take_timed(), since(before));
    }
    sample.whole = tokens_ahead(plan, shards.first(++done));
    sample.whole_seconds = since(start);
  }
  return sample;
}

}  // namespace

Tokens tokens_ahead(const Plan& plan, std::span<const std::int64_t> shards) {
  Tokens ahead;
  std::set<std::int64_t> seen;
  for (const std::int64_t shard : shards) {
    const TokenCount count = count_tokens(groups_of(plan, shard), 1, seen);
    ahead.together += count.shared - count.single;
    ahead.single +=
        count.single + count.continued * static_cast<std::uint64_t>(plan.generation.tokens);
  }
  return ahead;
}

double seconds_ahead(const Model& model, const Plan& plan, std::size_t batch_size,
                     const GroupTraces& more, std::span<const std::int64_t> shards) {
  const c10::InferenceMode no_gradients;
  const Tokens ahead = tokens_ahead(plan, shards);
  if (ahead.all() == 0) return 0.0;
  // A device that is given little work mostly starts kernels.
  const double together = seconds_of_products(model, model.device.is_cpu() ? 256 : 2048);
  // Shards are often in the order of their lengths: those in the middle stand for all.
  const std::span<const std::int64_t> middle = shards.subspan(shards.size() / 2);
  const std::uint64_t first = first_tokens(plan, middle.front(), batch_size);
  if (together * static_cast<double>(first) > longest_step) {
    const std::uint64_t runs = count_tokens(groups_of(plan, middle.front())).runs;
    const auto lanes = static_cast<std::int64_t>(std::min<std::uint64_t>(batch_size, runs));
    const double single = ahead.single > 0 ? seconds_of_products(model, lanes) : 0.0;
    return together * static_cast<double>(ahead.together) +
           single * static_cast<double>(ahead.single);
  }
  // Memory is touched, and a device's kernels are loaded, for the first time.
  sample(model, plan, batch_size, more, middle, 2);
  const Sample timed = sample(model, plan, batch_size, more, middle, all_steps);
  // Of whole shards it is known what their texts leave out of what they may have.
  if (timed.whole.all() > 0) {
    return timed.whole_seconds * static_cast<double>(ahead.all()) /
           static_cast<double>(timed.whole.all());
  }
  return timed.work.seconds_for(ahead);
}

}  // namespace phiscope::extract
