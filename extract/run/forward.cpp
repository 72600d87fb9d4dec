// SPDX-License-Identifier: MIT
#include "run/forward.hpp"

#include "run/finite.hpp"
#include "watch/stop.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace phiscope::extract {
namespace {

/// The last block whose values someone looks at; -1: none.
int last_block(const Visit& visit) {
  int last = -1;
  for (const RowCollector& rows : visit.rows) last = std::max(last, rows.last_block());
  for (const Keep& keep : visit.keep) {
    for (const auto& [place, values] : keep.trace->values) {
      if (hook_name(place.first).in_block) last = std::max(last, place.second);
    }
  }
  return last;
}

/// The residual stream with the rows of the lanes that enter at `layer`.
at::Tensor entered(const Batch& batch, int layer, const at::Tensor& residual) {
  const Stage before = stage_of(batch, layer - 1);
  const Stage now = stage_of(batch, layer);
  if (now.lanes == before.lanes) return residual;
  std::vector<at::Tensor> parts;
  if (before.used > 0) parts.push_back(residual.narrow(0, 0, before.used));
  for (std::size_t l = before.lanes; l < now.lanes; ++l) {
    parts.push_back(batch.lanes[l].entering);
  }
  if (now.rows > now.used) {
    const at::Tensor& like = parts.front();
    parts.push_back(at::zeros({now.rows - now.used, like.size(1)}, like.options()));
  }
  return at::cat(parts, 0);
}

/// Shows a pass's values to those who want them.
class Viewer {
 public:
  Viewer(const Visit& visit, const Batch& batch) : visit_(visit), batch_(batch) {}

  /// @param values  of the first `lanes` lanes; may be undefined if there are none
  void see(Hook hook, int layer, std::size_t lanes, const at::Tensor& values) {
    for (const Keep& keep : visit_.keep) see_lane(keep, {hook, layer}, lanes, values);
    for (RowCollector& rows : visit_.rows) rows.take(hook, layer, lanes, values);
  }

  /// What block `layer` computed for the first `lanes` lanes; nothing, if none has entered.
  void see_block(int layer, std::size_t lanes, const BlockTrace& trace) {
    for (const HookName& hook : hook_names) {
      if (is_traced(hook) && wanted(hook.hook, layer)) {
        see(hook.hook, layer, lanes, trace.of(hook.hook));
      }
    }
  }

  /// What block `layer` is to keep.
  [[nodiscard]] BlockTrace trace(int layer) const {
    BlockTrace made{.tokens = visit_.longest};
    for (std::size_t i = 0; i < hook_names.size(); ++i) {
      made.wanted[i] = is_traced(hook_names[i]) && wanted(hook_names[i].hook, layer);
    }
    return made;
  }

  [[nodiscard]] bool wanted(Hook hook, int layer) const {
    return std::ranges::any_of(visit_.rows,
                               [&](const RowCollector& rows) { return rows.wants(hook, layer); }) ||
           std::ranges::any_of(visit_.keep, [&](const Keep& keep) {
             return keep.trace->values.contains({hook, layer});
           });
  }

 private:
  /// Whether the hook is inside a block; the stream before and after it is seen without it.
  static bool is_traced(const HookName& hook) {
    return hook.in_block && hook.hook != Hook::resid_pre && hook.hook != Hook::resid_post;
  }

  void see_lane(const Keep& keep, const Place& place, std::size_t lanes, const at::Tensor& values) {
    const auto kept = keep.trace->values.find(place);
    if (kept == keep.trace->values.end()) return;
    const std::int64_t begin = batch_.begin[keep.lane];
    const std::int64_t count = batch_.begin[keep.lane + 1] - begin - keep.skip;
    if (count <= 0) return;
    const std::int64_t position = batch_.lanes[keep.lane].start + keep.skip;
    const at::Tensor rows = keep.lane < lanes ? values.narrow(0, begin + keep.skip, count)
                                              : keep.before->rows(place, position, count);
    kept->second = kept->second.defined() ? at::cat({kept->second, rows}, 0) : rows;
  }

  const Visit& visit_;
  const Batch& batch_;
};

/// Shows what follows the last block. @return  the stream after the final norm
at::Tensor see_end(const Model& model, const Visit& visit, const EditTable& edits,
                   std::size_t lanes, const at::Tensor& residual, Viewer& viewer) {
  at::Tensor normed;
  if (residual.defined()) {
    normed = edited(edits, Hook::final_norm, 0, final_norm(model, residual));
  }
  viewer.see(Hook::final_norm, 0, lanes, normed);
  if (viewer.wanted(Hook::logits, 0)) {
    const bool later = visit.scores_later || !normed.defined();
    viewer.see(Hook::logits, 0, lanes, later ? normed : logits(model, normed));
  }
  return normed;
}

/// Embeddings of the lanes that begin with their tokens.
at::Tensor begin_stream(const Model& model, const Pass& pass, Viewer& viewer, FiniteCheck& check) {
  const Batch& batch = pass.batch;
  const Stage stage = stage_of(batch, 0);
  at::Tensor residual;
  if (stage.lanes > 0) {
    residual = edited(pass.edits, Hook::embed, 0, embed(model, batch).narrow(0, 0, stage.rows));
    check.see_embedding(residual.narrow(0, 0, stage.used));
  }
  viewer.see(Hook::embed, 0, stage.lanes, residual);
  if (residual.defined()) residual = edited(pass.edits, Hook::resid_post, -1, residual);
  viewer.see(Hook::resid_post, -1, stage.lanes, residual);
  return residual;
}

}  // namespace

at::Tensor forward(const Model& model, const Batch& batch, const Visit& visit) {
  Viewer viewer(visit, batch);
  const int layers = static_cast<int>(model.config.layers);
  const bool to_the_end =
      visit.to_the_end || viewer.wanted(Hook::final_norm, 0) || viewer.wanted(Hook::logits, 0);
  const int last = to_the_end ? layers - 1 : last_block(visit);
  const Pass pass = make_pass(model, batch, visit.edits);

  FiniteCheck check(model, batch, visit.names, /*late=*/!model.device.is_cpu());
  at::Tensor residual = begin_stream(model, pass, viewer, check);
  for (int layer = 0; layer <= last; ++layer) {
    stop_if_asked();
    const Stage stage = stage_of(batch, layer);
    BlockTrace trace = viewer.trace(layer);
    if (stage.lanes > 0) residual = edited(pass.edits, Hook::resid_pre, layer, residual);
    viewer.see(Hook::resid_pre, layer, stage.lanes, residual);
    if (stage.lanes > 0) {
      residual = block(model, layer, residual, pass, trace);
      check.see_block(layer, trace, residual);
    }
    viewer.see_block(layer, stage.lanes, trace);
    residual = entered(batch, layer + 1, residual);
    if (residual.defined()) residual = edited(pass.edits, Hook::resid_post, layer, residual);
    viewer.see(Hook::resid_post, layer, stage_of(batch, layer + 1).lanes, residual);
  }
  for (const Lane& lane : batch.lanes) {
    if (lane.own != nullptr) lane.own->advance(std::ssize(lane.tokens));
  }
  check.end();
  if (!to_the_end) return {};
  return see_end(model, visit, pass.edits, stage_of(batch, layers).lanes, residual, viewer);
}

}  // namespace phiscope::extract
