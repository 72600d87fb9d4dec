// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::steps {

/// Which thoughts a run of the model goes without. The numbers are those of the key `kind`.
enum class Kind {
  baseline,    ///< none
  cumulative,  ///< the first i are changed, i = 1..K
  single,      ///< one is changed, i = 0..K-1; -1 is the token that begins the thoughts
  leave_one,   ///< all but one are changed, i = 0..K-1
  all,         ///< all are changed, i = K
  early_exit,  ///< nothing is changed, but only the first i are thought, i = 0..K-1
};
inline constexpr std::size_t kind_count = 6;

/// "baseline", "cumulative", "single", "leave-one", "all", "early-exit"
[[nodiscard]] std::string_view kind_name(Kind kind) noexcept;
/// The kind of that name, or nothing.
[[nodiscard]] std::optional<Kind> kind_named(std::string_view name) noexcept;

/// Nothing is changed at a layer: baseline and early exit.
inline constexpr std::int64_t no_layer = -1;

/// One way of running every problem: what its thoughts are, and where they are changed.
struct Lane {
  Kind kind = Kind::baseline;
  std::int64_t layer = no_layer;  ///< after whose block thoughts are changed
  std::int64_t step = 0;          ///< i of its kind

  friend auto operator<=>(const Lane&, const Lane&) = default;
};

/// What the lanes of a run are.
struct LaneAxes {
  std::vector<Kind> kinds = {};           ///< without baseline
  std::vector<std::int64_t> layers = {};  ///< ascending
  std::int64_t latents = 0;               ///< K
  bool include_bot = false;               ///< step -1 of `single`
};

/// All lanes without the baseline: by kind, layer and step.
[[nodiscard]] std::vector<Lane> lanes_of(const LaneAxes& axes);

/// "single 2", "all", "single bot"; with "at layer 4" where there are several.
[[nodiscard]] std::string lane_text(const Lane& lane, bool several_layers);

/// What the steps of a kind count, below an axis: "thought changed".
[[nodiscard]] std::string axis_text(Kind kind);

/// "2", or "bot" of step -1.
[[nodiscard]] std::string step_text(std::int64_t step);

}  // namespace phiscope::analyze::steps
