// SPDX-License-Identifier: MIT
#include "run/device_draw.hpp"

#include "model/index_tensor.hpp"
#include "run/drawn_token.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/topk.h>

#include <vector>

namespace phiscope::extract {
namespace {

/// One number of each row as a column on a device.
at::Tensor column(std::span<const double> values, at::Device device) {
  return number_tensor({values.begin(), values.end()}, device).unsqueeze(1);
}

/// The sum before each row's place; 0 before the first. places [row, 1]
at::Tensor before(const at::Tensor& sums, const at::Tensor& places) {
  const at::Tensor found = sums.gather(1, (places - 1).clamp_min(0));
  return found.masked_fill(places == 0, 0.0);
}

/// Sets the masses to 0 of the worst tokens, as long as they add up to 1 - top_p of all or less.
/// @return  [row, 1] whether a mass of the tolerance would change which ones
at::Tensor drop_tail(const at::Tensor& logits, double top_p, const at::Tensor& tolerance,
                     at::Tensor& masses) {
  const at::Tensor order = std::get<1>(at::sort(logits, /*stable=*/true, 1, /*descending=*/false));
  at::Tensor sorted = masses.gather(1, order);
  const at::Tensor sums = sorted.cumsum(1);
  const std::int64_t last = sums.size(1) - 1;
  const at::Tensor spare = masses.sum(1, true) * (1.0 - top_p);
  // The best token stays in any case.
  const at::Tensor stays = at::searchsorted(sums, spare, false, /*right=*/true).clamp_max(last);
  const at::Tensor rank = at::arange(last + 1, order.options()).unsqueeze(0);
  sorted.masked_fill_(rank < stays, 0.0);
  masses.scatter_(1, order, sorted);
  const at::Tensor above = (sums.gather(1, stays) - spare).masked_fill_(stays == last, 1e300);
  return (above <= tolerance).logical_or_(spare - before(sums, stays) <= tolerance);
}

}  // namespace

at::Tensor undoubted_tokens(const at::Tensor& logits, std::span<const double> temperatures,
                            std::span<const double> quantiles, const DrawOptions& options) {
  const std::int64_t vocab = logits.size(1);
  const at::Device device = logits.device();
  at::Tensor masses = logits.to(at::kDouble).div_(column(temperatures, device));
  const at::Tensor best = masses.amax(1, /*keepdim=*/true);
  masses.sub_(best).exp_();
  if (options.top_k > 0 && options.top_k < vocab) {
    const at::Tensor kth =
        std::get<0>(at::topk(logits, options.top_k, 1)).narrow(1, options.top_k - 1, 1);
    masses.masked_fill_(logits < kth, 0.0);
  }
  const double share = sum_tolerance(static_cast<std::size_t>(vocab));
  at::Tensor doubt = at::isfinite(best).logical_not_();
  if (options.top_p < 1.0) {
    doubt.logical_or_(drop_tail(logits, options.top_p, masses.sum(1, true) * share, masses));
  }
  const at::Tensor sums = masses.cumsum(1);
  const at::Tensor total = sums.narrow(1, vocab - 1, 1);
  const at::Tensor target = total * column(quantiles, device);
  const at::Tensor place = at::searchsorted(sums, target, false, /*right=*/true);
  const at::Tensor inside = place.clamp_max(vocab - 1);
  const at::Tensor tolerance = total * share;
  doubt.logical_or_(place >= vocab)
      .logical_or_(sums.gather(1, inside) - target <= tolerance)
      .logical_or_(target - before(sums, inside) <= tolerance);
  return inside.masked_fill(doubt, -1).squeeze(1);
}

}  // namespace phiscope::extract
