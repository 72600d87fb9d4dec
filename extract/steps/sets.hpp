// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// Which thoughts a run goes without. The numbers are those of the key `kind` of a row.
enum class StepKind {
  baseline,    ///< none
  cumulative,  ///< the first i, i = 1..K
  single,      ///< one, i = 0..K-1
  leave_one,   ///< all but one, i = 0..K-1
  all,         ///< all
  early_exit,  ///< nothing is changed, but only the first i are thought, i = 0..K-1
};

inline constexpr std::array<std::string_view, 6> step_kind_names{
    "baseline", "cumulative", "single", "leave-one", "all", "early-exit"};

/// Reads a name that `--sets` takes; nothing for anything else: "baseline" always runs.
inline std::optional<StepKind> parse_step_kind(std::string_view name) {
  for (std::size_t kind = 1; kind < step_kind_names.size(); ++kind) {
    if (step_kind_names.at(kind) == name) return static_cast<StepKind>(kind);
  }
  return std::nullopt;
}

/// One run of a kind.
struct StepSet {
  StepKind kind = StepKind::baseline;
  int step = 0;              ///< i of its kind; K for all, 0 for baseline
  std::vector<int> changed;  ///< thoughts that are changed, ascending
  int thoughts = 0;          ///< that are thought at all
  friend bool operator==(const StepSet&, const StepSet&) = default;
};

/// Every run of a kind with `count` thoughts.
inline std::vector<StepSet> step_sets(StepKind kind, int count) {
  const auto thoughts_where = [count](const auto& chosen) {
    std::vector<int> steps;
    steps.reserve(static_cast<std::size_t>(count));
    for (int step = 0; step < count; ++step) {
      if (chosen(step)) steps.push_back(step);
    }
    return steps;
  };
  std::vector<StepSet> sets;
  sets.reserve(static_cast<std::size_t>(count) + 1);
  const auto add = [&](int step, const auto& chosen) {
    sets.push_back({kind, step, thoughts_where(chosen), count});
  };
  switch (kind) {
    case StepKind::baseline:
      add(0, [](int) { return false; });
      break;
    case StepKind::cumulative:
      for (int i = 1; i <= count; ++i) add(i, [i](int step) { return step < i; });
      break;
    case StepKind::single:
      for (int i = 0; i < count; ++i) add(i, [i](int step) { return step == i; });
      break;
    case StepKind::leave_one:
      for (int i = 0; i < count; ++i) add(i, [i](int step) { return step != i; });
      break;
    case StepKind::all:
      add(count, [](int) { return true; });
      break;
    case StepKind::early_exit:
      for (int i = 0; i < count; ++i) sets.push_back({kind, i, {}, i});
      break;
  }
  return sets;
}

}  // namespace phiscope::extract
