// SPDX-License-Identifier: MIT
#pragma once

#include "model_fixture.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <map>

namespace phiscope::test {

/// The oracle of all schedules: every run alone, from its first token and first block on, with
/// every action taken position by position.
class NaiveExecutor {
 public:
  NaiveExecutor(const Model& model, const Group& group) : model_(model), group_(group) {}

  /// Values at a hook of the run with this number, actions made: [token, ...].
  at::Tensor values(std::size_t run, Hook hook, int layer) const {
    const Run& one = group_.runs.at(run);
    const Batch batch = make_batch({{.tokens = one.tokens}}, at::kCPU);
    std::vector<Edit> edits;
    for (const Action& action : one.actions) add_edits(one, action, edits);
    RunTrace trace;
    const Hook kept = hook == Hook::logits ? Hook::final_norm : hook;
    trace[{kept, layer}];
    const Plan nothing;
    const Run* const runs[] = {&one};
    RowCollector rows(nothing, runs, {0});
    rows.begin(batch, {});
    forward(model_, batch, {.rows = rows, .edits = edits, .keep = &trace});
    const at::Tensor& found = trace.at({kept, layer});
    return hook == Hook::logits ? logits(model_, found) : found;
  }

 private:
  void add_edits(const Run& run, const Action& action, std::vector<Edit>& edits) const {
    const Site* site = site_of(action);
    if (site == nullptr) return;
    std::vector<int> positions = site->positions;
    if (positions.empty()) {
      positions.resize(run.tokens.size());
      std::iota(positions.begin(), positions.end(), 0);
    }
    for (std::size_t i = 0; i < positions.size(); ++i) {
      Edit edit{.hook = site->hook,
                .layer = site->layer,
                .head = site->head,
                .rows = at::tensor({static_cast<std::int64_t>(positions[i])}, at::kLong)};
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
