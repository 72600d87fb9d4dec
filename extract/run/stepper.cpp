// SPDX-License-Identifier: MIT
#include "run/stepper.hpp"

#include "model/feedback.hpp"
#include "model/index_tensor.hpp"
#include "run/draw/next_token.hpp"
#include "run/edits.hpp"
#include "run/finite.hpp"
#include "run/forward.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace phiscope::extract {
namespace {

/// Rows of several tensors as one, [row, hidden].
at::Tensor gathered(std::span<Walk* const> walks) {
  const at::Tensor& first = walks.front()->last.of;
  std::vector<std::int64_t> rows;
  rows.reserve(walks.size());
  bool one = true;
  for (const Walk* walk : walks) {
    rows.push_back(walk->last.row);
    one = one && walk->last.of.is_same(first);
  }
  bool range = one;
  for (std::size_t i = 1; i < rows.size(); ++i) range = range && rows[i] == rows[i - 1] + 1;
  if (range) return first.narrow(0, rows.front(), std::ssize(rows));
  if (one) return first.index_select(0, index_tensor(rows, first.device()));
  std::vector<at::Tensor> parts;
  parts.reserve(walks.size());
  for (const Walk* walk : walks) parts.push_back(walk->last.of.narrow(0, walk->last.row, 1));
  return at::cat(parts, 0);
}

/// Rows of its generation that a run has in the plan's own row space, at most.
std::int64_t generated_rows(const Plan& plan, const Run& run) {
  const Generation& wanted = plan.generation;
  if (plan.captures.empty() || run.donor || !run.generates) return 0;
  if (wanted.rows == GeneratedRows::pooled) return std::ssize(windows_of(wanted, run));
  return wanted.rows == GeneratedRows::none ? 0 : wanted.tokens;
}

/// Most rows of a run in a row space.
std::int64_t most_rows(const Plan& plan, std::span<const Group> groups, std::size_t space) {
  std::int64_t most = 0;
  for (const Group& group : groups) {
    for (const Run& run : group.runs) {
      const auto own = std::ranges::count(run.rows, space, &Row::space);
      most = std::max(most, own + (space == 0 ? generated_rows(plan, run) : 0));
    }
  }
  return most;
}

/// @throws std::invalid_argument for rows of steps, or pooled ones, beside rows of the run
void check_rows(const Plan& plan, const Run& run) {
  const GeneratedRows rows = plan.generation.rows;
  const bool other = rows == GeneratedRows::predicting || rows == GeneratedRows::pooled;
  const bool own = std::ranges::count(run.rows, std::size_t{0}, &Row::space) > 0;
  if (!other || !own || plan.generation.tokens <= 0 || !run.generates || run.donor) return;
  throw std::invalid_argument("Stepper: rows of a run beside rows of another kind");
}

/// The part of a run's sequence that its next pass computes.
int next_end(const Walk& walk) {
  if (walk.position >= walk.length()) return walk.position + 1;
  return pass_end(*walk.run, walk.position, walk.length());
}

/// A walk's lane in its next pass. @param token  the one that was generated last
Lane lane_of(Walk& walk, const CacheKind& kind) {
  const bool generated = walk.position >= walk.length();
  const auto begin = static_cast<std::size_t>(walk.position);
  const auto count = static_cast<std::size_t>(next_end(walk) - walk.position);
  Lane lane{.tokens = generated ? std::span(&walk.generated.back(), 1)
                                : std::span(walk.sequence).subspan(begin, count),
            .start = walk.position,
            .prefix = nullptr,
            .own = walk.owns ? &walk.cache : nullptr,
            .from_layer = std::min(walk.entry_layer(), static_cast<int>(kind.config.layers))};
  if (!walk.owns && walk.position > 0) lane.prefix = &walk.parent->cache;
  if (lane.from_layer > 0) {
    lane.entering = walk.parent->trace.rows({Hook::resid_post, lane.from_layer - 1}, walk.position,
                                            std::ssize(lane.tokens));
  }
  return lane;
}

/// @throws std::runtime_error where a score is not finite: it would be the highest, or never drawn
void check_scores(const Model& model, const at::Tensor& scores, std::span<Walk* const> walks) {
  if (all_finite(scores)) return;
  const at::Tensor bad = at::isfinite(scores).all(1).logical_not().nonzero();
  const Walk& walk = *walks[static_cast<std::size_t>(bad[0][0].item<std::int64_t>())];
  throw not_finite("logits", model.dtype, walk.name, walk.position - 1);
}

}  // namespace

