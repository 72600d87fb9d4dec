// SPDX-License-Identifier: MIT
#include "run/forward.hpp"

#include "model/head_norms.hpp"
#include "run/divergence.hpp"
#include "run/edits.hpp"
#include "run/finite.hpp"
#include "run/generate.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

/// True if the rows are kept as what scores follow from.
bool stored_as_scores(const Capture& capture, const CapturedRows& rows) {
  return capture.hook == Hook::logits && capture.measure == Measure::values && rows.scores_later;
}

CapturedRows captured(const RowCollector& rows, const Batch& batch) {
  return {.arrays = rows.arrays(),
          .first = rows.first_row(),
          .count = rows.row_count(),
          .scores_later = rows.scores_later(),
          .generated = {},
          .log_probabilities = {},
          .tokens = static_cast<std::uint64_t>(batch.used())};
}

/// Every row of every run; lane l is run l.
std::vector<PassRow> own_rows(std::span<const Run* const> runs) {
  std::vector<PassRow> rows;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (const Row& row : runs[r]->rows) rows.push_back({.run = r, .lane = r, .spans = row.spans});
  }
  return rows;
}

std::vector<std::int64_t> row_counts(std::span<const Run* const> runs) {
  std::vector<std::int64_t> counts;
  for (const Run* run : runs) counts.push_back(std::ssize(run->rows));
  return counts;
}

}  // namespace

