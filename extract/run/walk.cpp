// SPDX-License-Identifier: MIT
#include "run/walk.hpp"

#include "run/edits.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

int shortest_length(const Run& run) {
  return given_positions(run);
}

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
void want_sources(const Run& run, std::deque<Walk>& walks) {
  for (const Action& action : run.actions) {
    for (const Source& source : sources_of(action)) {
      if (source.run >= walks.size()) continue;  // of no run
      const Site& site = *site_of(action);
      want(walks[source.run].wanted, {{site.hook, site.layer}}, first_of(source.positions));
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

/// What a run takes of the one it comes from, besides its cache.
void want_beginning(const Plan& plan, const Walk& walk, const Departure& from, int end,
                    Wanted& of) {
  const Run& run = *walk.run;
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
  const Wanted& theirs = walk.wanted;
  if (theirs.first < known) want(of, lacking(from, theirs.places, theirs.first), theirs.first);
}

void want_scores(const Walk& walk) {
  const Run& run = *walk.run;
  Wanted& of = walk.reference->wanted;
  for (const Row& row : run.rows) {
    for (const Span& span : row.spans) {
      const int at = span.begin - run.origin + walk.reference->run->origin;
      want(of, {{Hook::final_norm, 0}}, at);
      of.scores_from = of.scores_from < 0 ? at : std::min(of.scores_from, at);
    }
  }
}

/// Fills in what each walk has to keep, the later runs first: what one has to keep of a beginning
/// that is not its own must be kept by the run it comes from.
void plan_traces(const Plan& plan, const Group& group, int layers, std::deque<Walk>& walks) {
  for (std::size_t r = walks.size(); r-- > 0;) {
    Walk& walk = walks[r];
    want_sources(*walk.run, walks);
    if (walk.reference != nullptr) want_scores(walk);
    if (walk.parent == nullptr) continue;
    const Run& base = group.runs[group.runs[r].from];
    // With the tokens that it may quote, and without: it has one length or another in between.
    for (const int quoted : {0, walk.run->quote.tokens}) {
      const int length = shortest_length(*walk.run) + quoted;
      Departure from =
          departure(base, *walk.run, shortest_length(base) + base.quote.tokens, length);
      from.layer = std::min(from.layer, layers);
      const int end = pass_end(*walk.run, from.position, length);
      want_beginning(plan, walk, from, end, walk.parent->wanted);
      const bool owns = walk.forked || walk.continued || end < length;
      walk.parent->forked = walk.parent->forked || takes_cache(from, owns);
    }
  }
}

void check_order(const Group& group, std::size_t run) {
  const auto earlier = [&](std::size_t other, const char* what) {
    if (other < run) return;
    throw std::invalid_argument("make_group_walk: run " + std::to_string(run) + " takes its " +
                                what + " from run " + std::to_string(other) +
                                ", expected an earlier one");
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
    throw std::invalid_argument("make_group_walk: run " + std::to_string(run) +
                                " continues another, expected the beginning of that one, without "
                                "rows");
  }
  if (one.from != no_run && one.from != run) earlier(one.from, "beginning");
  if (one.against != run) earlier(one.against, "scores to compare with");
}

bool needs_scores(const Plan& plan, const Run& run) {
  return std::ranges::any_of(run.rows,
                             [&](const Row& row) { return has_measures(plan, row.space); });
}

/// Other runs that a run waits for.
void connect(const Plan& plan, const Group& group, std::size_t r, std::deque<Walk>& walks) {
  Walk& walk = walks[r];
  const Run& run = *walk.run;
  const std::size_t parent = parent_of(group, r);
  if (parent != no_run) walk.parent = &walks[parent];
  if (needs_scores(plan, run) && run.against < r) walk.reference = &walks[run.against];
  if (run.quote.tokens > 0) walk.quoted = &walks[run.quote.run];
  std::set<std::size_t> sources;
  for (const Action& action : run.actions) {
    for (const Source& source : sources_of(action)) {
      if (source.run < walks.size()) sources.insert(source.run);
    }
  }
  for (const std::size_t source : sources) walk.sources.push_back(&walks[source]);
}

/// Every run that a walk takes something of, once for each way in which it does.
std::vector<Walk*> taken_from(const Walk& walk) {
  std::vector<Walk*> all = walk.sources;
  for (Walk* one : {walk.parent, walk.reference, walk.quoted}) {
    if (one != nullptr) all.push_back(one);
  }
  return all;
}

/// The ids that enter at a run's positions, with what it quotes.
std::vector<int> sequence_of(const Walk& walk) {
  const Run& run = *walk.run;
  std::vector<int> ids = run.tokens;
  ids.insert(ids.end(), static_cast<std::size_t>(run.latents.count), run.tokens.front());
  ids.insert(ids.end(), run.after.begin(), run.after.end());
  if (walk.quoted == nullptr) return ids;
  const std::vector<int>& told = walk.quoted->generated;
  const auto count = std::min(told.size(), static_cast<std::size_t>(run.quote.tokens));
  ids.insert(ids.end(), told.begin(), told.begin() + static_cast<std::ptrdiff_t>(count));
  return ids;
}

/// One past the last position of which the run that this one comes from must know something.
int known_end(const Walk& walk) {
  return walk.from.layer > 0 ? pass_end(*walk.run, walk.from.position, walk.length())
                             : walk.from.position;
}

/// One past the last position that the run which this one comes from must have computed.
int needed_end(const Walk& walk) {
  const Run& run = *walk.run;
  const int first = walk.from.position;
  int end = known_end(walk);
  if (first >= latents_begin(run) && first < latents_end(run))
    end = first + 1;  // what entered there
  return run.latents.frozen && first < latents_end(run) ? latents_end(run) : end;
}

/// Passes from `position` until the one that computes `until` is over.
int passes_through(const Run& run, int position, int until, int length) {
  int passes = 0;
  while (position <= until && position < length) {
    position = pass_end(run, position, length);
    ++passes;
  }
  return passes;
}

/// True if the scores that a run is compared with are there when its own first ones are: both go a
/// pass further in every step.
bool has_scores_in_time(const Walk& walk) {
  const Walk& reference = *walk.reference;
  if (reference.scores.scores.defined()) return true;
  if (reference.state != Walk::State::walking) return false;
  int first = walk.length();
  for (const Row& row : walk.run->rows) {
    for (const Span& span : row.spans) first = std::min(first, span.begin);
  }
  const int others = passes_through(*reference.run, reference.position, reference.length() - 1,
                                    reference.length());
  return others < passes_through(*walk.run, walk.from.position, first, walk.length());
}

/// Where each row goes; one whose positions a short quote does not reach is left out.
void make_room(Walk& walk, const Plan& plan) {
  const std::vector<Row>& rows = walk.run->rows;
  walk.rows.assign(1 + plan.further_spaces.size(), 0);
  walk.row_of.assign(rows.size(), -1);
  walk.yielded.assign(rows.size(), false);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const bool there = std::ranges::all_of(
        rows[r].spans, [&](const Span& span) { return span.end <= walk.length(); });
    if (there) walk.row_of[r] = walk.rows.at(rows[r].space)++;
  }
  walk.measured.assign(plan.captures.size(), {});
  for (std::size_t c = 0; c < plan.captures.size(); ++c) {
    if (plan.captures[c].measure == Measure::values) continue;
    walk.measured[c].assign(static_cast<std::size_t>(walk.rows.at(plan.captures[c].space)), 0.0);
  }
  walk.forced = forced_tokens(*walk.run, plan.generation.tokens);
  walk.added.assign(windows_of(plan.generation, *walk.run).size(), 0);
}

/// Values of the beginning that it shares, for those who take some of this run.
void begin_trace(Walk& walk) {
  walk.trace.first = walk.wanted.first;
  for (const Place& place : walk.wanted.places) walk.trace.values[place];
  const std::int64_t count = walk.from.position - walk.trace.first;
  if (walk.parent == nullptr || count <= 0) return;
  for (auto& [place, values] : walk.trace.values) {
    values = walk.parent->trace.rows(place, walk.trace.first, count);
  }
}

}  // namespace

void make_group_walk(const Plan& plan, const Group& group, const GroupTraces& more, int layers,
                     GroupWalk& made) {
  made.walks.resize(group.runs.size());
  made.traces = more;
  for (std::size_t r = 0; r < group.runs.size(); ++r) {
    check_order(group, r);
    Walk& walk = made.walks[r];
    walk.run = &group.runs[r];
    walk.number = r;
    walk.group = &made;
    const std::vector<std::int64_t>& key = walk.run->key;
    walk.name = key.empty() ? "run " + std::to_string(r) + " of its group"
                            : "prompt " + std::to_string(key.front());
    connect(plan, group, r, made.walks);
    for (Walk* other : taken_from(walk)) ++other->users;
    made.traces[r] = &walk.trace;
    walk.continued = plan.generation.tokens > 0 && walk.run->generates && !walk.run->donor;
    walk.ended = !walk.continued;
    const int limit = walk.run->limit;
    walk.most = limit > 0 ? std::min(limit, plan.generation.tokens) : plan.generation.tokens;
    made.to_the_end = made.to_the_end || walk.continued || walk.run->latents.count > 0 ||
                      needs_scores(plan, *walk.run);
  }
  plan_traces(plan, group, layers, made.walks);
}

bool is_ready(Walk& walk) {
  if (walk.quoted != nullptr && walk.quoted->state != Walk::State::done) return false;
  if (walk.parent != nullptr && walk.parent->state == Walk::State::waiting) return false;
  if (walk.sequence.empty()) {
    walk.sequence = sequence_of(walk);
    if (walk.parent != nullptr) {
      walk.from = departure(*walk.parent->run, *walk.run, walk.parent->length(), walk.length());
    }
  }
  const auto given = [](const Walk* other) {
    return other->state != Walk::State::waiting && other->position >= other->length();
  };
  if (walk.parent != nullptr && walk.parent->position < needed_end(walk)) return false;
  if (walk.reference != nullptr && !has_scores_in_time(walk)) return false;
  return std::ranges::all_of(walk.sources, given);
}

bool is_void(const Walk& walk) {
  return walk.run->quote.continues && std::ssize(walk.quoted->generated) <= walk.run->quote.tokens;
}

void set_out(Walk& walk, const Plan& plan, const CacheKind& kind) {
  walk.state = Walk::State::walking;
  walk.position = walk.from.position;
  walk.from.layer = std::min(walk.from.layer, static_cast<int>(kind.config.layers));
  const bool passes = pass_end(*walk.run, walk.position, walk.length()) < walk.length();
  walk.owns = walk.forked || walk.continued || passes;
  const int room = walk.length() + (walk.continued ? walk.most : 0);
  if (walk.owns && walk.parent != nullptr && walk.parent->owns) {
    walk.cache = walk.parent->cache.fork(walk.position, known_end(walk), room);
  } else if (walk.owns) {
    walk.cache = KvCache(kind.config, room, kind.dtype, kind.device);
  }
  make_room(walk, plan);
  begin_trace(walk);
}

void arrive(Walk& walk) {
  walk.state = Walk::State::done;
  walk.last = {};
  const auto release = [](Walk& one) {
    if (one.users > 0 || one.state != Walk::State::done) return;
    one.cache = {};
    one.trace.values.clear();
    one.scores = {};
  };
  for (Walk* other : taken_from(walk)) {
    --other->users;
    release(*other);
  }
  release(walk);
}

}  // namespace phiscope::extract
