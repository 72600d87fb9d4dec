// SPDX-License-Identifier: MIT
#include "run/forward.hpp"

#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>

namespace phiscope::extract {
namespace {

CapturedRows captured(const RowCollector& rows, const Batch& batch) {
  return {.arrays = rows.arrays(), .tokens = static_cast<std::uint64_t>(batch.begin.back())};
}

}  // namespace

void forward(const Model& model, const Batch& batch, RowCollector& rows, std::span<KvCache> keep) {
  const bool to_the_end = rows.wants(Hook::final_norm, 0) || rows.wants(Hook::logits, 0);
  const int last = to_the_end ? static_cast<int>(model.config.layers) - 1 : rows.last_block();
  const Rotation by = rotation(model.rope_frequencies, batch.positions, model.dtype);

  at::Tensor residual = embed(model, batch);
  rows.take(Hook::embed, 0, residual);
  rows.take(Hook::resid_post, -1, residual);
  for (int layer = 0; layer <= last; ++layer) {
    rows.take(Hook::resid_pre, layer, residual);
    BlockTrace trace;
    residual = block(model, layer, residual, batch, by, keep, &trace);
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
  if (!to_the_end) return;
  const at::Tensor normed = final_norm(model, residual);
  rows.take(Hook::final_norm, 0, normed);
  if (rows.wants(Hook::logits, 0)) rows.take(Hook::logits, 0, logits(model, normed));
}

BaseRun run_base(const Model& model, const Plan& plan, const Run& run) {
  BaseRun base;
  const Batch batch = make_batch({{.tokens = run.tokens}}, model.device);
  const Run* const runs[] = {&run};
  RowCollector rows(plan, batch, runs, nullptr, &base.trace);
  forward(model, batch, rows, {&base.cache, 1});
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
  RowCollector rows(plan, batch, pointers, &base.trace, nullptr);
  forward(model, batch, rows, {});
  return captured(rows, batch);
}

CapturedRows run_alone(const Model& model, const Plan& plan, std::span<const Run* const> runs) {
  std::vector<Lane> lanes;
  for (const Run* run : runs) lanes.push_back({.tokens = run->tokens});
  const Batch batch = make_batch(std::move(lanes), model.device);
  RowCollector rows(plan, batch, runs, nullptr, nullptr);
  forward(model, batch, rows, {});
  return captured(rows, batch);
}

}  // namespace phiscope::extract
