// SPDX-License-Identifier: MIT
#include "run/walk.hpp"

#include "run/edits.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

namespace phiscope::extract {
namespace {

/// The walk of a number; null for none.
Walk* walk_at(std::deque<Walk>& walks, std::size_t number) {
  return number == no_run ? nullptr : &walks[number];
}

/// What a walk takes of others, and they of it.
void connect(RunNeeds& needs, std::deque<Walk>& walks, Walk& walk) {
  walk.parent = walk_at(walks, needs.parent);
  walk.reference = walk_at(walks, needs.reference);
  walk.quoted = walk_at(walks, needs.quoted);
  for (const std::size_t source : needs.sources) walk.sources.push_back(&walks[source]);
  walk.wanted = std::move(needs.wanted);
  walk.forked = needs.forked;
  walk.continued = needs.continued;
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
  const std::span<const int> told = quoted_ids(walk);
  ids.insert(ids.end(), told.begin(), told.end());
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

std::span<const int> quoted_ids(const Walk& walk) {
  if (walk.quoted == nullptr) return {};
  const std::span<const int> told = walk.quoted->generated;
  return told.first(std::min(told.size(), static_cast<std::size_t>(walk.run->quote.tokens)));
}

void make_group_walk(const Plan& plan, const Group& group, const GroupTraces& more, int layers,
                     GroupWalk& made) {
  std::vector<RunNeeds> needs = group_needs(plan, group, layers);
  made.walks.resize(group.runs.size());
  made.traces = more;
  for (std::size_t r = 0; r < group.runs.size(); ++r) {
    Walk& walk = made.walks[r];
    walk.run = &group.runs[r];
    walk.number = r;
    walk.group = &made;
    const std::vector<std::int64_t>& key = walk.run->key;
    walk.name = key.empty() ? "run " + std::to_string(r) + " of its group"
                            : "prompt " + std::to_string(key.front());
    connect(needs[r], made.walks, walk);
    for (Walk* other : taken_from(walk)) ++other->users;
    made.traces[r] = &walk.trace;
    walk.ended = !walk.continued;
    const int limit = walk.run->limit;
    walk.most = limit > 0 ? std::min(limit, plan.generation.tokens) : plan.generation.tokens;
    made.to_the_end = made.to_the_end || walk.continued || walk.run->latents.count > 0 ||
                      needs_scores(plan, *walk.run);
  }
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