Stepper::Stepper(const Model& model, const Plan& plan, std::size_t batch_size, GroupTraces more)
    : model_(model),
      plan_(plan),
      batch_size_(batch_size),
      more_(std::move(more)),
      known_(plan, model) {
  for (std::size_t space = 0; space <= plan.further_spaces.size(); ++space) {
    means_.push_back(has_means(plan, space));
    measures_.push_back(has_measures(plan, space));
  }
  for (std::size_t c = 0; c < plan.captures.size(); ++c) {
    const Capture& one = plan.captures[c];
    if (one.hook != Hook::logits || one.measure != Measure::values) continue;
    scores_later_ = scores_later_ && stored_as_scores(plan, c);
  }
  longest_ = plan.longest();
}

void Stepper::begin(std::span<const Group> groups) {
  if (!works_.empty() || opened_ != groups_.size()) {
    throw std::logic_error("Stepper: begins before the groups ahead are finished");
  }
  for (const Group& group : groups) {
    for (const Run& run : group.runs) check_rows(plan_, run);
  }
  groups_ = groups;
  opened_ = 0;
  rows_.clear();
  for (std::size_t space = 0; space < means_.size(); ++space) {
    rows_.emplace_back(plan_, RowRoom{.space = space,
                                      .slots = batch_size_,
                                      .rows = most_rows(plan_, groups, space),
                                      .means = means_[space]});
  }
  slots_.resize(batch_size_);
  std::iota(slots_.rbegin(), slots_.rend(), std::size_t{0});
}

bool Stepper::step() {
  refill();
  if (walking_.empty()) {
    const bool left =
        std::ranges::any_of(works_, [](const Work& work) { return !work.waiting.empty(); });
    if (left) throw std::logic_error("Stepper: runs wait for each other");
    return false;
  }
  const auto some = [&](const auto& belongs) {
    std::vector<Walk*> walks;
    std::ranges::copy_if(walking_, std::back_inserter(walks), belongs);
    return walks;
  };
  const std::vector<Walk*> together =
      some([](const Walk* walk) { return walk->position < walk->length() && !walk->steps(); });
  const auto start = std::chrono::steady_clock::now();
  if (!together.empty()) pass(together, Pace::together);
  const auto between = std::chrono::steady_clock::now();
  timed_.together_seconds += std::chrono::duration<double>(between - start).count();
  const std::vector<Walk*> choosing = some([](const Walk* walk) {
    return walk->position >= walk->length() && !walk->ended &&
           walk->position == walk->length() + std::ssize(walk->generated);
  });
  if (!choosing.empty()) choose(choosing);
  const std::vector<Walk*> stepping = some([&](const Walk* walk) {
    const bool given = walk->position < walk->length();
    return given ? walk->steps() : !is_done(*walk);
  });
  if (!stepping.empty()) pass(stepping, Pace::step);
  const auto end = std::chrono::steady_clock::now();
  timed_.single_seconds += std::chrono::duration<double>(end - between).count();
  const std::vector<Walk*> ended = some([&](const Walk* walk) { return is_done(*walk); });
  for (Walk* walk : ended) finish(*walk);
  return true;
}

void Stepper::latent_inputs(std::span<Walk* const> walks, const Batch& batch,
                            std::vector<Edit>& edits) {
  std::vector<Walk*> feeding;
  std::vector<std::int64_t> rows;
  for (std::size_t l = 0; l < walks.size(); ++l) {
    Walk& walk = *walks[l];
    if (!walk.at_latent() || batch.lanes[l].from_layer > 0) continue;
    const bool given = walk.parent != nullptr && (walk.run->latents.frozen || walk.is_first_pass());
    if (given) {
      edits.push_back({.hook = Hook::embed,
                       .rows = index_tensor({batch.begin[l]}, model_.device),
                       .values = walk.parent->trace.rows({Hook::embed, 0}, walk.position, 1)});
      continue;
    }
    feeding.push_back(&walk);
    rows.push_back(batch.begin[l]);
  }
  if (feeding.empty()) return;
  const at::Tensor index = index_tensor(rows, model_.device);
  at::Tensor values = feedback(model_, gathered(feeding));
  if (model_.config.learned_positions) {
    values = values +
             at::embedding(model_.parts[Part::positions], batch.positions.index_select(0, index));
  }
  edits.push_back({.hook = Hook::embed, .rows = index, .values = values});
}

