// SPDX-License-Identifier: MIT
#include "model/ragged_attention.hpp"

#include <ATen/ops/_efficient_attention_forward.h>
#include <ATen/ops/_flash_attention_forward.h>
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

namespace phiscope::extract {
namespace {

bool is_narrow(const at::Tensor& x) {
  return x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
}

/// New rows of every lane into its own cache, by one call.
void write_caches(const Batch& batch, const Stage& stage, std::size_t layer, const at::Tensor& key,
                  const at::Tensor& value) {
  std::vector<at::Tensor> to;
  std::vector<at::Tensor> from;
  to.reserve(2 * stage.lanes);
  from.reserve(2 * stage.lanes);
  for (std::size_t l = 0; l < stage.lanes; ++l) {
    const Lane& lane = batch.lanes[l];
    if (lane.own == nullptr) continue;
    const std::int64_t count = batch.begin[l + 1] - batch.begin[l];
    const std::int64_t tokens = lane.start + count;
    to.push_back(lane.own->keys(layer, tokens).narrow(0, lane.start, count));
    from.push_back(key.narrow(0, batch.begin[l], count));
    to.push_back(lane.own->values(layer, tokens).narrow(0, lane.start, count));
    from.push_back(value.narrow(0, batch.begin[l], count));
  }
  if (!to.empty()) at::_foreach_copy_(to, from);
}

/// Keys, or values, of all tokens that the lanes see: those before a lane's start from its cache or
/// prefix, then its own.
/// @param known  KvCache::keys or KvCache::values
template <class Known>
at::Tensor with_known(const Batch& batch, const Stage& stage, std::size_t layer,
                      const at::Tensor& own, Known known) {
  std::vector<at::Tensor> parts;
  std::int64_t taken = 0;  // rows of `own`
  const auto take_until = [&](std::int64_t row) {
    if (row > taken) parts.push_back(own.narrow(0, taken, row - taken));
    taken = row;
  };
  for (std::size_t l = 0; l < stage.lanes; ++l) {
    const Lane& lane = batch.lanes[l];
    if (lane.start == 0) continue;
    take_until(batch.begin[l]);
    const KvCache& cache = lane.own != nullptr ? *lane.own : *lane.prefix;
    parts.push_back((cache.*known)(layer, lane.start).narrow(0, 0, lane.start));
  }
  take_until(stage.used);
  return parts.size() == 1 ? parts.front() : at::cat(parts, 0);
}

/// In 16 bits. Lanes are aligned at their ends, and a window of n tokens is the row's own and n - 1
/// to its left (LibTorch 2.11, flash_attn/mask.h). Made for compute capability 8.0 and later, as
/// the kernels of extract/kernel.
at::Tensor flash_product(const at::Tensor& query, const SeenTokens& seen, const Scores& scores) {
  std::optional<std::int64_t> left;
  std::optional<std::int64_t> right;
  if (scores.window > 0 && scores.window < seen.tokens.most) {
    left = scores.window - 1;
    right = 0;
  }
  return std::get<0>(at::_flash_attention_forward(
      query.contiguous(), seen.key.contiguous(), seen.value.contiguous(), seen.rows.begin,
      seen.tokens.begin, seen.rows.most, seen.tokens.most, /*dropout_p=*/0.0, /*is_causal=*/true,
      /*return_debug_mask=*/false, scores.scale, left, right));
}

/// In float32. The mask is aligned at the lanes' ends; a window counts as in Scores (LibTorch 2.11,
/// mem_eff_attention/kernel_forward.h).
at::Tensor efficient_product(const at::Tensor& query, const SeenTokens& seen,
                             const Scores& scores) {
  constexpr std::int64_t causal_from_bottom_right = 2;
  std::optional<std::int64_t> window;
  if (scores.window > 0) window = scores.window;
  const auto for_each_query = [&](const at::Tensor& x) {
    const std::int64_t group = query.size(1) / x.size(1);
    return (group == 1 ? x.contiguous() : x.repeat_interleave(group, 1)).unsqueeze(0);
  };
  const auto found = at::_efficient_attention_forward(
      query.contiguous().unsqueeze(0), for_each_query(seen.key), for_each_query(seen.value),
      /*bias=*/std::nullopt, seen.rows.begin, seen.tokens.begin, seen.rows.most, seen.tokens.most,
      /*dropout_p=*/0.0, causal_from_bottom_right, /*compute_log_sumexp=*/false, scores.scale,
      /*seqlen_k=*/std::nullopt, window);
  return std::get<0>(found).squeeze(0);
}

}  // namespace

bool has_ragged_attention(const at::Tensor& query, const Scores& scores) {
  if (!query.is_cuda() || scores.softcap > 0.0) return false;
  const std::int64_t units = query.size(2);
  if (is_narrow(query)) return units % 8 == 0 && units <= 256;
  return query.scalar_type() == at::kFloat && units % 4 == 0;
}

SeenTokens seen_tokens(const Batch& batch, const Stage& stage, std::size_t layer,
                       const at::Tensor& key, const at::Tensor& value) {
  write_caches(batch, stage, layer, key, value);
  const auto lanes = static_cast<std::int64_t>(stage.lanes);
  SeenTokens seen{.key = with_known(batch, stage, layer, key, &KvCache::keys),
                  .value = with_known(batch, stage, layer, value, &KvCache::values),
                  .rows = {.begin = batch.row_begin.narrow(0, 0, lanes + 1)},
                  .tokens = {.begin = batch.token_begin.narrow(0, 0, lanes + 1)}};
  for (std::size_t l = 0; l < stage.lanes; ++l) {
    const Lane& lane = batch.lanes[l];
    const auto count = std::ssize(lane.tokens);
    seen.rows.most = std::max<std::int64_t>(seen.rows.most, count);
    seen.tokens.most = std::max<std::int64_t>(seen.tokens.most, lane.start + count);
  }
  return seen;
}

at::Tensor ragged_product(const at::Tensor& query, const SeenTokens& seen, const Scores& scores) {
  return is_narrow(query) ? flash_product(query, seen, scores)
                          : efficient_product(query, seen, scores);
}

at::Tensor ragged_attention(const Batch& batch, const Stage& stage, std::size_t layer,
                            const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value) {
  const SeenTokens seen = seen_tokens(batch, stage, layer, key, value);
  const at::Tensor z = ragged_product(query.narrow(0, 0, stage.used), seen, scores);
  const std::int64_t missing = query.size(0) - stage.used;
  return missing == 0 ? z : at::constant_pad_nd(z, {0, 0, 0, 0, 0, missing});
}

}  // namespace phiscope::extract
