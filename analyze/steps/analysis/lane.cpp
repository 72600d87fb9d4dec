// SPDX-License-Identifier: MIT
#include "steps/analysis/lane.hpp"

#include <array>

namespace phiscope::analyze::steps {
namespace {

constexpr std::array<std::string_view, kind_count> kind_names = {
    "baseline", "cumulative", "single", "leave-one", "all", "early-exit"};

std::vector<std::int64_t> steps_of(Kind kind, const LaneAxes& axes) {
  if (kind == Kind::all) return {axes.latents};
  std::vector<std::int64_t> steps;
  steps.reserve(static_cast<std::size_t>(axes.latents) + 1);
  if (kind == Kind::single && axes.include_bot) steps.push_back(-1);
  const std::int64_t first = kind == Kind::cumulative ? 1 : 0;
  for (std::int64_t i = 0; i < axes.latents; ++i) steps.push_back(first + i);
  return steps;
}

}  // namespace

std::string_view kind_name(Kind kind) noexcept {
  return kind_names[static_cast<std::size_t>(kind)];
}

std::optional<Kind> kind_named(std::string_view name) noexcept {
  for (std::size_t kind = 0; kind < kind_count; ++kind) {
    if (kind_names[kind] == name) return static_cast<Kind>(kind);
  }
  return std::nullopt;
}

std::vector<Lane> lanes_of(const LaneAxes& axes) {
  std::vector<Lane> lanes;
  for (const Kind kind : axes.kinds) {
    const std::vector<std::int64_t> none = {no_layer};
    for (const std::int64_t layer : kind == Kind::early_exit ? none : axes.layers) {
      for (const std::int64_t step : steps_of(kind, axes)) lanes.push_back({kind, layer, step});
    }
  }
  return lanes;
}

std::string step_text(std::int64_t step) {
  return step < 0 ? "bot" : std::to_string(step);
}

std::string lane_text(const Lane& lane, bool several_layers) {
  std::string text(kind_name(lane.kind));
  if (lane.kind != Kind::all && lane.kind != Kind::baseline) text += " " + step_text(lane.step);
  if (several_layers && lane.layer >= 0) text += " at layer " + std::to_string(lane.layer);
  return text;
}

std::string axis_text(Kind kind) {
  switch (kind) {
    case Kind::cumulative:
      return "first thoughts changed";
    case Kind::leave_one:
      return "thought left as it is";
    case Kind::all:
      return "thoughts changed";
    case Kind::early_exit:
      return "thoughts before the answer";
    default:
      return "thought changed";
  }
}

}  // namespace phiscope::analyze::steps
