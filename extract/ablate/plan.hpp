// SPDX-License-Identifier: MIT
#pragma once

#include "plan/counter_random.hpp"
#include "plan/plan.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// A text of the intact model: a prompt and its continuation.
struct AblationText {
  std::vector<int> tokens;
  int response = 1;  ///< position of the first generated token, at least 1
};

/// Heads in the order in which they are removed; head = layer * heads + head in layer.
struct AblationOrder {
  std::string name;
  std::string kind;  ///< ranking, baseline, random
  std::vector<int> heads;
};

/// What is removed at once: leading heads of an order, or one head alone.
struct Removal {
  std::int64_t order = 0;    ///< index of the order; -1: one head alone
  std::int64_t removed = 0;  ///< how many heads; of one alone: which
  std::vector<int> heads;
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

/// One shard per `per_shard` removals, with one group per text: the intact text first, then the
/// text without the heads. Each has one row, the divergence from the intact text averaged
/// over the positions that predict its response; key: order, removed, prompt. With `by_step` one
/// row per position; key: order, removed, prompt, step.
/// @param heads_per_layer  of the model
inline void add_ablation(const std::vector<AblationText>& texts,
                         const std::vector<Removal>& removals, int heads_per_layer, int per_shard,
                         bool by_step, Plan& plan) {
  const auto block = static_cast<std::size_t>(per_shard);
  for (std::size_t first = 0; first < removals.size(); first += block) {
    for (std::size_t t = 0; t < texts.size(); ++t) {
      const AblationText& text = texts[t];
      const auto prompt = static_cast<std::int64_t>(t);
      const int end = static_cast<int>(text.tokens.size()) - 1;
      Group group{.runs = {{.tokens = text.tokens, .rows = {}}}};
      for (std::size_t r = first; r < std::min(first + block, removals.size()); ++r) {
        Run run{.tokens = text.tokens, .rows = {}, .whole = true};
        std::vector<std::int64_t> key{removals[r].order, removals[r].removed, prompt};
        if (!by_step) run.rows.push_back({.key = key, .spans = {{text.response - 1, end}}});
        for (int at = text.response - 1; by_step && at < end; ++at) {
          run.rows.push_back({.key = key, .spans = {{at, at + 1}}});
          run.rows.back().key.push_back(at - text.response + 1);
        }
        for (const int head : removals[r].heads) {
          run.actions.emplace_back(Zero{
              {.hook = Hook::z, .layer = head / heads_per_layer, .head = head % heads_per_layer}});
          run.whole = false;
        }
        group.runs.push_back(std::move(run));
      }
      plan.groups.push_back(std::move(group));
    }
  }
  plan.groups_per_shard = texts.size();
}

}  // namespace phiscope::extract
