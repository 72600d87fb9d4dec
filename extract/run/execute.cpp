// SPDX-License-Identifier: MIT
#include "run/execute.hpp"

#include "run/forward.hpp"
#include "run/progress.hpp"
#include "run/stop.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <span>
#include <thread>

namespace phiscope::extract {
namespace {

/// Appends rows to a shard, in the order of the runs they belong to.
void append(shard::ShardWriter& shard, const Plan& plan, const CapturedRows& rows) {
  for (std::size_t c = 0; c < plan.captures.size(); ++c) {
    const at::Tensor values = rows.arrays[c].to(at::kCPU).contiguous();
    shard.append(plan.captures[c].array,
                 {static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()});
  }
}

/// The groups of one shard.
std::span<const Group> groups_of(const Plan& plan, std::int64_t shard) {
  const std::size_t first = static_cast<std::size_t>(shard) * plan.groups_per_shard;
  return std::span(plan.groups)
      .subspan(first, std::min(plan.groups_per_shard, plan.groups.size() - first));
}

/// Computes one group whose runs share prefixes with its first.
void run_group(const Plan& plan, const Model& model, const Group& group, std::size_t batch_size,
               shard::ShardWriter& shard, Progress& progress) {
  const Run& first = group.runs.front();
  const BaseRun base = run_base(model, plan, first);
  append(shard, plan, base.rows);
  progress.add(base.rows.tokens);
  const std::span<const Run> others = std::span(group.runs).subspan(1);
  for (std::size_t i = 0; i < others.size(); i += batch_size) {
    stop_if_asked();
    const CapturedRows rows = run_suffixes(
        model, plan, first, base, others.subspan(i, std::min(batch_size, others.size() - i)));
    append(shard, plan, rows);
    progress.add(rows.tokens);
  }
}

/// Computes groups of one run each, several in a batch.
void run_singles(const Plan& plan, const Model& model, std::span<const Group> groups,
                 std::size_t batch_size, shard::ShardWriter& shard, Progress& progress) {
  for (std::size_t i = 0; i < groups.size(); i += batch_size) {
    stop_if_asked();
    std::vector<const Run*> runs;
    for (const Group& group : groups.subspan(i, std::min(batch_size, groups.size() - i))) {
      runs.push_back(&group.runs.front());
    }
    const CapturedRows rows = run_alone(model, plan, runs);
    append(shard, plan, rows);
    progress.add(rows.tokens);
  }
}

}  // namespace

std::vector<shard::ArrayPlan> array_plans(const Plan& plan, const ModelConfig& config,
                                          shard::Dtype dtype, const std::string& row_space) {
  std::vector<shard::ArrayPlan> arrays;
  const auto size = [](std::int64_t n) { return static_cast<std::uint64_t>(n); };
  for (const Capture& capture : plan.captures) {
    const HookName& hook = hook_name(capture.hook);
    shard::ArrayPlan array{.name = capture.array,
                           .hook = std::string(hook.path),
                           .formula = std::string(hook.formula),
                           .row_space = row_space,
                           .encoding = "",
                           .axes = {"row"},
                           .dtype = dtype,
                           .layers = {capture.layers.begin(), capture.layers.end()},
                           .row_shape = {}};
    if (hook.in_block) {
      array.axes.emplace_back("layer");
      array.row_shape.push_back(capture.layers.size());
    }
    if (capture.hook == Hook::z || capture.hook == Hook::head_norm) {
      array.axes.emplace_back("head");
      array.row_shape.push_back(size(config.heads));
    }
    if (capture.hook != Hook::head_norm) {
      array.axes.emplace_back("unit");
      array.row_shape.push_back(size(capture.hook == Hook::z        ? config.head_dim
                                     : capture.hook == Hook::logits ? config.vocab
                                                                    : config.hidden));
    }
    arrays.push_back(std::move(array));
  }
  return arrays;
}

std::uint64_t expected_bytes(const Plan& plan, const std::vector<shard::ArrayPlan>& arrays,
                             const std::vector<std::int64_t>& shards) {
  std::uint64_t row_bytes = 0;
  for (const shard::ArrayPlan& array : arrays) {
    std::uint64_t one = shard::item_size(array.dtype);
    for (const std::uint64_t extent : array.row_shape) one *= extent;
    row_bytes += one;
  }
  std::uint64_t bytes = 0;
  for (const std::int64_t shard : shards) {
    for (const Group& group : groups_of(plan, shard)) {
      for (const Run& run : group.runs) {
        for (const Row& row : run.rows) bytes += row_bytes + row.key.size() * 8;
      }
    }
  }
  return bytes;
}

std::uint64_t expected_tokens(const Plan& plan, const std::vector<std::int64_t>& shards) {
  std::uint64_t tokens = 0;
  for (const std::int64_t shard : shards) tokens += count_tokens(groups_of(plan, shard)).shared;
  return tokens;
}

void set_threads(int threads, const ModelConfig& config) {
  const bool small = config.hidden * config.intermediate < 1'000'000;
  if (threads == 0) threads = small ? 1 : static_cast<int>(std::thread::hardware_concurrency());
  at::set_num_threads(std::max(1, threads));
}

double expected_seconds(const Model& model, std::uint64_t tokens) {
  const c10::InferenceMode no_gradients;
  const at::Tensor& weight = model.blocks.front().gate;
  constexpr std::int64_t rows = 64;
  const at::Tensor x = at::ones({rows, weight.size(1)}, weight.options());
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(20);
  double seconds_per_product = std::numeric_limits<double>::infinity();  // the fastest: no start-up
  for (auto before = Clock::now(); before < end;) {
    at::linear(x, weight);
    const auto after = Clock::now();
    seconds_per_product =
        std::min(seconds_per_product, std::chrono::duration<double>(after - before).count());
    before = after;
  }
  // Every weight but the embedding multiplies every token once.
  const std::uint64_t embedding = static_cast<std::uint64_t>(model.embedding.numel());
  const double weights = static_cast<double>(count_parameters(model.config) - embedding);
  const double seconds_per_weight =
      seconds_per_product / (static_cast<double>(rows) * static_cast<double>(weight.numel()));
  return weights * seconds_per_weight * static_cast<double>(tokens);
}

Executed execute(const Plan& plan, const Model& model, shard::RunWriter& writer,
                 const std::string& row_space, std::size_t batch_size) {
  const c10::InferenceMode no_gradients;
  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::int64_t> open = writer.open_shards();
  Executed done;

  const std::uint64_t ahead = expected_tokens(plan, open);
  Progress progress("extract", "tokens", ahead);
  for (const std::int64_t k : open) {
    stop_if_asked();
    shard::ShardWriter shard = writer.begin(k);
    const std::span<const Group> groups = groups_of(plan, k);
    const bool singles =
        std::ranges::all_of(groups, [](const Group& group) { return group.runs.size() == 1; });
    if (singles) {
      run_singles(plan, model, groups, batch_size, shard, progress);
    } else {
      for (const Group& group : groups) {
        run_group(plan, model, group, batch_size, shard, progress);
      }
    }
    std::vector<std::int64_t> keys;
    for (const Group& group : groups) {
      for (const Run& run : group.runs) {
        for (const Row& row : run.rows) {
          keys.insert(keys.end(), row.key.begin(), row.key.end());
          ++done.rows;
        }
      }
    }
    shard.append_keys(row_space, keys);
    shard.commit();
    ++done.shards;
  }
  writer.finish();
  progress.finish();
  done.tokens = ahead;
  done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return done;
}

}  // namespace phiscope::extract
