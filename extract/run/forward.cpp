// SPDX-License-Identifier: MIT
#include "run/forward.hpp"

#include "run/generate.hpp"

#include <ATen/ops/aminmax.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

bool all_finite(const at::Tensor& x) {
  const auto [low, high] = at::aminmax(x);  // not-a-number wins
  return std::isfinite(low.item<double>()) && std::isfinite(high.item<double>());
}

/// Says where the first value that is not finite arose.
[[noreturn]] void refuse_infinite(const Model& model, const Batch& batch, const RowCollector& rows,
                                  Hook hook, int layer, const at::Tensor& values) {
  const at::Tensor bad =
      at::isfinite(values.reshape({values.size(0), -1})).logical_not().any(1).nonzero();
  const auto row = bad.select(0, 0).item<std::int64_t>();
  std::size_t lane = 0;
  while (batch.begin[lane + 1] <= row) ++lane;
  std::string place(hook_name(hook).path);
  const std::size_t at = place.find("{l}");
  if (at != std::string::npos) place.replace(at, 3, std::to_string(layer));
  const bool narrow = model.dtype == at::kHalf;
  throw std::runtime_error(
      place + ": not finite in " + std::string(narrow ? "float16" : c10::toString(model.dtype)) +
      " at " + rows.lane_name(lane) + ", position " +
      std::to_string(batch.lanes[lane].start + row - batch.begin[lane]) +
      ", expected finite values" +
      (narrow ? ": float16 ends at 65504, use --dtype bfloat16 or float32" : ""));
}

/// Looks at the residual stream behind a block, and at what led there if it is not finite.
void check_finite(const Model& model, const Batch& batch, const RowCollector& rows, int layer,
                  const BlockTrace& trace, const at::Tensor& residual) {
  const auto in_use = [&](const at::Tensor& x) { return x.narrow(0, 0, batch.begin.back()); };
  if (all_finite(in_use(residual))) return;
  const std::pair<Hook, at::Tensor> places[] = {{Hook::z, trace.z},
                                                {Hook::attn_out, trace.attn_out},
                                                {Hook::resid_mid, trace.resid_mid},
                                                {Hook::mlp_out, trace.mlp_out},
                                                {Hook::resid_post, residual}};
  for (const auto& [hook, values] : places) {
    if (all_finite(in_use(values))) continue;
    refuse_infinite(model, batch, rows, hook, layer, in_use(values));
  }
}

/// What the captures want behind the last block.
void take_end(const Model& model, const at::Tensor& residual, RowCollector& rows) {
  if (!rows.wants(Hook::final_norm, 0) && !rows.wants(Hook::logits, 0)) return;
  const at::Tensor normed = final_norm(model, residual);
  rows.take(Hook::final_norm, 0, normed);
  if (rows.wants(Hook::logits, 0)) {
    rows.take(Hook::logits, 0, rows.scores_later() ? normed : logits(model, normed));
  }
}

