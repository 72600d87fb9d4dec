// SPDX-License-Identifier: MIT
#include "run/draw/device_draw.hpp"

#include "model/index_tensor.hpp"
#include "run/draw/drawn_token.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros_like.h>

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

/// Tokens by their scores, the worst first and of equal ones that with the lower id: of each row
/// all, or the best `count`.
at::Tensor worst_first(const at::Tensor& logits, std::int64_t count) {
  if (count >= logits.size(1)) {
    return std::get<1>(at::sort(logits, /*stable=*/true, 1, /*descending=*/false));
  }
  const at::Tensor best =
      std::get<1>(at::topk(logits, count, 1, /*largest=*/true, /*sorted=*/false));
  const at::Tensor ids = std::get<0>(at::sort(best, 1));
  const at::Tensor order =
      std::get<1>(at::sort(logits.gather(1, ids), /*stable=*/true, 1, /*descending=*/false));
  return ids.gather(1, order);
}

/// What dropping a tail leaves open, [row, 1].
struct Tail {
  at::Tensor doubt;   ///< a rounding could change which tokens are dropped
  at::Tensor beyond;  ///< it begins among the tokens that were not looked at
};

/// Sets the masses to 0 of the worst tokens, as long as they add up to 1 - top_p of all or less.
/// @param candidates  tokens that are looked at; what is worse is dropped, or is too much
Tail drop_tail(const at::Tensor& logits, double top_p, std::int64_t candidates, double share,
               at::Tensor& masses) {
  const at::Tensor order = worst_first(logits, candidates);
  const std::int64_t last = order.size(1) - 1;
  const bool some = order.size(1) < logits.size(1);
  at::Tensor sorted = masses.gather(1, order);
  const at::Tensor all = masses.sum(1, true);
  at::Tensor sums = sorted.cumsum(1);
  // What was not looked at comes before: one sum more, whose roundings count as well.
  if (some) sums = sums + (all - sums.narrow(1, last, 1)).clamp_min_(0.0);
  const at::Tensor tolerance = all * (some ? 2.0 * share : share);
  const at::Tensor spare = all * (1.0 - top_p);
  // The best token stays in any case.
  const at::Tensor stays = at::searchsorted(sums, spare, false, /*right=*/true).clamp_max(last);
  const at::Tensor rank = at::arange(last + 1, order.options()).unsqueeze(0);
  sorted.masked_fill_(rank < stays, 0.0);
  if (some) masses.zero_();
  masses.scatter_(1, order, sorted);
  const at::Tensor above = (sums.gather(1, stays) - spare).masked_fill_(stays == last, 1e300);
  const at::Tensor doubt =
      (above <= tolerance).logical_or_(spare - before(sums, stays) <= tolerance);
  if (!some) return {.doubt = doubt, .beyond = at::zeros_like(doubt)};
  // Of tokens as good as the worst one, which are looked at is left to chance.
  const at::Tensor worst = logits.gather(1, order.narrow(1, 0, 1));
  return {.doubt = doubt, .beyond = logits.gather(1, order.gather(1, stays)) <= worst};
}

}  // namespace

at::Tensor undoubted_tokens(const at::Tensor& logits, std::span<const double> temperatures,
                            std::span<const double> quantiles, const DrawOptions& options,
                            std::int64_t candidates) {
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
  at::Tensor beyond;
  if (options.top_p < 1.0) {
    const Tail tail = drop_tail(logits, options.top_p, candidates, share, masses);
    beyond = tail.beyond;
    doubt.logical_or_(tail.doubt);
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
  at::Tensor ids = inside.masked_fill(doubt, in_doubt);
  if (beyond.defined()) ids.masked_fill_(beyond, among_others);
  return ids.squeeze(1);
}

}  // namespace phiscope::extract
