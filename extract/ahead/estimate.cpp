// SPDX-License-Identifier: MIT
#include "ahead/estimate.hpp"

#include "ahead/row_bytes.hpp"
#include "ahead/row_kinds.hpp"
#include "ahead/score_bytes.hpp"
#include "plan/cache_tile.hpp"
#include "plan/sharing.hpp"
#include "watch/progress.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>

namespace phiscope::extract {
namespace {

/// How an array holds rows of a dtype: bfloat16, which NumPy does not know, as its bits.
shard::Dtype stored_as(ComputeDtype dtype) {
  switch (dtype) {
    case ComputeDtype::float64:
      return shard::Dtype::f8;
    case ComputeDtype::float32:
      return shard::Dtype::f4;
    case ComputeDtype::float16:
      return shard::Dtype::f2;
    case ComputeDtype::bfloat16:
      break;
  }
  return shard::Dtype::u2;
}

/// The dtype of a capture's rows.
ComputeDtype rows_dtype(const Capture& capture, ComputeDtype model, bool means) {
  if (!is_widened(capture.hook, means)) return capture.stored.value_or(model);
  return item_bytes(model) == 2 ? ComputeDtype::float32 : model;
}

std::uint64_t unsigned_size(std::int64_t n) {
  return static_cast<std::uint64_t>(n);
}

/// The axes of a hook's values at one token. Scores have one entry per token of the vocabulary; the
/// format calls that axis unit as well.
void add_axes(const Capture& capture, const Plan& plan, const ModelConfig& config,
              shard::ArrayPlan& array) {
  const auto add = [&](const char* axis, std::int64_t extent) {
    array.axes.emplace_back(axis);
    array.row_shape.push_back(unsigned_size(extent));
  };
  const std::int64_t heads = capture.heads.empty() ? config.heads : std::ssize(capture.heads);
  switch (hook_name(capture.hook).shape) {
    case RowShape::unit:
      add("unit", config.hidden);
      break;
    case RowShape::inner_unit:
      add("unit", config.intermediate);
      break;
    case RowShape::head_unit:
      add("head", heads);
      add("unit", config.head_dim);
      break;
    case RowShape::kv_head_unit:
      add("kv_head", config.kv_heads);
      add("unit", config.head_dim);
      break;
    case RowShape::head:
      add("head", heads);
      break;
    case RowShape::head_token:
      add("head", heads);
      add("token", plan.longest());
      break;
    case RowShape::token:
      add("unit", config.vocab);
      break;
  }
}

std::string listed(const std::vector<int>& numbers) {
  std::string text;
  for (const int number : numbers) {
    text += ' ';
    text += std::to_string(number);
  }
  return text;
}

std::string formula_of(Measure measure) {
  switch (measure) {
    case Measure::kl:
      return "KL(intact || changed) of the next token, nats";
    case Measure::reverse_kl:
      return "KL(changed || intact) of the next token, nats";
    case Measure::prediction_changed:
      return "1 where the likeliest next token changes";
    case Measure::l2:
      return "L2 norm of the change of the next token's scores";
    case Measure::token_score:
      return "mean score of the row's target tokens";
    case Measure::token_log_probability:
      return "mean log-probability of the row's target tokens, nats";
    case Measure::values:
      break;
  }
  throw std::invalid_argument("formula_of: values are no measure");
}

/// What attention needs of one lane where it is computed lane by lane: scores, capped and masked,
/// weights in float32 and in the model's dtype, and a mask; where a kernel computes it, nothing.
std::uint64_t attention_bytes(const ModelConfig& config, std::uint64_t tokens,
                              std::size_t item_bytes) {
  const std::uint64_t pairs = tokens * tokens;
  if (config.attention_softcap > 0.0) {
    return pairs * (unsigned_size(config.heads) * (3 * item_bytes + sizeof(float)) + 1);
  }
  return config.windows.empty() ? 0 : pairs * (item_bytes + 1);
}

/// A measure is one number per row.
void describe_measure(Measure measure, shard::ArrayPlan& array) {
  array.axes = {"row"};
  array.row_shape.clear();
  array.dtype = shard::Dtype::f8;
  array.encoding = "";
  array.formula = formula_of(measure);
}

}  // namespace

bool uses_own_space(const Plan& plan) {
  return !plan.captures.empty() && plan.generation.rows != GeneratedRows::predicting;
}

std::vector<shard::RowSpace> row_spaces(const Plan& plan, const shard::RowSpace& own) {
  std::vector<shard::RowSpace> spaces;
  if (uses_own_space(plan)) spaces.push_back(own);
  for (const KeySpace& space : plan.further_spaces) {
    spaces.push_back({.name = space.name, .key = space.key});
  }
  if (plan.generation.tokens > 0) {
    std::vector<std::string> key = own.key;
    key.back() = std::ranges::count(key, "step") > 0 ? "token" : "step";
    spaces.push_back({.name = generated_space, .key = key});
  }
  return spaces;
}

std::vector<shard::ArrayPlan> array_plans(const Plan& plan, const ModelConfig& config,
                                          ComputeDtype dtype, const std::string& row_space) {
  std::vector<bool> means;
  for (std::size_t space = 0; space <= plan.further_spaces.size(); ++space) {
    means.push_back(has_means(plan, space));
  }
  const bool predicting = plan.generation.rows == GeneratedRows::predicting;
  std::vector<shard::ArrayPlan> arrays;
  for (const Capture& capture : plan.captures) {
    const HookName& hook = hook_name(capture.hook);
    const ComputeDtype rows = rows_dtype(capture, dtype, means.at(capture.space));
    shard::ArrayPlan array{.name = capture.array,
                           .hook = std::string(hook.path),
                           .formula = std::string(hook.formula),
                           .row_space = capture.space > 0
                                            ? plan.further_spaces[capture.space - 1].name
                                        : predicting ? generated_space
                                                     : row_space,
                           .encoding = rows == ComputeDtype::bfloat16 ? "bf16" : "",
                           .axes = {"row"},
                           .dtype = stored_as(rows),
                           .layers = {capture.layers.begin(), capture.layers.end()},
                           .row_shape = {}};
    if (predicting) array.formula += "; row of step s: the position that predicts token s";
    if (hook.in_block) {
      array.axes.emplace_back("layer");
      array.row_shape.push_back(capture.layers.size());
    }
    add_axes(capture, plan, config, array);
    if (!capture.heads.empty()) array.formula += "; of heads" + listed(capture.heads);
    if (capture.measure != Measure::values) describe_measure(capture.measure, array);
    arrays.push_back(std::move(array));
  }
  if (plan.generation.tokens > 0) {
    arrays.push_back({.name = generated_array,
                      .hook = "",
                      .formula = plan.generation.drawing
                                     ? "token drawn after prompt and steps before"
                                     : "token of the highest score after prompt and steps before",
                      .row_space = generated_space,
                      .encoding = "",
                      .axes = {"row"},
                      .dtype = shard::Dtype::i4,
                      .layers = {},
                      .row_shape = {}});
    arrays.push_back({.name = log_probability_array,
                      .hook = "",
                      .formula = "logarithm of the token's probability under the model, before any "
                                 "filter, in nats",
                      .row_space = generated_space,
                      .encoding = "",
                      .axes = {"row"},
                      .dtype = shard::Dtype::f4,
                      .layers = {},
                      .row_shape = {}});
  }
  return arrays;
}

std::span<const Group> groups_of(const Plan& plan, std::int64_t shard) {
  const std::size_t first = static_cast<std::size_t>(shard) * plan.groups_per_shard;
  return std::span(plan.groups)
      .subspan(first, std::min(plan.groups_per_shard, plan.groups.size() - first));
}

std::uint64_t lane_key_value_bytes(const Plan& plan, const ModelConfig& config,
                                   std::size_t item_bytes) {
  std::int64_t most = 0;
  for (const Group& group : plan.groups) {
    std::vector<bool> is_taken(group.runs.size(), false);
    for (std::size_t r = group.runs.size(); r-- > 0;) {
      const Run& run = group.runs[r];
      const int steps = run.donor || !run.generates ? 0
                        : run.limit > 0             ? std::min(run.limit, plan.generation.tokens)
                                                    : plan.generation.tokens;
      const int given = given_positions(run) + run.quote.tokens;
      const std::size_t parent = parent_of(group, r);
      const Departure from = parent == no_run ? Departure{} : departure(group.runs[parent], run);
      const bool owns = is_taken[r] || steps > 0 || pass_end(run, from.position, given) < given;
      if (parent != no_run && takes_cache(from, owns)) is_taken[parent] = true;
      if (steps > 0 || is_taken[r]) most = std::max<std::int64_t>(most, given + steps);
    }
  }
  // Room is made in whole tiles.
  const std::int64_t room = (most + cache_tile - 1) / cache_tile * cache_tile;
  return unsigned_size(2 * config.layers * config.kv_heads * config.head_dim * room) * item_bytes;
}

std::uint64_t largest_batch(std::uint64_t memory_bytes, std::uint64_t weight_bytes,
                            std::uint64_t run_bytes) {
  const std::uint64_t usable = memory_bytes / 10 * 9;
  const std::uint64_t room = usable > weight_bytes ? usable - weight_bytes : 0;
  return run_bytes == 0 ? 0 : room / run_bytes;
}

std::size_t runs_of_batch(const Plan& plan, std::size_t batch_size) {
  std::size_t most = 0;
  for (std::size_t first = 0; first < plan.groups.size(); first += plan.groups_per_shard) {
    const std::size_t end = std::min(first + plan.groups_per_shard, plan.groups.size());
    std::size_t runs = 0;
    for (std::size_t g = first; g < end; ++g) runs += plan.groups[g].runs.size();
    most = std::max(most, runs);
  }
  return std::clamp<std::size_t>(most, 1, batch_size);
}

std::uint64_t expected_batch_bytes(const Plan& plan, const ModelConfig& config,
                                   const std::vector<shard::ArrayPlan>& arrays,
                                   std::size_t item_bytes, std::size_t batch_runs) {
  std::vector<std::uint64_t> row_bytes(2 + plan.further_spaces.size(), 0);
  for (const shard::ArrayPlan& array : arrays) {
    const bool scores = array.hook == "logits" && !array.row_shape.empty();
    row_bytes[space_of(plan, array)] +=
        scores ? item_bytes * unsigned_size(config.hidden) : bytes_per_row(array);
  }
  std::uint64_t longest = 0;
  std::uint64_t kept = 0;
  for (const Group& group : plan.groups) {
    for (const Run& run : group.runs) {
      longest =
          std::max(longest, static_cast<std::uint64_t>(given_positions(run) + run.quote.tokens));
      const std::vector<std::uint64_t> rows = most_rows(plan, run);
      kept = std::max(
          kept, std::inner_product(rows.begin(), rows.end(), row_bytes.begin(), std::uint64_t{0}));
    }
  }
  const std::uint64_t per_token =
      unsigned_size(3 * config.intermediate + 6 * config.hidden) * item_bytes;
  const std::uint64_t cached = lane_key_value_bytes(plan, config, item_bytes);
  return batch_runs * (2 * kept + longest * per_token + cached) +
         attention_bytes(config, longest, item_bytes);
}

std::uint64_t expected_score_bytes(const Plan& plan, const ModelConfig& config,
                                   std::size_t item_bytes, std::size_t batch_runs, bool on_cpu,
                                   const KeptRuns& kept) {
  const bool some = std::ranges::any_of(
      plan.captures, [](const Capture& capture) { return capture.measure != Measure::values; });
  if (!some) return 0;
  std::int64_t most = 0;  // positions of a group that others are compared with
  for (const Group& group : plan.groups) {
    std::int64_t positions = 0;
    for (std::size_t r = 0; r < group.runs.size(); ++r) {
      const Run& run = group.runs[r];
      if (run.against >= r) continue;
      const Run& reference = group.runs[run.against];
      if (kept.scores.contains(reference.alike)) continue;  // counted there
      for (const Row& row : run.rows) {
        if (!has_measures(plan, row.space)) continue;
        const int at = row.spans.front().begin - run.origin + reference.origin;
        positions = std::max<std::int64_t>(positions, given_positions(reference) - at);
      }
    }
    most = std::max(most, positions);
  }
  const std::uint64_t group = unsigned_size(most * config.vocab) * item_bytes;
  const std::uint64_t room = most_reference_bytes(on_cpu);
  const std::uint64_t open = std::min<std::uint64_t>(
      {batch_runs, plan.groups_per_shard, group == 0 ? 0 : (room + group - 1) / group});
  return open * group + scored_bytes(on_cpu);
}

std::string out_of_memory_text(const std::string& device, std::uint64_t device_bytes,
                               std::uint64_t weight_bytes, std::uint64_t run_bytes,
                               std::size_t batch_runs) {
  std::uint64_t fits = largest_batch(device_bytes, weight_bytes, run_bytes);
  if (fits >= batch_runs) fits = batch_runs / 2;  // the estimate was too low
  const std::string found =
      "--batch-size: found " + std::to_string(batch_runs) + ", but " + device + " (" +
      bytes_text(static_cast<double>(device_bytes)) + ") ran out of memory: weights take " +
      bytes_text(static_cast<double>(weight_bytes)) + ", a run of the batch about " +
      bytes_text(static_cast<double>(run_bytes));
  if (fits == 0)
    return found + ", expected a smaller model or dtype, shorter prompts or fewer hooks";
  return found + ", expected at most --batch-size " + std::to_string(fits);
}

std::uint64_t expected_tokens(const Plan& plan, const std::vector<std::int64_t>& shards) {
  std::uint64_t tokens = 0;
  for (const std::vector<int>& text : plan.averaged) tokens += shards.empty() ? 0 : text.size();
  std::set<std::int64_t> seen;
  for (const std::int64_t shard : shards) {
    const TokenCount count = count_tokens(groups_of(plan, shard), 1, seen);
    tokens += count.shared + count.continued * static_cast<std::uint64_t>(plan.generation.tokens);
  }
  return tokens;
}

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

}  // namespace phiscope::extract
