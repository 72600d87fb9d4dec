// SPDX-License-Identifier: MIT
#pragma once

#include "ablate/orders.hpp"

#include <cstdint>
#include <vector>

namespace phiscope::extract {

/// What is removed at once: leading heads of an order, or one head alone.
struct Removal {
  std::int64_t order = 0;    ///< index of the order; -1: one head alone
  std::int64_t removed = 0;  ///< how many heads; of one alone: which
  std::vector<int> heads;
};

/// Numbers of removed heads: 0, step, 2 step, ..., and all.
inline std::vector<int> removal_counts(int heads, int step) {
  std::vector<int> counts;
  for (int n = 0; n < heads; n += step) counts.push_back(n);
  counts.push_back(heads);
  return counts;
}

/// All removals of all orders, one order after the other.
inline std::vector<Removal> removals_of(const std::vector<AblationOrder>& orders, int step) {
  std::vector<Removal> all;
  for (std::size_t o = 0; o < orders.size(); ++o) {
    const std::vector<int>& heads = orders[o].heads;
    for (const int n : removal_counts(static_cast<int>(heads.size()), step)) {
      all.push_back({.order = static_cast<std::int64_t>(o),
                     .removed = n,
                     .heads = {heads.begin(), heads.begin() + n}});
    }
  }
  return all;
}

/// Every head removed alone, and none.
inline std::vector<Removal> single_removals(int heads) {
  std::vector<Removal> all{{.order = -1, .removed = -1, .heads = {}}};
  for (int h = 0; h < heads; ++h) all.push_back({.order = -1, .removed = h, .heads = {h}});
  return all;
}

}  // namespace phiscope::extract
