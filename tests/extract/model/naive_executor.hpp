// SPDX-License-Identifier: MIT
#pragma once

#include "model/feedback.hpp"
#include "model_fixture.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <map>

namespace phiscope::test {

/// The oracle of all schedules: every run alone, from its first token and first block on, with
/// every action taken position by position. Runs that quote others are given what those generated.
class NaiveExecutor {
 public:
  NaiveExecutor(const Model& model, const Group& group) : model_(model), group_(group) {}

  /// Values at a hook of the run with this number, actions made: [position, ...].
  /// @param more  tokens after those of the run
  at::Tensor values(std::size_t run, Hook hook, int layer,
                    const std::vector<int>& more = {}) const {
    const Run& one = group_.runs.at(run);
    const Hook kept = hook == Hook::logits ? Hook::final_norm : hook;
    RunTrace trace;
    trace.values[{kept, layer}];
    trace.values[{Hook::final_norm, 0}];
    std::vector<int> after = one.after;
    after.insert(after.end(), more.begin(), more.end());
    KvCache cache(model_.config, std::ssize(one.tokens) + one.latents.count + std::ssize(after),
                  model_.dtype, model_.device);
    pass(run, one.tokens, Pace::together, cache, trace);
    for (int step = 0; step < one.latents.count; ++step) {
      pass(run, {one.tokens.front()}, Pace::step, cache, trace);
    }
    if (!after.empty()) pass(run, after, Pace::together, cache, trace);
    const at::Tensor& found = trace.values.at({kept, layer});
    return hook == Hook::logits ? logits(model_, found) : found;
  }

 private:
  /// Tokens, or one latent, after what the cache holds.
  void pass(std::size_t run, const std::vector<int>& tokens, Pace pace, KvCache& cache,
            RunTrace& trace) const {
    const Run& one = group_.runs.at(run);
    const int start = static_cast<int>(cache.length());
    const Batch batch =
        make_batch({{.tokens = tokens, .start = start, .own = &cache}}, model_.device, pace);
    std::vector<Edit> edits;
    if (pace == Pace::step) edits.push_back(thought(run, start, trace));
    for (const Action& action : one.actions) {
      add_edits(action, start, static_cast<int>(tokens.size()), edits);
    }
    const Keep keep{.trace = &trace};
    forward(model_, batch,
            {.edits = edits,
             .keep = {&keep, 1},
             .to_the_end = true,
             .longest = Plan{.captures = {}, .groups = {group_}}.longest()});
  }

  /// What enters at a latent position.
  Edit thought(std::size_t run, int position, const RunTrace& trace) const {
    const Run& one = group_.runs.at(run);
    Edit edit{.hook = Hook::embed, .rows = at::tensor({std::int64_t{0}}, at::kLong)};
    if (one.latents.frozen) {
      edit.values = values(one.from, Hook::embed, 0).narrow(0, position, 1);
      return edit;
    }
    edit.values = feedback(model_, trace.rows({Hook::final_norm, 0}, position - 1, 1));
    if (model_.config.learned_positions) {
      edit.values = edit.values + model_.parts[Part::positions].narrow(0, position, 1);
    }
    return edit;
  }

  void add_edits(const Action& action, int start, int count, std::vector<Edit>& edits) const {
    const Site* site = site_of(action);
    if (site == nullptr) return;
    std::vector<int> positions = site->positions;
    if (positions.empty()) {
      positions.resize(static_cast<std::size_t>(count));
      std::iota(positions.begin(), positions.end(), start);
    }
    for (std::size_t i = 0; i < positions.size(); ++i) {
      if (positions[i] < start || positions[i] >= start + count) continue;
      std::int64_t row = positions[i] - start;
      const bool by_head = site->head >= 0;
      if (by_head) row = row * model_.config.heads + site->head;
      Edit edit{.hook = site->hook,
                .layer = site->layer,
                .by_head = by_head,
                .rows = at::tensor({row}, at::kLong)};
      if (const auto* add = std::get_if<Add>(&action)) {
        edit.values =
            source(*site, add->from, add->from.positions.at(i)).to(at::kDouble) * add->scale;
        edit.added = true;
      }
      if (const auto* patch = std::get_if<Patch>(&action)) {
        edit.values = source(*site, patch->from, patch->from.positions.at(i));
      }
      if (const auto* mean = std::get_if<Mean>(&action)) {
        std::vector<at::Tensor> all;
        for (const Source& from : mean->from) {
          for (const int position : from.positions) all.push_back(source(*site, from, position));
        }
        edit.values = at::cat(all, 0).to(at::kDouble).mean(0, true);
      }
      edits.push_back(edit);
    }
  }

  at::Tensor source(const Site& site, const Source& from, int position) const {
    const at::Tensor row = values(from.run, site.hook, site.layer).narrow(0, position, 1);
    return site.head < 0 ? row : row.select(1, site.head);
  }

  const Model& model_;
  const Group& group_;
};

}  // namespace phiscope::test
