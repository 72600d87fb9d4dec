// SPDX-License-Identifier: MIT
// The weights that attention gives to values. The fused products never form them, so they are
// computed again where someone asks.
#include "model/layers.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <vector>

namespace phiscope::extract {
namespace {

/// Keys of all tokens of a lane up to its last row, [token, kv_head, unit].
at::Tensor keys_of(const Lane& lane, std::size_t layer, const at::Tensor& key) {
  if (lane.start == 0) return key;
  const std::int64_t tokens = lane.start + key.size(0);
  if (lane.own != nullptr) return lane.own->keys(layer, tokens).narrow(0, 0, tokens);
  return at::cat({lane.prefix->keys(layer, lane.start).narrow(0, 0, lane.start), key}, 0);
}

/// Weights of one lane, [row, head, token] with the tokens filled to a multiple of 16: the sums of
/// the softmax then add up in an order that does not depend on how many tokens follow.
at::Tensor lane_pattern(const at::Tensor& query, const at::Tensor& keys, std::int64_t start,
                        const Scores& how) {
  const std::int64_t rows = query.size(0);
  const std::int64_t group = query.size(1) / keys.size(1);
  const std::int64_t missing = (KvCache::tile - keys.size(0) % KvCache::tile) % KvCache::tile;
  std::vector<at::Tensor> scores;
  scores.reserve(static_cast<std::size_t>(query.size(1)));
  for (std::int64_t head = 0; head < query.size(1); ++head) {
    const at::Tensor of_head = keys.select(1, head / group).contiguous();
    scores.push_back(product(query.select(1, head).contiguous(), of_head, {}, /*step=*/true));
  }
  at::Tensor all = at::constant_pad_nd(at::stack(scores, 1).mul_(how.scale), {0, missing});
  if (how.softcap > 0.0) all = soft_capped(all, how.softcap);
  const auto whole = query.options().dtype(at::kLong);
  const at::Tensor row = at::arange(start, start + rows, whole).view({rows, 1, 1});
  const at::Tensor token = at::arange(all.size(2), whole);
  at::Tensor hidden = token > row;
  if (how.window > 0) hidden = hidden | (token <= row - how.window);
  all = all.masked_fill(hidden, -std::numeric_limits<double>::infinity());
  const at::ScalarType wide = all.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  return at::softmax(all, -1, wide).to(query.scalar_type());
}

}  // namespace

at::Tensor attention_pattern(const Batch& batch, const Stage& stage, std::size_t layer,
                             const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                             std::int64_t tokens) {
  at::Tensor all = at::zeros({query.size(0), query.size(1), tokens}, query.options());
  for (std::size_t l = 0; l < stage.lanes; ++l) {
    const Lane& lane = batch.lanes[l];
    const auto of_lane = [&](const at::Tensor& x) {
      return x.narrow(0, batch.begin[l], batch.begin[l + 1] - batch.begin[l]);
    };
    const at::Tensor keys = keys_of(lane, layer, of_lane(key));
    const at::Tensor found = lane_pattern(of_lane(query), keys, lane.start, scores);
    of_lane(all).narrow(2, 0, keys.size(0)).copy_(found.narrow(2, 0, keys.size(0)));
  }
  return all;
}

}  // namespace phiscope::extract