CapturedRows captured(const RowCollector& rows, const Batch& batch) {
  return {.arrays = rows.arrays(),
          .first = rows.first_row(),
          .count = rows.row_count(),
          .scores_later = rows.scores_later(),
          .generated = {},
          .tokens = static_cast<std::uint64_t>(batch.begin.back())};
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

at::Tensor forward(const Model& model, const Batch& batch, RowCollector& rows, bool to_the_end) {
  if (rows.wants(Hook::final_norm, 0) || rows.wants(Hook::logits, 0)) to_the_end = true;
  const int last = to_the_end ? static_cast<int>(model.config.layers) - 1 : rows.last_block();
  const Rotation by = rotation(model.rope_frequencies, batch.positions, model.dtype);

  at::Tensor residual = embed(model, batch);
  if (const at::Tensor used = residual.narrow(0, 0, batch.begin.back()); !all_finite(used)) {
    refuse_infinite(model, batch, rows, Hook::embed, 0, used);
  }
  rows.take(Hook::embed, 0, residual);
  rows.take(Hook::resid_post, -1, residual);
  for (int layer = 0; layer <= last; ++layer) {
    rows.take(Hook::resid_pre, layer, residual);
    BlockTrace trace;
    residual = block(model, layer, residual, batch, by, trace);
    check_finite(model, batch, rows, layer, trace, residual);
    rows.take(Hook::resid_mid, layer, trace.resid_mid);
    rows.take(Hook::attn_out, layer, trace.attn_out);
    rows.take(Hook::mlp_out, layer, trace.mlp_out);
    rows.take(Hook::z, layer, trace.z);
    if (rows.wants(Hook::head_norm, layer)) {
      const bool wide = trace.z.scalar_type() == at::kDouble;
      rows.take(Hook::head_norm, layer,
                at::linalg_vector_norm(wide ? trace.z : trace.z.to(at::kFloat), 2, {2}));
    }
    rows.take(Hook::resid_post, layer, residual);
  }
  for (const Lane& lane : batch.lanes) {
    if (lane.own != nullptr) lane.own->advance(std::ssize(lane.tokens));
  }
  if (!to_the_end) return {};
  take_end(model, residual, rows);
  return residual;
}

at::Tensor stored_rows(const Model& model, const Plan& plan, const CapturedRows& rows,
                       std::size_t capture, std::int64_t first, std::int64_t count) {
  const at::Tensor part = rows.arrays.at(capture).narrow(0, first, count);
  if (plan.captures[capture].hook != Hook::logits || !rows.scores_later) return part.contiguous();
  const at::Tensor scores = logits(model, part.to(model.device));
  if (count > 0 && !all_finite(scores)) {
    throw std::runtime_error("logits: not finite in " + std::string(c10::toString(model.dtype)) +
                             ", expected finite values");
  }
  return scores.to(at::kCPU).contiguous();
}

std::int64_t portion_rows(const Model& model, const Plan& plan, const CapturedRows& rows,
                          std::size_t capture) {
  if (plan.captures[capture].hook != Hook::logits || !rows.scores_later) {
    return std::max<std::int64_t>(1, rows.first.back() + rows.count.back());
  }
  constexpr std::int64_t portion = 16'000'000;
  const auto row = static_cast<std::int64_t>(at::elementSize(model.dtype)) * model.config.vocab;
  return std::max<std::int64_t>(8, portion / row / 8 * 8);
}

BaseRun run_base(const Model& model, const Plan& plan, const Run& run) {
  BaseRun base;
  base.cache = KvCache(model.config, std::ssize(run.tokens), model.dtype, model.device);
  const Batch batch = make_batch({{.tokens = run.tokens, .own = &base.cache}}, model.device);
  const Run* const runs[] = {&run};
  RowCollector rows(plan, runs, row_counts(runs));
  const std::vector<PassRow> wanted = own_rows(runs);
  rows.begin(batch, wanted, nullptr, &base.trace);
  forward(model, batch, rows, false);
  base.rows = captured(rows, batch);
  return base;
}

CapturedRows run_suffixes(const Model& model, const Plan& plan, const Run& base_run,
                          const BaseRun& base, std::span<const Run> runs) {
  std::vector<Lane> lanes;
  std::vector<const Run*> pointers;
  for (const Run& run : runs) {
    // The last token is always computed, even when the whole run is a prefix: a lane has a token.
    const std::size_t known =
        std::min(shared_prefix(base_run.tokens, run.tokens), run.tokens.size() - 1);
    lanes.push_back({.tokens = std::span(run.tokens).subspan(known),
                     .start = static_cast<std::int64_t>(known),
                     .prefix = known > 0 ? &base.cache : nullptr});
    pointers.push_back(&run);
  }
  const Batch batch = make_batch(std::move(lanes), model.device);
  RowCollector rows(plan, pointers, row_counts(pointers));
  const std::vector<PassRow> wanted = own_rows(pointers);
  rows.begin(batch, wanted, &base.trace);
  forward(model, batch, rows, false);
  return captured(rows, batch);
}

CapturedRows run_alone(const Model& model, const Plan& plan, std::span<const Run* const> runs) {
  if (plan.generation.tokens > 0) return generate(model, plan, runs);
  std::vector<Lane> lanes;
  for (const Run* run : runs) lanes.push_back({.tokens = run->tokens});
  const Batch batch = make_batch(std::move(lanes), model.device);
  RowCollector rows(plan, runs, row_counts(runs));
  const std::vector<PassRow> wanted = own_rows(runs);
  rows.begin(batch, wanted);
  forward(model, batch, rows, false);
  return captured(rows, batch);
}

}  // namespace phiscope::extract