namespace {

/// The last block whose values someone looks at; -1: none.
int last_block(const Visit& visit) {
  int last = visit.rows.last_block();
  if (visit.keep == nullptr) return last;
  for (const auto& [place, values] : *visit.keep) {
    if (hook_name(place.first).in_block) last = std::max(last, place.second);
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
  explicit Viewer(const Visit& visit, const Batch& batch) : visit_(visit), used_(batch.used()) {}

  void see(Hook hook, int layer, std::size_t lanes, const at::Tensor& values) {
    if (visit_.keep != nullptr) {
      const auto place = visit_.keep->find({hook, layer});
      if (place != visit_.keep->end()) place->second = values.narrow(0, 0, used_);
    }
    visit_.rows.take(hook, layer, lanes, values);
  }

  /// What block `layer` computed for the first `lanes` lanes; nothing, if none has entered.
  void see_block(int layer, std::size_t lanes, const BlockTrace& trace) {
    see_if(Hook::resid_mid, layer, lanes, trace.resid_mid);
    see_if(Hook::attn_out, layer, lanes, trace.attn_out);
    see_if(Hook::mlp_out, layer, lanes, trace.mlp_out);
    see_if(Hook::z, layer, lanes, trace.z);
    if (!wanted(Hook::head_norm, layer)) return;
    at::Tensor norms;
    if (trace.z.defined()) norms = head_norms(trace.z);
    visit_.rows.take(Hook::head_norm, layer, lanes, norms);
    if (visit_.keep != nullptr && visit_.keep->contains({Hook::head_norm, layer})) {
      (*visit_.keep)[{Hook::head_norm, layer}] = norms.narrow(0, 0, used_);
    }
  }

  [[nodiscard]] bool wanted(Hook hook, int layer) const {
    return visit_.rows.wants(hook, layer) ||
           (visit_.keep != nullptr && visit_.keep->contains({hook, layer}));
  }

 private:
  void see_if(Hook hook, int layer, std::size_t lanes, const at::Tensor& values) {
    if (wanted(hook, layer)) see(hook, layer, lanes, values);
  }

  const Visit& visit_;
  std::int64_t used_;
};

/// What is looked at behind the last block; the stream behind the final norm.
at::Tensor see_end(const Model& model, const Visit& visit, std::size_t lanes,
                   const at::Tensor& residual, Viewer& viewer) {
  at::Tensor normed;
  if (residual.defined()) {
    normed = edited(visit.edits, Hook::final_norm, 0, final_norm(model, residual));
  }
  viewer.see(Hook::final_norm, 0, lanes, normed);
  if (viewer.wanted(Hook::logits, 0)) {
    const bool later = visit.rows.scores_later() || !normed.defined();
    viewer.see(Hook::logits, 0, lanes, later ? normed : logits(model, normed));
  }
  return normed;
}

/// Embeddings of the lanes that begin with their tokens.
at::Tensor begin_stream(const Model& model, const Batch& batch, const Visit& visit, Viewer& viewer,
                        FiniteCheck& check) {
  const Stage stage = stage_of(batch, 0);
  at::Tensor residual;
  if (stage.lanes > 0) {
    residual = edited(visit.edits, Hook::embed, 0, embed(model, batch).narrow(0, 0, stage.rows));
    check.see_embedding(residual.narrow(0, 0, stage.used));
  }
  viewer.see(Hook::embed, 0, stage.lanes, residual);
  if (residual.defined()) residual = edited(visit.edits, Hook::resid_post, -1, residual);
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

  FiniteCheck check(model, batch, visit.rows, /*late=*/!model.device.is_cpu());
  at::Tensor residual = begin_stream(model, batch, visit, viewer, check);
  for (int layer = 0; layer <= last; ++layer) {
    const Stage stage = stage_of(batch, layer);
    BlockTrace trace;
    if (stage.lanes > 0) residual = edited(visit.edits, Hook::resid_pre, layer, residual);
    viewer.see(Hook::resid_pre, layer, stage.lanes, residual);
    if (stage.lanes > 0) {
      residual = block(model, layer, residual, pass, trace);
      check.see_block(layer, trace, residual);
    }
    viewer.see_block(layer, stage.lanes, trace);
    residual = entered(batch, layer + 1, residual);
    if (residual.defined()) residual = edited(visit.edits, Hook::resid_post, layer, residual);
    viewer.see(Hook::resid_post, layer, stage_of(batch, layer + 1).lanes, residual);
  }
  for (const Lane& lane : batch.lanes) {
    if (lane.own != nullptr) lane.own->advance(std::ssize(lane.tokens));
  }
  check.end();
  if (!to_the_end) return {};
  return see_end(model, visit, stage_of(batch, layers).lanes, residual, viewer);
}
at::Tensor stored_rows(const Model& model, const Plan& plan, const CapturedRows& rows,
                       std::size_t capture, std::int64_t first, std::int64_t count) {
  const at::Tensor part = rows.arrays.at(capture).narrow(0, first, count);
  if (!stored_as_scores(plan.captures[capture], rows)) return part;
  const at::Tensor scores = logits(model, part);
  if (count > 0 && !all_finite(scores)) {
    throw std::runtime_error("logits: not finite in " + std::string(c10::toString(model.dtype)) +
                             ", expected finite values");
  }
  return scores;
}

std::int64_t portion_rows(const Model& model, const Plan& plan, const CapturedRows& rows,
                          std::size_t capture) {
  if (!stored_as_scores(plan.captures[capture], rows)) {
    return std::max<std::int64_t>(1, rows.first.back() + rows.count.back());
  }
  constexpr std::int64_t portion = 16'000'000;
  const auto row = static_cast<std::int64_t>(at::elementSize(model.dtype)) * model.config.vocab;
  return std::max<std::int64_t>(8, portion / row / 8 * 8);
}

std::vector<Place> entry_places(const Model& model, const Group& group) {
  std::vector<Place> places;
  for (std::size_t r = 1; r < group.runs.size(); ++r) {
    if (group.runs[r].donor) continue;
    const int layer = departure(group.runs.front(), group.runs[r]).layer;
    if (layer > 0) {
      places.emplace_back(Hook::resid_post,
                          std::min(layer, static_cast<int>(model.config.layers)) - 1);
    }
  }
  return places;
}

BaseRun run_base(const Model& model, const Plan& plan, const Run& run,
                 std::span<const Place> places) {
  BaseRun base;
  base.cache = KvCache(model.config, std::ssize(run.tokens), model.dtype, model.device);
  const Batch batch = make_batch({{.tokens = run.tokens, .own = &base.cache}}, model.device);
  const Run* const runs[] = {&run};
  RowCollector rows(plan, runs, row_counts(runs));
  const std::vector<PassRow> wanted = own_rows(runs);
  rows.begin(batch, wanted);
  for (const Place& place : places) base.trace[place];
  for (const Capture& capture : plan.captures) {
    if (capture.measure != Measure::values) continue;
    if (capture.layers.empty()) base.trace[{capture.hook, 0}];
    for (const int layer : capture.layers) base.trace[{capture.hook, layer}];
  }
  forward(model, batch, {.rows = rows, .keep = &base.trace});
  base.rows = captured(rows, batch);
  return base;
}

CapturedRows run_suffixes(const Model& model, const Plan& plan, const Run& base_run,
                          const BaseRun& base, std::span<const Run* const> runs,
                          const GroupTraces& traces, const Reference* reference) {
  // Lanes stand in the order of their first blocks; rows come out in the order of the runs.
  std::vector<std::size_t> order(runs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<Departure> from;
  for (const Run* run : runs) from.push_back(departure(base_run, *run));
  std::ranges::stable_sort(order, {}, [&](std::size_t r) { return from[r].layer; });
  std::vector<Lane> lanes;
  std::vector<const Run*> in_lanes;
  for (const std::size_t r : order) {
    const auto known = static_cast<std::int64_t>(from[r].position);
    Lane lane{.tokens = std::span(runs[r]->tokens).subspan(from[r].position),
              .start = known,
              .prefix = known > 0 ? &base.cache : nullptr,
              .from_layer = std::min(from[r].layer, static_cast<int>(model.config.layers))};
    if (lane.from_layer > 0) {
      lane.entering = base.trace.at({Hook::resid_post, lane.from_layer - 1})
                          .narrow(0, known, std::ssize(lane.tokens));
    }
    lanes.push_back(std::move(lane));
    in_lanes.push_back(runs[r]);
  }
  const Batch batch = make_batch(std::move(lanes), model.device);
  RowCollector rows(plan, runs, row_counts(runs));
  std::vector<PassRow> wanted = own_rows(runs);
  std::vector<std::size_t> lane_of(runs.size());
  for (std::size_t l = 0; l < order.size(); ++l) lane_of[order[l]] = l;
  for (PassRow& row : wanted) row.lane = lane_of[row.run];
  rows.begin(batch, wanted, &base.trace);
  const std::vector<Edit> edits = edits_of(in_lanes, batch, traces);
  const at::Tensor normed =
      forward(model, batch, {.rows = rows, .edits = edits, .to_the_end = reference != nullptr});
  CapturedRows done = captured(rows, batch);
  if (reference != nullptr) {
    add_measures(model, plan, *reference, runs, batch, lane_of, normed, done);
  }
  return done;
}

CapturedRows run_alone(const Model& model, const Plan& plan, std::span<const Run* const> runs,
                       const GroupTraces& traces) {
  if (plan.generation.tokens > 0) return generate(model, plan, runs, traces);
  std::vector<Lane> lanes;
  for (const Run* run : runs) lanes.push_back({.tokens = run->tokens});
  const Batch batch = make_batch(std::move(lanes), model.device);
  RowCollector rows(plan, runs, row_counts(runs));
  const std::vector<PassRow> wanted = own_rows(runs);
  rows.begin(batch, wanted);
  const std::vector<Edit> edits = edits_of(runs, batch, traces);
  forward(model, batch, {.rows = rows, .edits = edits});
  return captured(rows, batch);
}
}  // namespace phiscope::extract
