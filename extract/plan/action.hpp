// SPDX-License-Identifier: MIT
#pragma once

#include "plan/hook.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <variant>
#include <vector>

namespace phiscope::extract {

/// Positions of a run at a hook of a layer; not of head_norm or logits, which nothing reads.
struct Site {
  Hook hook = Hook::resid_post;
  int layer = 0;                 ///< as captured: -1 of resid_post is hook_embed
  int head = -1;                 ///< of hook_z: this head alone; -1: all units
  std::vector<int> positions{};  ///< empty: every position, generated ones included
  friend bool operator==(const Site&, const Site&) = default;
};

/// As the run of a source: no run of the group but the mean over all tokens of Plan::averaged,
/// which has the one position 0. Of hook_z alone.
inline constexpr std::size_t averaged_texts = std::numeric_limits<std::size_t>::max();

/// As the run of a source: no run of the group but Plan::donors, whose rows are its positions:
/// those of the table that has the hook and layer.
inline constexpr std::size_t donor_rows = averaged_texts - 1;

/// Values of another run of the group, at the same hook, layer and head.
struct Source {
  std::size_t run = 0;  ///< earlier one of the group; or averaged_texts, or donor_rows
  std::vector<int> positions;
  friend bool operator==(const Source&, const Source&) = default;
};

/// The values at a site become zero.
struct Zero {
  Site site;
  friend bool operator==(const Zero&, const Zero&) = default;
};

/// The value at site.positions[i] becomes the one at from.positions[i]. With both empty every
/// position p becomes the one at p modulo the length of the source.
struct Patch {
  Site site;
  Source from;
  friend bool operator==(const Patch&, const Patch&) = default;
};

/// The values at a site become the mean over all positions of all sources.
struct Mean {
  Site site;
  std::vector<Source> from;
  friend bool operator==(const Mean&, const Mean&) = default;
};

/// The values at a site grow by `scale` times those of a source, position by position as in Patch:
/// noise, or a steering vector.
struct Add {
  Site site;
  Source from;
  double scale = 1.0;
  friend bool operator==(const Add&, const Add&) = default;
};

/// The generated token of a step is this one, whatever the scores; or the one of a rank in them,
/// for branches of a generation.
struct Force {
  int step = 0;
  int token = 0;
  int rank = 0;  ///< 1: of the highest score, of equal ones the lower id; 0: `token` is taken
  friend bool operator==(const Force&, const Force&) = default;
};

/// What is done to a run. Later actions on the same place win.
using Action = std::variant<Zero, Patch, Mean, Add, Force>;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

/// The site of an action; null for one that has none.
inline const Site* site_of(const Action& action) {
  return std::visit(Overloaded{[](const Force&) -> const Site* { return nullptr; },
                               [](const auto& a) -> const Site* { return &a.site; }},
                    action);
}

/// The sources of an action.
inline std::vector<Source> sources_of(const Action& action) {
  return std::visit(Overloaded{[](const Patch& a) { return std::vector<Source>{a.from}; },
                               [](const Add& a) { return std::vector<Source>{a.from}; },
                               [](const Mean& a) { return a.from; },
                               [](const auto&) { return std::vector<Source>{}; }},
                    action);
}

/// The first block that must be computed again when a site changes: a change of the residual stream
/// after block l leaves block l as it was.
inline int entry_layer(const Site& site) {
  if (site.hook == Hook::embed) return 0;
  if (site.hook == Hook::resid_post) return site.layer + 1;
  if (site.hook == Hook::final_norm) return std::numeric_limits<int>::max();
  return site.layer;
}

/// The first position that a site changes.
inline int first_position(const Site& site) {
  return site.positions.empty() ? 0 : *std::ranges::min_element(site.positions);
}

}  // namespace phiscope::extract
