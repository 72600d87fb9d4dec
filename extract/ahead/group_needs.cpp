// SPDX-License-Identifier: MIT
#include "ahead/group_needs.hpp"

#include "ahead/row_kinds.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

/// Adds places of a run to those that others take, from a position on.
void want(Wanted& of, const std::set<Place>& places, int first) {
  if (places.empty()) return;
  of.first = of.places.empty() ? first : std::min(of.first, first);
  of.places.insert(places.begin(), places.end());
}

std::set<Place> captured_places(const Plan& plan, std::size_t space) {
  std::set<Place> places;
  for (const Capture& capture : plan.captures) {
    if (capture.measure != Measure::values || capture.space != space) continue;
    if (capture.layers.empty()) places.emplace(capture.hook, 0);
    for (const int layer : capture.layers) places.emplace(capture.hook, layer);
  }
  return places;
}

int first_of(const std::vector<int>& positions) {
  return positions.empty() ? 0 : *std::ranges::min_element(positions);
}

/// What a run's actions take of others.
void want_sources(const Run& run, std::vector<RunNeeds>& all) {
  for (const Action& action : run.actions) {
    for (const Source& source : sources_of(action)) {
      if (source.run >= all.size()) continue;  // of no run
      const Site& site = *site_of(action);
      want(all[source.run].wanted, {{site.hook, site.layer}}, first_of(source.positions));
    }
  }
}

/// Whether a run computes the values at a place itself, as far as its own positions go.
bool computes(const Departure& from, const Place& place) {
  const auto& [hook, layer] = place;
  if (hook == Hook::embed) return from.layer == 0;
  if (!hook_name(hook).in_block) return true;
  return (hook == Hook::resid_post ? layer + 1 : layer) >= from.layer;
}

/// Of places that are wanted from `first` on those that a run does not compute.
std::set<Place> lacking(const Departure& from, const std::set<Place>& places, int first) {
  std::set<Place> some;
  std::ranges::copy_if(places, std::inserter(some, some.end()), [&](const Place& place) {
    return first < from.position || !computes(from, place);
  });
  return some;
}

/// Adds what a run takes of the one it comes from, besides its cache.
/// @param theirs  what others take of this run
void want_beginning(const Plan& plan, const Run& run, const Wanted& theirs, const Departure& from,
                    int end, Wanted& of) {
  if (from.layer > 0) want(of, {{Hook::resid_post, from.layer - 1}}, from.position);
  const bool at_latent = from.position >= latents_begin(run) && from.position < latents_end(run);
  const bool feeds = run.latents.frozen && from.position < latents_end(run);
  if (at_latent || feeds) want(of, {{Hook::embed, 0}}, std::max(from.position, latents_begin(run)));
  const int known = from.layer > 0 ? end : from.position;
  for (const Row& row : run.rows) {
    for (const Span& span : row.spans) {
      if (span.begin >= known) continue;
      want(of, lacking(from, captured_places(plan, row.space), span.begin), span.begin);
    }
  }
  if (theirs.first < known) want(of, lacking(from, theirs.places, theirs.first), theirs.first);
}

void want_scores(const Run& run, const Run& reference, Wanted& of) {
  for (const Row& row : run.rows) {
    for (const Span& span : row.spans) {
      const int at = span.begin - run.origin + reference.origin;
      want(of, {{Hook::final_norm, 0}}, at);
      of.scores_from = of.scores_from < 0 ? at : std::min(of.scores_from, at);
    }
  }
}

/// Fills in what each run has to keep, the later runs first: what one has to keep of a beginning
/// that is not its own must be kept by the run it comes from.
void plan_traces(const Plan& plan, const Group& group, int layers, std::vector<RunNeeds>& all) {
  for (std::size_t r = all.size(); r-- > 0;) {
    const Run& run = group.runs[r];
    const RunNeeds& needs = all[r];
    want_sources(run, all);
    if (needs.reference != no_run) {
      want_scores(run, group.runs[needs.reference], all[needs.reference].wanted);
    }
    if (needs.parent == no_run) continue;
    const Run& base = group.runs[needs.parent];
    RunNeeds& parent = all[needs.parent];
    // With the tokens that it may quote, and without: it has one length or another in between.
    for (const int quoted : {0, run.quote.tokens}) {
      const int length = given_positions(run) + quoted;
      Departure from = departure(base, run, given_positions(base) + base.quote.tokens, length);
      from.layer = std::min(from.layer, layers);
      const int end = pass_end(run, from.position, length);
      want_beginning(plan, run, needs.wanted, from, end, parent.wanted);
      const bool owns = needs.forked || needs.continued || end < length;
      parent.forked = parent.forked || takes_cache(from, owns);
    }
  }
}

void check_order(const Group& group, std::size_t run) {
  const auto earlier = [&](std::size_t other, const char* what) {
    if (other < run) return;
    throw std::invalid_argument("group_needs: run " + std::to_string(run) + " takes its " + what +
                                " from run " + std::to_string(other) + ", expected an earlier one");
  };
  for (const Action& action : group.runs[run].actions) {
    for (const Source& source : sources_of(action)) {
      if (source.run < donor_rows) earlier(source.run, "values");
    }
  }
  const Run& one = group.runs[run];
  if (one.quote.tokens > 0) earlier(one.quote.run, "tokens");
  if (one.quote.continues && (one.from != one.quote.run || one.quote.tokens < 1 ||
                              !one.rows.empty() || group.runs[one.from].quote.tokens > 0 ||
                              given_positions(one) != given_positions(group.runs[one.from]))) {
    throw std::invalid_argument("group_needs: run " + std::to_string(run) +
                                " continues another, expected the beginning of that one, without "
                                "rows");
  }
  if (one.from != no_run && one.from != run) earlier(one.from, "beginning");
  if (one.against != run) earlier(one.against, "scores to compare with");
}

/// Other runs that a run waits for.
RunNeeds connected(const Plan& plan, const Group& group, std::size_t r) {
  const Run& run = group.runs[r];
  RunNeeds needs{.parent = parent_of(group, r)};
  if (needs_scores(plan, run) && run.against < r) needs.reference = run.against;
  if (run.quote.tokens > 0) needs.quoted = run.quote.run;
  std::set<std::size_t> sources;
  for (const Action& action : run.actions) {
    for (const Source& source : sources_of(action)) {
      if (source.run < group.runs.size()) sources.insert(source.run);
    }
  }
  needs.sources.assign(sources.begin(), sources.end());
  needs.continued = plan.generation.tokens > 0 && run.generates && !run.donor;
  return needs;
}

}  // namespace

bool needs_scores(const Plan& plan, const Run& run) {
  return std::ranges::any_of(run.rows,
                             [&](const Row& row) { return has_measures(plan, row.space); });
}

std::vector<RunNeeds> group_needs(const Plan& plan, const Group& group, int layers) {
  std::vector<RunNeeds> all;
  all.reserve(group.runs.size());
  for (std::size_t r = 0; r < group.runs.size(); ++r) {
    check_order(group, r);
    all.push_back(connected(plan, group, r));
  }
  plan_traces(plan, group, layers, all);
  return all;
}

}  // namespace phiscope::extract
