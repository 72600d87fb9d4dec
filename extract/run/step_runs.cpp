// SPDX-License-Identifier: MIT
// Which runs set out, and what becomes of those that end.
#include "run/score_divergence.hpp"
#include "run/stepper.hpp"

#include <algorithm>

namespace phiscope::extract {

void Stepper::open_group() {
  Work& work = works_.emplace_back();
  make_group_walk(plan_, groups_[opened_++], more_, static_cast<int>(model_.config.layers),
                  work.group);
  known_.prepare(work.group);
  work.waiting.reserve(work.group.walks.size());
  for (Walk& walk : work.group.walks) work.waiting.push_back(&walk);
  work.finished.resize(work.waiting.size());
}

/// A run waits for one like it that is under way.
bool Stepper::can_set_out(Walk& walk) const {
  if (!is_ready(walk)) return false;
  return !known_.keeps(walk) || std::ranges::none_of(walking_, [&](const Walk* other) {
    return other->run->alike == walk.run->alike;
  });
}

bool Stepper::has_room_for_scores() const {
  if (walking_.empty()) return true;
  std::int64_t positions = 0;
  for (const Work& work : works_) {
    for (const Walk& walk : work.group.walks) {
      const bool gone = walk.state == Walk::State::done && !walk.scores.scores.defined();
      if (gone || walk.wanted.scores_from < 0 || known_.keeps_scores(walk)) continue;
      positions += given_positions(*walk.run) + walk.run->quote.tokens - walk.wanted.scores_from;
    }
  }
  const auto bytes =
      static_cast<std::uint64_t>(positions * model_.config.vocab) * at::elementSize(model_.dtype);
  return bytes < most_reference_bytes(model_.device.is_cpu());
}

Walk* Stepper::next_ready() {
  while (true) {
    for (Work& work : works_) {
      const auto found =
          std::ranges::find_if(work.waiting, [&](Walk* walk) { return can_set_out(*walk); });
      if (found == work.waiting.end()) continue;
      Walk* walk = *found;
      work.waiting.erase(found);
      return walk;
    }
    if (opened_ == groups_.size() || !has_room_for_scores()) return nullptr;
    open_group();
  }
}

void Stepper::refill() {
  const CacheKind kind{model_.config, model_.dtype, model_.device};
  while (!slots_.empty()) {
    Walk* walk = next_ready();
    if (walk == nullptr) return;
    if (is_void(*walk)) {
      leave_out(*walk);
      continue;
    }
    if (known_.has(*walk)) {
      recall(*walk);
      continue;
    }
    walk->slot = slots_.back();
    slots_.pop_back();
    set_out(*walk, plan_, kind);
    rows_[0].clear(walk->slot);
    walking_.push_back(walk);
  }
}

void Stepper::deliver(const Walk& walk, FinishedRun left) {
  for (Work& work : works_) {
    if (&work.group == walk.group) work.finished[walk.number - work.delivered] = std::move(left);
  }
}

void Stepper::leave_out(Walk& walk) {
  FinishedRun none{.run = walk.run,
                   .arrays = std::vector<at::Tensor>(plan_.captures.size()),
                   .keys = std::vector<std::vector<std::int64_t>>(rows_.size()),
                   .rows = 0,
                   .generated = {},
                   .log_probabilities = {}};
  deliver(walk, std::move(none));
  arrive(walk);
}

/// Ends a run as another like it has ended.
void Stepper::recall(Walk& walk) {
  set_out(walk, plan_, {model_.config, model_.dtype, model_.device});
  const std::vector<at::Tensor>& rows = known_.recall(walk);
  keep_scores(walk);
  if (!walk.run->donor) {
    FinishedRun left = leave(walk);
    left.arrays = rows;
    deliver(walk, std::move(left));
  }
  arrive(walk);
}

void Stepper::finish(Walk& walk) {
  FinishedRun left;
  if (!walk.run->donor) left = leave(walk);
  known_.keep(walk, left);
  if (!walk.run->donor) deliver(walk, std::move(left));
  slots_.push_back(walk.slot);
  std::erase(walking_, &walk);
  arrive(walk);
}

std::vector<FinishedRun> Stepper::take_finished() {
  std::vector<FinishedRun> all;
  while (!works_.empty()) {
    Work& work = works_.front();
    while (!work.finished.empty()) {
      const Walk& next = work.group.walks[work.delivered];
      if (next.state != Walk::State::done) return all;
      if (!next.run->donor) all.push_back(std::move(work.finished.front()));
      work.finished.pop_front();
      ++work.delivered;
    }
    works_.pop_front();
  }
  return all;
}

/// The scores that others are compared with, once all given positions are computed.
void Stepper::keep_scores(Walk& walk) const {
  const int from = walk.wanted.scores_from;
  if (from < 0 || walk.scores.scores.defined() || walk.position < walk.length()) return;
  const at::Tensor normed = walk.trace.rows({Hook::final_norm, 0}, from, walk.length() - from);
  walk.scores = {.first = from, .scores = comparable_scores(logits(model_, normed))};
}

}  // namespace phiscope::extract
