// SPDX-License-Identifier: MIT
#pragma once

#include "ablate/orders.hpp"
#include "plan/counter_random.hpp"
#include "plan/plan.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// A text of the intact model: a prompt and its continuation.
struct AblationText {
  std::vector<int> tokens;
  int response = 1;  ///< position of the first generated token, at least 1
};

/// What takes the place of a removed head's hook_z, at every position.
enum class Replacement {
  zero,
  mean,      ///< the head's mean over all positions of all texts, in the intact model
  resample,  ///< what the head computes in another text, at the same position
};

/// What is removed at once: leading heads of an order, or one head alone.
struct Removal {
  std::int64_t order = 0;    ///< index of the order; -1: one head alone
  std::int64_t removed = 0;  ///< how many heads; of one alone: which
  std::vector<int> heads;
};

/// Which text each text takes values from: a cyclic permutation, so never itself.
/// @pre two texts or more
inline std::vector<std::size_t> donor_texts(std::size_t texts, std::uint64_t seed) {
  std::vector<std::size_t> donors(texts);
  for (std::size_t t = 0; t < texts; ++t) donors[t] = t;
  for (std::size_t last = texts - 1; last > 0; --last) {  // Sattolo's shuffle
    const double u = uniform_at(
        seed, {.prompt = 0, .sample = 0xD0402, .step = static_cast<std::uint32_t>(last)});
    std::swap(donors[static_cast<std::size_t>(u * static_cast<double>(last))], donors[last]);
  }
  return donors;
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

/// The action that removes one head. The texts' mean and the donor's run are where add_ablation()
/// puts them.
inline Action removal_of(int head, int heads_per_layer, Replacement replacement) {
  const Site site{.hook = Hook::z, .layer = head / heads_per_layer, .head = head % heads_per_layer};
  switch (replacement) {
    case Replacement::mean:
      return Mean{.site = site, .from = {{.run = averaged_texts, .positions = {0}}}};
    case Replacement::resample:
      return Patch{.site = site, .from = {.run = 1, .positions = {}}};
    case Replacement::zero:
      break;
  }
  return Zero{site};
}

/// How an ablation is laid out as a plan.
struct AblationLayout {
  int heads_per_layer = 1;  ///< of the model
  int per_shard = 8;        ///< removals
  bool by_step = false;     ///< one row per position instead of their mean
  Replacement replacement = Replacement::zero;
  std::vector<std::size_t> donors{};  ///< [text], for resample: see donor_texts()
};

/// The run of a text without the heads of a removal.
inline Run ablated_run(const AblationText& text, std::int64_t prompt, const Removal& removal,
                       const ActionList& actions, bool by_step) {
  const int end = static_cast<int>(text.tokens.size()) - 1;
  Run run{.tokens = text.tokens, .rows = {}, .actions = actions};
  if (actions.empty()) run.from = no_run;
  const std::vector<std::int64_t> key{removal.order, removal.removed, prompt};
  if (!by_step) run.rows.push_back({.key = key, .spans = {{text.response - 1, end}}});
  for (int at = text.response - 1; by_step && at < end; ++at) {
    run.rows.push_back({.key = key, .spans = {{at, at + 1}}});
    run.rows.back().key.push_back(at - text.response + 1);
  }
  return run;
}

/// One shard per `per_shard` removals, with one group per text: the intact text first, for resample
/// then its donor, then the text without the heads. Each of these has one row, the divergence from
/// the intact text averaged over the positions that predict its response; key: order, removed,
/// prompt. With `by_step` one row per position; key: order, removed, prompt, step.
inline void add_ablation(const std::vector<AblationText>& texts,
                         const std::vector<Removal>& removals, const AblationLayout& layout,
                         Plan& plan) {
  const auto block = static_cast<std::size_t>(layout.per_shard);
  for (std::size_t first = 0; first < removals.size(); first += block) {
    const std::size_t end = std::min(first + block, removals.size());
    std::vector<ActionList> actions;  // one list per removal, which the texts share
    for (std::size_t r = first; r < end; ++r) {
      std::vector<Action> list;
      for (const int head : removals[r].heads) {
        list.push_back(removal_of(head, layout.heads_per_layer, layout.replacement));
      }
      actions.emplace_back(std::move(list));
    }
    for (std::size_t t = 0; t < texts.size(); ++t) {
      Group group{.runs = {{.tokens = texts[t].tokens, .rows = {}}}};
      if (layout.replacement == Replacement::resample) {
        group.runs.push_back(
            {.tokens = texts.at(layout.donors.at(t)).tokens, .rows = {}, .donor = true});
      }
      for (std::size_t r = first; r < end; ++r) {
        group.runs.push_back(ablated_run(texts[t], static_cast<std::int64_t>(t), removals[r],
                                         actions[r - first], layout.by_step));
      }
      plan.groups.push_back(std::move(group));
    }
  }
  plan.groups_per_shard = texts.size();
  plan.divisible = false;  // a shard is whole removals
  if (layout.replacement != Replacement::mean) return;
  for (const AblationText& text : texts) plan.averaged.push_back(text.tokens);
}

}  // namespace phiscope::extract
