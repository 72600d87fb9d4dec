// SPDX-License-Identifier: MIT
#include "run/time_ahead.hpp"

#include "ahead/estimate.hpp"
#include "model/layers.hpp"
#include "plan/sharing.hpp"
#include "run/shard_costs.hpp"
#include "run/stored_rows.hpp"
#include "watch/stop.hpp"

#include <ATen/ops/ones.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <set>
#include <vector>

namespace phiscope::extract {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double least_sample = 0.3;    // seconds
constexpr double most_sample = 2.0;     // seconds
constexpr double sample_share = 0.05;   // of the time ahead
constexpr std::size_t least_steps = 6;  // given tokens enter in the first, most others singly
constexpr std::size_t all_steps = std::numeric_limits<std::size_t>::max();
constexpr double longest_step = 1.0;  // seconds; a longer one is not computed twice

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Matrices of the blocks that multiply what enters these, the first of up to `bytes`.
std::vector<at::Tensor> matrices_of(const Model& model, std::size_t bytes) {
  std::vector<at::Tensor> matrices;
  std::size_t taken = 0;
  for (const BlockWeights& block : model.blocks) {
    for (const Part part : {Part::query, Part::up}) {
      const at::Tensor& matrix = block.parts[part];
      if (!matrix.defined() || (taken > 0 && taken + matrix.nbytes() > bytes)) continue;
      taken += matrix.nbytes();
      matrices.push_back(matrix);
    }
  }
  return matrices;
}

/// Seconds per token that a batch of `rows` spends on products with the model's weights.
/// @param bytes  of weights to multiply in turn: few rows take as long as their weights need to
/// come from memory, and weights that a processor's cache holds would not
double seconds_of_products(const Model& model, std::int64_t rows, std::size_t bytes) {
  const std::vector<at::Tensor> matrices = matrices_of(model, bytes);
  const at::Tensor x = at::ones({rows, matrices.front().size(1)}, matrices.front().options());
  // Libraries take seconds to start.
  product(x, matrices.front(), {}, /*step=*/false)[0][0].item<double>();
  const auto end = Clock::now() + std::chrono::milliseconds(20);
  double fastest = std::numeric_limits<double>::infinity();  // without start-up
  for (auto before = Clock::now(); before < end;) {
    at::Tensor made;
    for (const at::Tensor& matrix : matrices) made = product(x, matrix, {}, /*step=*/false);
    made[0][0].item<double>();  // waits for a device
    const auto after = Clock::now();
    fastest = std::min(fastest, std::chrono::duration<double>(after - before).count());
    before = after;
  }
  double timed = 0.0;
  for (const at::Tensor& matrix : matrices) timed += static_cast<double>(matrix.numel());
  // Every weight but the embedding multiplies every token once.
  const auto embedding = static_cast<std::uint64_t>(model.parts[Part::embedding].numel());
  const double weights = static_cast<double>(count_parameters(model.config) - embedding);
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

/// Makes what is stored of finished runs, as a run does.
void make_rows(const Model& model, const Plan& plan, const std::vector<FinishedRun>& runs) {
  for (std::size_t c = 0; c < plan.captures.size(); ++c) {
    StoredRows stored(model, plan, c, runs);
    while (stored.next()) {
    }
  }
}

/// Shards in the order in which they are tried: those in which the 1/2, 1/4, 3/4, 1/8, ... of all
/// tokens lie. Shards are often in the order of their lengths, and on longer ones less time is
/// spent on anything but tokens.
std::vector<std::int64_t> trial_order(const Plan& plan, std::span<const std::int64_t> shards) {
  std::vector<std::uint64_t> before{0};
  std::set<std::int64_t> seen;
  for (const std::int64_t shard : shards) {
    const TokenCount count = count_tokens(groups_of(plan, shard), 1, seen);
    const auto steps = static_cast<std::uint64_t>(plan.generation.tokens);
    before.push_back(before.back() + count.shared + count.continued * steps);
  }
  constexpr std::uint64_t parts = 64;
  std::vector<std::int64_t> order;
  for (std::uint64_t part = parts / 2; part > 0; part /= 2) {
    for (std::uint64_t k = part; k < parts; k += 2 * part) {
      const std::uint64_t token = before.back() * k / parts;
      const auto after = std::ranges::upper_bound(before, token);
      const std::int64_t shard = shards[static_cast<std::size_t>(after - before.begin()) - 1];
      if (std::ranges::find(order, shard) == order.end()) order.push_back(shard);
    }
  }
  return order;
}

/// What the beginning of some shards took.
struct Sample {
  TimedWork work;
  ShardCosts whole;  ///< of the shards that were computed to their end
};

/// Computes what shards begin with.
/// @param ahead  all that will be computed
Sample sample(const Model& model, const Plan& plan, std::size_t batch_size, const GroupTraces& more,
              std::span<const std::int64_t> shards, const Tokens& ahead, std::size_t most_steps) {
  Sample sample;
  Stepper stepper(model, plan, batch_size, more);
  const auto start = Clock::now();
  std::size_t steps = 0;
  const auto is_enough = [&](double seconds) {
    const double share = sample_share * sample.work.seconds_for(ahead);
    return seconds > std::clamp(share, least_sample, most_sample);
  };
  for (const std::int64_t& shard : shards) {
    const auto begin = Clock::now();
    stepper.begin(groups_of(plan, shard));
    for (bool further = true; further; ++steps) {
      stop_if_asked();
      if (steps >= most_steps || (steps >= least_steps && is_enough(since(start)))) return sample;
      const auto before = Clock::now();
      further = stepper.step();
      make_rows(model, plan, stepper.take_finished());
      sample.work.add_step(stepper.take_timed(), since(before));
    }
    sample.whole.add(tokens_ahead(plan, {&shard, 1}).all(), since(begin));
  }
  return sample;
}

}  // namespace

double seconds_ahead(const Model& model, const Plan& plan, std::size_t batch_size,
                     const GroupTraces& more, std::span<const std::int64_t> shards) {
  const c10::InferenceMode no_gradients;
  const Tokens ahead = tokens_ahead(plan, shards);
  if (ahead.all() == 0) return 0.0;
  // A device that is given little work mostly starts kernels.
  const double together =
      seconds_of_products(model, model.device.is_cpu() ? 256 : 2048, 32U << 20U);
  const std::vector<std::int64_t> tried = trial_order(plan, shards);
  const auto of_products = [&] {
    const std::uint64_t runs = count_tokens(groups_of(plan, tried.front())).runs;
    const auto lanes = static_cast<std::int64_t>(std::min<std::uint64_t>(batch_size, runs));
    const double single = ahead.single > 0 ? seconds_of_products(model, lanes, 256U << 20U) : 0.0;
    return together * static_cast<double>(ahead.together) +
           single * static_cast<double>(ahead.single);
  };
  const std::uint64_t first = first_tokens(plan, tried.front(), batch_size);
  if (together * static_cast<double>(first) > longest_step) return of_products();
  Sample timed;
  try {
    // Memory is touched, and a device's kernels are loaded, for the first time.
    sample(model, plan, batch_size, more, tried, ahead, 2);
    timed = sample(model, plan, batch_size, more, tried, ahead, all_steps);
  } catch (const Stopped&) {
    throw;
  } catch (const std::exception&) {
    // Scores that are not finite, or too little memory: the run says so when it comes to them, and
    // keeps what precedes them.
    return of_products();
  }
  // Of whole shards it is known what their texts leave out of what they may have.
  if (!timed.whole.empty()) return timed.whole.seconds_for(shards.size(), ahead.all());
  return timed.work.seconds_for(ahead);
}

}  // namespace phiscope::extract
