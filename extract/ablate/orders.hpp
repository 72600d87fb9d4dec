// SPDX-License-Identifier: MIT
#pragma once

#include "plan/counter_random.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// Heads in the order in which they are removed; head = layer * heads + head in layer.
struct AblationOrder {
  std::string name;
  std::string kind;  ///< ranking, baseline, random, random-in-layer
  std::vector<int> heads;
  std::string of{};  ///< random-in-layer: the ranking whose layers it follows
};

/// A permutation of `count` heads that depends on the seed and `number` alone.
inline std::vector<int> random_order(int count, std::uint64_t seed, std::uint32_t number) {
  std::vector<int> heads(static_cast<std::size_t>(count));
  for (int h = 0; h < count; ++h) heads[static_cast<std::size_t>(h)] = h;
  for (int left = count; left > 1; --left) {
    const double u = uniform_at(
        seed, {.prompt = number, .sample = 0xAB1A7E, .step = static_cast<std::uint32_t>(left)});
    const auto drawn = static_cast<std::size_t>(u * left);
    std::swap(heads[drawn], heads[static_cast<std::size_t>(left - 1)]);
  }
  return heads;
}

/// An order that takes from every layer as many heads as `ranking` does, in the same sequence of
/// layers, but which of them is random: at each place a head of the layer that the ranking's head
/// of that place is in. A function of the ranking's layers, the seed and the two numbers alone.
/// @param which  of the run's rankings, so that two of them are not given the same draws
inline std::vector<int> random_order_in_layers(const std::vector<int>& ranking, int heads_per_layer,
                                               std::uint64_t seed, std::uint32_t number,
                                               std::uint32_t which) {
  std::map<int, std::vector<int>> left;  // by layer, those not removed yet
  for (int head = 0; head < static_cast<int>(ranking.size()); ++head) {
    left[head / heads_per_layer].push_back(head);
  }
  std::vector<int> heads;
  for (std::uint32_t place = 0; place < ranking.size(); ++place) {
    std::vector<int>& layer = left.at(ranking[place] / heads_per_layer);
    const double u = uniform_at(
        seed, {.prompt = (std::uint64_t{which} << 32U) | number, .sample = 0x1A7E4, .step = place});
    const auto drawn =
        layer.begin() + static_cast<std::ptrdiff_t>(u * static_cast<double>(layer.size()));
    heads.push_back(*drawn);
    layer.erase(drawn);
  }
  return heads;
}

}  // namespace phiscope::extract
