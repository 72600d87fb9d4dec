// SPDX-License-Identifier: MIT
#pragma once

#include "ablate/removal.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <map>
#include <span>
#include <vector>

namespace phiscope::extract {

/// As the removal that another begins like: none, the intact text is as good.
inline constexpr std::size_t intact_beginning = std::numeric_limits<std::size_t>::max();

/// [layer] the heads of a removal, each list ascending.
using HeadsByLayer = std::vector<std::vector<int>>;

/// Layers up to the last that loses a head.
inline int layers_of(std::span<const Removal> removals, int heads_per_layer) {
  int last = 0;
  for (const Removal& removal : removals) {
    for (const int head : removal.heads) last = std::max(last, head / heads_per_layer);
  }
  return last + 1;
}

inline HeadsByLayer by_layer(const std::vector<int>& heads, int heads_per_layer, int layers) {
  HeadsByLayer sorted(static_cast<std::size_t>(layers));
  for (const int head : heads) {
    sorted.at(static_cast<std::size_t>(head / heads_per_layer)).push_back(head);
  }
  for (std::vector<int>& of_layer : sorted) std::ranges::sort(of_layer);
  return sorted;
}

/// Leading layers that have lost the same heads.
inline std::size_t equal_layers(const HeadsByLayer& a, const HeadsByLayer& b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

/// What a pass through a block costs however few rows it has, in rows: weights are read and packed.
/// (128 rows of a model of 58 million weights take twice the time that they take among a thousand.)
inline constexpr std::size_t rows_of_pass = 128;

/// For every removal of a block an earlier one, after which fewer layers are to be computed than
/// after the intact text: they have lost the same heads in the lowest layers. Who takes of another
/// waits for it, which makes a pass of its own: that must be worth its cost.
/// @param taken  [removal] whether others may begin like it
/// @param rows  tokens of all texts, which pass together
inline std::vector<std::size_t> beginnings(std::span<const Removal> block, int heads_per_layer,
                                           int layers, const std::vector<bool>& taken,
                                           std::size_t rows) {
  const auto all = static_cast<std::size_t>(layers);
  std::vector<std::size_t> from(block.size(), intact_beginning);
  std::map<HeadsByLayer, std::size_t> earlier;
  for (std::size_t r = 0; r < block.size(); ++r) {
    const HeadsByLayer heads = by_layer(block[r].heads, heads_per_layer, layers);
    const std::size_t intact = equal_layers(heads, HeadsByLayer(all));
    std::size_t most = intact;
    const auto look_at = [&](const auto& other) {
      const std::size_t equal = equal_layers(heads, other->first);
      if (equal <= most) return;
      most = equal;
      from[r] = other->second;
    };
    // In the order of the map nothing has more leading layers in common than its neighbours.
    const auto next = earlier.lower_bound(heads);
    if (next != earlier.end()) look_at(next);
    if (next != earlier.begin()) look_at(std::prev(next));
    const bool pays = (all - most) * (rows + rows_of_pass) < (all - intact) * rows;
    if (!pays) from[r] = intact_beginning;
    if (taken[r]) earlier.emplace(heads, r);
  }
  return from;
}

}  // namespace phiscope::extract
