// SPDX-License-Identifier: MIT
#include "run/known_runs.hpp"

#include "files/model_tensors.hpp"
#include "model/matrix_products.hpp"
#include "run/stepper.hpp"

#include <ATen/core/Tensor.h>

#include <algorithm>

namespace phiscope::extract {
namespace {

/// Numbers that a hook's values have at one token.
std::uint64_t units_of(Hook hook, const Plan& plan, const ModelConfig& config) {
  switch (hook_name(hook).shape) {
    case RowShape::unit:
      return static_cast<std::uint64_t>(config.hidden);
    case RowShape::inner_unit:
      return static_cast<std::uint64_t>(config.intermediate);
    case RowShape::head_unit:
      return static_cast<std::uint64_t>(config.heads * config.head_dim);
    case RowShape::kv_head_unit:
      return static_cast<std::uint64_t>(config.kv_heads * config.head_dim);
    case RowShape::head:
      return static_cast<std::uint64_t>(config.heads);
    case RowShape::head_token:
      return static_cast<std::uint64_t>(config.heads * plan.longest());
    case RowShape::token:
      return static_cast<std::uint64_t>(config.vocab);
  }
  return 0;
}

std::uint64_t row_bytes(const Plan& plan, const Run& run, const ModelConfig& config,
                        std::size_t item_bytes) {
  std::uint64_t bytes = 0;
  for (std::size_t c = 0; c < plan.captures.size(); ++c) {
    const Capture& capture = plan.captures[c];
    const auto rows =
        static_cast<std::uint64_t>(std::ranges::count(run.rows, capture.space, &Row::space));
    const Hook hook = stored_as_scores(plan, c) ? Hook::final_norm : capture.hook;
    bytes += rows * (capture.measure == Measure::values
                         ? item_bytes * std::max<std::size_t>(1, capture.layers.size()) *
                               units_of(hook, plan, config)
                         : sizeof(double));
  }
  return bytes;
}

/// A run like others, in all groups.
struct Alike {
  std::size_t times = 0;
  const Run* run = nullptr;
  Wanted wanted{};
  bool one_beginning = true;  ///< all that others are compared with begin at one position
};

/// Values that are part of no larger memory.
at::Tensor alone(const at::Tensor& values) {
  const bool part =
      values.defined() && values.storage().nbytes() > static_cast<std::size_t>(values.nbytes());
  return part ? values.clone() : values;
}

void see(const Walk& walk, Alike& alike, bool& fits) {
  ++alike.times;
  alike.run = walk.run;
  const bool root_or_leaf = walk.parent == nullptr || walk.wanted.places.empty();
  fits = root_or_leaf && !walk.forked && !walk.continued && walk.quoted == nullptr;
  Wanted& all = alike.wanted;
  const int scores_from = walk.wanted.scores_from;
  if (scores_from >= 0) {
    alike.one_beginning =
        alike.one_beginning && (all.scores_from < 0 || all.scores_from == scores_from);
    all.scores_from = scores_from;
  }
  if (walk.wanted.places.empty()) return;
  all.first = all.places.empty() ? walk.wanted.first : std::min(all.first, walk.wanted.first);
  all.places.insert(walk.wanted.places.begin(), walk.wanted.places.end());
}

}  // namespace

std::uint64_t most_kept_bytes(const ModelConfig& config, std::size_t item_bytes) {
  constexpr std::uint64_t least = std::uint64_t{256} << 20U;
  return std::max(least, count_parameters(config) * item_bytes / 4);
}

bool has_independent_rows(at::Device device) {
  return device.is_cpu() && matrix_products().reproducible;
}

KeptRuns kept_runs(const Plan& plan, const ModelConfig& config, std::size_t item_bytes,
                   bool independent) {
  KeptRuns kept;
  const bool some = std::ranges::any_of(plan.groups, [](const Group& group) {
    return std::ranges::any_of(group.runs, [](const Run& run) { return run.alike != unlike; });
  });
  if (!independent || !some) return kept;
  std::map<std::int64_t, Alike> all;
  std::set<std::int64_t> unfit;
  for (const Group& group : plan.groups) {
    GroupWalk walks;
    make_group_walk(plan, group, {}, static_cast<int>(config.layers), walks);
    for (const Walk& walk : walks.walks) {
      if (walk.run->alike == unlike) continue;
      bool fits = true;
      see(walk, all[walk.run->alike], fits);
      if (!fits) unfit.insert(walk.run->alike);
    }
  }
  const std::uint64_t most = most_kept_bytes(config, item_bytes);
  std::map<std::int64_t, std::uint64_t> scores;  // bytes of those that others are compared with
  for (auto& [number, one] : all) {
    if (one.times < 2 || unfit.contains(number)) continue;
    std::uint64_t bytes = row_bytes(plan, *one.run, config, item_bytes);
    const auto positions = static_cast<std::uint64_t>(given_positions(*one.run) - one.wanted.first);
    for (const auto& [hook, layer] : one.wanted.places) {
      bytes += positions * item_bytes * units_of(hook, plan, config);
    }
    if (kept.bytes + bytes > most) continue;
    kept.bytes += bytes;
    if (one.one_beginning && one.wanted.scores_from >= 0) {
      const int compared = given_positions(*one.run) - one.wanted.scores_from;
      scores[number] =
          static_cast<std::uint64_t>(compared * config.vocab) * std::max(sizeof(float), item_bytes);
    }
    kept.wanted.emplace(number, std::move(one.wanted));
  }
  for (const auto& [number, bytes] : scores) {
    if (kept.bytes + bytes > most) continue;
    kept.bytes += bytes;
    kept.scores.insert(number);
  }
  return kept;
}

KnownRuns::KnownRuns(const Plan& plan, const Model& model)
    : kept_(kept_runs(plan, model.config, at::elementSize(model.dtype),
                      has_independent_rows(model.device))) {}

void KnownRuns::prepare(GroupWalk& group) const {
  for (Walk& walk : group.walks) {
    const auto kept = kept_.wanted.find(walk.run->alike);
    if (kept == kept_.wanted.end()) continue;
    walk.wanted.places = kept->second.places;
    walk.wanted.first = kept->second.first;
    if (keeps_scores(walk)) walk.wanted.scores_from = kept->second.scores_from;
  }
}

void KnownRuns::keep(const Walk& walk, const FinishedRun& left) {
  if (!keeps(walk) || has(walk)) return;
  Known known{.arrays = left.arrays, .trace = walk.trace, .scores = {}};
  for (auto& [place, values] : known.trace.values) values = alone(values);
  if (keeps_scores(walk)) known.scores = walk.scores;
  known_.emplace(walk.run->alike, std::move(known));
}

const std::vector<at::Tensor>& KnownRuns::recall(Walk& walk) const {
  const Known& known = known_.at(walk.run->alike);
  walk.trace = known.trace;
  walk.scores = known.scores;
  walk.position = walk.length();
  walk.ended = true;
  return known.arrays;
}

}  // namespace phiscope::extract
