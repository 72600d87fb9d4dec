// SPDX-License-Identifier: MIT
#include "run/group_runs.hpp"

#include "run/divergence.hpp"
#include "run/edits.hpp"
#include "run/finite.hpp"
#include "run/forward.hpp"
#include "run/generate.hpp"

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
  // Lanes are in the order of their first blocks; rows come out in the order of the runs.
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
