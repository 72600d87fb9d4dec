// SPDX-License-Identifier: MIT
#include "ahead/kept_runs.hpp"

#include "ahead/row_kinds.hpp"
#include "files/model/tensors.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

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

void see(const Run& run, const RunNeeds& needs, Alike& alike, bool& fits) {
  ++alike.times;
  alike.run = &run;
  const bool root_or_leaf = needs.parent == no_run || needs.wanted.places.empty();
  fits = root_or_leaf && !needs.forked && !needs.continued && needs.quoted == no_run;
  Wanted& all = alike.wanted;
  const int scores_from = needs.wanted.scores_from;
  if (scores_from >= 0) {
    alike.one_beginning =
        alike.one_beginning && (all.scores_from < 0 || all.scores_from == scores_from);
    all.scores_from = scores_from;
  }
  if (needs.wanted.places.empty()) return;
  all.first = all.places.empty() ? needs.wanted.first : std::min(all.first, needs.wanted.first);
  all.places.insert(needs.wanted.places.begin(), needs.wanted.places.end());
}

}  // namespace

std::uint64_t most_kept_bytes(const ModelConfig& config, std::size_t item_bytes) {
  constexpr std::uint64_t least = std::uint64_t{256} << 20U;
  return std::max(least, count_parameters(config) * item_bytes / 4);
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
    const std::vector<RunNeeds> needs = group_needs(plan, group, static_cast<int>(config.layers));
    for (std::size_t r = 0; r < needs.size(); ++r) {
      const Run& run = group.runs[r];
      if (run.alike == unlike) continue;
      bool fits = true;
      see(run, needs[r], all[run.alike], fits);
      if (!fits) unfit.insert(run.alike);
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

}  // namespace phiscope::extract
