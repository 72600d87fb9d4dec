// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <span>

namespace phiscope::extract {

/// Number of leading tokens that two runs have in common.
inline std::size_t shared_prefix(const std::vector<int>& a, const std::vector<int>& b) {
  std::size_t n = 0;
  while (n < a.size() && n < b.size() && a[n] == b[n]) ++n;
  return n;
}

/// What a run has of its own: positions from `position` on, in the first pass only the blocks from
/// `layer` on. At least one position.
struct Departure {
  int position = 0;
  int layer = 0;
};

/// The run that a run of a group comes from, or no_run.
inline std::size_t parent_of(const Group& group, std::size_t run) {
  const Run& one = group.runs[run];
  const bool root = one.from >= run || one.donor;
  return root ? no_run : one.from;
}

/// One past the last position that a pass beginning at `position` computes: positions with tokens
/// enter together, latents one by one. @param length  positions of the run, quoted ones included
inline int pass_end(const Run& run, int position, int length) {
  if (run.latents.count == 0) return length;
  if (position < latents_begin(run)) return latents_begin(run);
  return position < latents_end(run) ? position + 1 : length;
}

/// Leading positions whose inputs are the same. @param lengths  of the two runs
inline int shared_positions(const Run& base, const Run& run, int base_length, int length) {
  if (run.quote.continues) return length;
  const auto tokens = static_cast<int>(shared_prefix(base.tokens, run.tokens));
  if (tokens < latents_begin(base) || tokens < latents_begin(run)) return tokens;
  if (base.latents.count != run.latents.count) {
    return tokens + std::min(base.latents.count, run.latents.count);
  }
  const auto after = static_cast<int>(shared_prefix(base.after, run.after));
  const int known = latents_end(run) + after;
  const bool all = base.after == run.after && base.quote == run.quote;
  return all ? std::min(base_length, length) : known;
}

/// Number of leading actions that two runs have in common.
inline std::size_t shared_actions(const ActionList& a, const ActionList& b) {
  if (a.begin() == b.begin()) return std::min(a.size(), b.size());  // copies of one list
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

/// The block to enter for a run that first differs in block `layer` from the one it comes from: a
/// lower one where that run has changed what enters, for this one makes its own changes there.
inline int unchanged_entry(const Run& base, int layer) {
  std::set<int> changed;  // blocks after which the stream is another
  for (const Action& action : base.actions) {
    const Site* site = site_of(action);
    if (site != nullptr && site->hook == Hook::resid_post) changed.insert(site->layer);
  }
  const bool after_all = layer == std::numeric_limits<int>::max();
  int entry = after_all && !changed.empty() ? *changed.rbegin() : layer;
  while (entry > 0 && changed.contains(entry - 1)) --entry;
  return std::max(entry, 0);
}

/// Where a run begins to differ from the one it comes from. Actions that both begin with are no
/// difference: what follows them changes nothing before its own sites.
/// @param lengths  positions, quoted ones included
inline Departure departure(const Run& base, const Run& run, int base_length, int length) {
  const int common = shared_positions(base, run, base_length, length);
  int position = std::min(common, length - 1);
  const std::size_t same = shared_actions(base.actions, run.actions);
  const auto each_site = [&](const auto& see) {
    for (const Run* one : {&base, &run}) {
      for (const Action& action : std::span(one->actions).subspan(same)) {
        const Site* site = site_of(action);
        if (site != nullptr) see(*site);
      }
    }
  };
  each_site([&](const Site& site) { position = std::min(position, first_position(site)); });
  const int end = pass_end(run, position, length);
  int layer = std::numeric_limits<int>::max();
  bool changed = false;
  each_site([&](const Site& site) {
    changed = true;
    const bool touched = site.positions.empty() || std::ranges::any_of(site.positions, [&](int at) {
                           return at >= position && at < end;
                         });
    if (touched) layer = std::min(layer, entry_layer(site));
  });
  // Other inputs change everything from the embedding on; so does being computed at all.
  const bool late = changed && common >= end;
  return {.position = position, .layer = late ? unchanged_entry(base, layer) : 0};
}
inline Departure departure(const Run& base, const Run& run) {
  return departure(base, run, given_positions(base) + base.quote.tokens,
                   given_positions(run) + run.quote.tokens);
}

/// Whether a run takes the cache of the one it comes from: keys and values of earlier positions, or
/// for a cache of its own those of the blocks that it skips.
/// @param owns  has a cache of its own
inline bool takes_cache(const Departure& from, bool owns) {
  return from.position > 0 || (from.layer > 0 && owns);
}

/// Work, once with every run alone and once with what is shared computed once.
struct TokenCount {
  std::uint64_t runs = 0;
  std::uint64_t continued = 0;  ///< runs that generate where the plan does
  std::uint64_t rows = 0;
  std::uint64_t alone = 0;   ///< positions
  std::uint64_t shared = 0;  ///< positions
  std::uint64_t single = 0;  ///< of these, positions that enter one by one: latents
  std::uint64_t token_layers_alone = 0;
  std::uint64_t token_layers_shared = 0;
};

/// Counts the work of some groups, without what is generated; of runs that are alike, of the first.
/// @param layers  of the model
/// @param seen    numbers of alike runs that were counted before; the groups' are added
inline TokenCount count_tokens(std::span<const Group> groups, int layers,
                               std::set<std::int64_t>& seen) {
  TokenCount count;
  for (const Group& group : groups) {
    for (std::size_t r = 0; r < group.runs.size(); ++r) {
      const Run& run = group.runs[r];
      const std::size_t parent = parent_of(group, r);
      const int length = given_positions(run) + run.quote.tokens;
      const Departure from = parent == no_run ? Departure{} : departure(group.runs[parent], run);
      const int end = pass_end(run, from.position, length);
      const auto first = static_cast<std::uint64_t>(end - from.position);
      const auto rest = static_cast<std::uint64_t>(length - end);
      const auto above = static_cast<std::uint64_t>(layers - std::min(from.layer, layers));
      ++count.runs;
      count.continued += run.generates && !run.donor ? 1 : 0;
      count.rows += run.rows.size();
      count.alone += static_cast<std::uint64_t>(length);
      count.token_layers_alone +=
          static_cast<std::uint64_t>(length) * static_cast<std::uint64_t>(layers);
      if (run.alike != unlike && !seen.insert(run.alike).second) continue;
      count.shared += first + rest;
      for (int at = from.position; at < length;) {
        const int pass = pass_end(run, at, length);
        const bool latent = at >= latents_begin(run) && at < latents_end(run);
        count.single += latent || run.quote.continues ? 1 : 0;
        at = pass;
      }
      count.token_layers_shared += first * above + rest * static_cast<std::uint64_t>(layers);
    }
  }
  return count;
}
inline TokenCount count_tokens(std::span<const Group> groups, int layers = 1) {
  std::set<std::int64_t> seen;
  return count_tokens(groups, layers, seen);
}

}  // namespace phiscope::extract
