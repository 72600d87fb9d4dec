// SPDX-License-Identifier: MIT
// A mixture of experts in the place of an MLP.
#include "model/layers.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros_like.h>

namespace phiscope::extract {

at::Tensor experts(const ModelConfig& config, const BlockWeights& weights, const at::Tensor& x,
                   std::int64_t used, bool step) {
  const Experts& experts = config.experts.value();
  const at::Tensor scores = product(x, weights.parts[Part::router], {}, step).narrow(0, 0, used);
  const at::ScalarType wide = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  auto [share, chosen] = at::topk(at::softmax(scores, -1, wide), experts.per_token, -1);
  if (experts.renormalise) share = share / share.sum(-1, true);
  share = share.to(x.scalar_type());
  // What each expert computes is then one range of rows. How long these are is all that a GPU is
  // waited for.
  const auto [sorted, order] =
      at::sort(chosen.reshape({-1}), /*stable=*/true, /*dim=*/0, /*descending=*/false);
  const at::Tensor rows = order.div(experts.per_token, "floor");
  const at::Tensor shares = share.reshape({-1}).index_select(0, order).unsqueeze(1);
  const at::Tensor ends = at::searchsorted(sorted, at::arange(experts.count, sorted.options()),
                                           /*out_int32=*/false, /*right=*/true)
                              .cpu();
  at::Tensor out = at::zeros_like(x);
  // In the order of the experts, so that a row is summed the same way in any batch.
  std::int64_t begin = 0;
  for (std::int64_t e = 0; e < experts.count; ++e) {
    const std::int64_t count = ends.const_data_ptr<std::int64_t>()[e] - begin;
    if (count == 0) continue;
    const at::Tensor hits = rows.narrow(0, begin, count);
    const at::Tensor result =
        mlp(config, weights.experts[static_cast<std::size_t>(e)], x.index_select(0, hits), step);
    out.index_add_(0, hits, result * shares.narrow(0, begin, count));
    begin += count;
  }
  return out;
}

}  // namespace phiscope::extract