void Stepper::pass(std::vector<Walk*> walks, Pace pace) {
  const CacheKind kind{model_.config, model_.dtype, model_.device};
  std::ranges::stable_sort(walks, {}, &Walk::entry_layer);
  std::vector<Lane> lanes;
  std::vector<int> ends;
  for (Walk* walk : walks) {
    lanes.push_back(lane_of(*walk, kind));
    ends.push_back(next_end(*walk));
  }
  const Batch batch = make_batch(std::move(lanes), model_.device, pace);

  spans_.clear();
  std::vector<std::vector<PassRow>> rows(rows_.size());
  std::vector<const RunTrace*> before(walks.size(), nullptr);
  std::vector<Keep> keep;
  std::vector<LaneActions> actions;
  std::vector<std::string> names;
  bool to_the_end = false;
  for (std::size_t l = 0; l < walks.size(); ++l) {
    Walk& walk = *walks[l];
    const GroupWalk& group = *walk.group;
    if (walk.is_first_pass() && walk.parent != nullptr) before[l] = &walk.parent->trace;
    add_rows(walk, l, ends[l], rows);
    add_generated_rows(walk, l, ends[l], rows[0]);
    if (keeps(GeneratedRows::pooled) && walk.continued) add_pooled_rows(walk, l, ends[l], rows[0]);
    if (!walk.wanted.places.empty() && walk.position < walk.length()) {
      const std::int64_t skip = std::max<std::int64_t>(0, walk.trace.first - walk.position);
      keep.push_back({.lane = l, .skip = skip, .trace = &walk.trace, .before = before[l]});
    }
    actions.push_back({.run = walk.run, .traces = &group.traces});
    names.push_back(walk.name);
    to_the_end = to_the_end || group.to_the_end;
  }
  for (std::size_t space = 0; space < rows_.size(); ++space) {
    rows_[space].begin(batch, std::move(rows[space]), before);
  }
  std::vector<Edit> edits;
  latent_inputs(walks, batch, edits);
  const std::vector<Edit> made = edits_of(actions, batch, model_.config.heads);
  edits.insert(edits.end(), made.begin(), made.end());
  const at::Tensor normed = forward(model_, batch,
                                    {.rows = rows_,
                                     .edits = edits,
                                     .keep = keep,
                                     .to_the_end = to_the_end,
                                     .scores_later = scores_later_,
                                     .longest = longest_,
                                     .names = names});
  (pace == Pace::step ? timed_.tokens.single : timed_.tokens.together) +=
      static_cast<std::uint64_t>(batch.used());
  score(walks, batch, normed);
  for (std::size_t l = 0; l < walks.size(); ++l) {
    Walk& walk = *walks[l];
    walk.position = ends[l];
    walk.last = {.of = normed, .row = batch.begin[l + 1] - 1};
    keep_scores(walk);
  }
}

void Stepper::choose(std::span<Walk* const> walks) {
  std::vector<Waiting> waiting;
  for (const Walk* walk : walks) {
    const std::size_t step = walk->generated.size();
    waiting.push_back({.run = walk->run,
                       .generated = walk->generated,
                       .forced = step < walk->forced.size() ? walk->forced[step] : Forced{},
                       .quoted = quoted_ids(*walk)});
  }
  const Generation& wanted = plan_.generation;
  const at::Tensor scores = logits(model_, gathered(walks), /*step=*/true);
  check_scores(model_, scores, walks);
  const std::vector<NextToken> tokens = next_tokens(wanted, waiting, scores);
  for (std::size_t l = 0; l < walks.size(); ++l) {
    Walk& walk = *walks[l];
    walk.generated.push_back(tokens[l].id);
    walk.log_probabilities.push_back(tokens[l].log_probability);
    walk.ended =
        std::ranges::count(wanted.end, tokens[l].id) > 0 || std::ssize(walk.generated) == walk.most;
  }
}

/// A run that has ended goes through once more where values of its last token are wanted.
bool Stepper::is_done(const Walk& walk) const {
  if (!walk.ended || walk.position < walk.length()) return false;
  const bool last_wanted = keeps(GeneratedRows::tokens) || keeps(GeneratedRows::pooled);
  return !last_wanted || walk.position == walk.length() + std::ssize(walk.generated);
}

TimedWork Stepper::take_timed() {
  return std::exchange(timed_, {});
}

}  // namespace phiscope::extract
