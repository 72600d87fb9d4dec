// SPDX-License-Identifier: MIT
#pragma once

#include "ablate/beginnings.hpp"
#include "ablate/removal.hpp"
#include "plan/counter_random.hpp"
#include "plan/plan.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
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

/// [removal] a number that those of the same heads have in common, from 1 on; 0: no other has them.
inline std::vector<std::int64_t> repeated_sets(const std::vector<Removal>& removals) {
  std::map<std::vector<int>, std::vector<std::size_t>> where;
  for (std::size_t r = 0; r < removals.size(); ++r) {
    std::vector<int> heads = removals[r].heads;
    std::ranges::sort(heads);
    where[heads].push_back(r);
  }
  std::vector<std::int64_t> numbers(removals.size(), 0);
  std::int64_t last = 0;
  for (const auto& [heads, places] : where) {
    if (places.size() < 2) continue;
    ++last;
    for (const std::size_t r : places) numbers[r] = last;
  }
  return numbers;
}

/// The actions of a removal, lower layers first: removals that differ in higher ones alone begin
/// alike.
inline ActionList removal_actions(const Removal& removal, const AblationLayout& layout) {
  std::vector<int> heads = removal.heads;
  std::ranges::sort(heads);
  std::vector<Action> list;
  list.reserve(heads.size());
  for (const int head : heads) {
    list.push_back(removal_of(head, layout.heads_per_layer, layout.replacement));
  }
  return list;
}

/// The run of a text without the heads of a removal.
inline Run ablated_run(const AblationText& text, std::int64_t prompt, const Removal& removal,
                       const ActionList& actions, bool by_step) {
  const int end = static_cast<int>(text.tokens.size()) - 1;
  Run run{.tokens = text.tokens, .rows = {}, .actions = actions};
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
///
/// Without any head removed a text is computed again from its first block on. Intact texts are
/// alike in all groups, as are texts without the same heads: Run::alike of text t is t where it is
/// intact, and else that of its set of heads times the number of texts and t.
inline void add_ablation(const std::vector<AblationText>& texts,
                         const std::vector<Removal>& removals, const AblationLayout& layout,
                         Plan& plan) {
  const auto block = static_cast<std::size_t>(layout.per_shard);
  const auto count = static_cast<std::int64_t>(texts.size());
  const std::vector<std::int64_t> sets = repeated_sets(removals);
  const std::size_t before = layout.replacement == Replacement::resample ? 2 : 1;
  const int layers = layers_of(removals, layout.heads_per_layer);
  std::size_t rows = 0;
  for (const AblationText& text : texts) rows += text.tokens.size();
  for (std::size_t first = 0; first < removals.size(); first += block) {
    const std::size_t end = std::min(first + block, removals.size());
    std::vector<ActionList> actions;  // one list per removal, which the texts share
    std::vector<bool> once;
    for (std::size_t r = first; r < end; ++r) {
      actions.push_back(removal_actions(removals[r], layout));
      once.push_back(sets[r] == 0);
    }
    const std::vector<std::size_t> from =
        beginnings(std::span(removals).subspan(first, end - first), layout.heads_per_layer, layers,
                   once, rows);
    for (std::size_t t = 0; t < texts.size(); ++t) {
      const auto number = static_cast<std::int64_t>(t);
      Group group{.runs = {{.tokens = texts[t].tokens, .rows = {}}}};
      group.runs[0].alike = number;
      if (layout.replacement == Replacement::resample) {
        const std::size_t donor = layout.donors.at(t);
        group.runs.push_back({.tokens = texts.at(donor).tokens, .rows = {}, .donor = true});
        group.runs[1].alike = static_cast<std::int64_t>(donor);
      }
      for (std::size_t r = first; r < end; ++r) {
        Run run = ablated_run(texts[t], number, removals[r], actions[r - first], layout.by_step);
        if (removals[r].heads.empty()) {
          run.from = no_run;
        } else if (from[r - first] != intact_beginning) {
          run.from = before + from[r - first];
        }
        if (sets[r] > 0) run.alike = sets[r] * count + number;
        group.runs.push_back(std::move(run));
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
