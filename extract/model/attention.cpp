// SPDX-License-Identifier: MIT
#include "model/cpu/parallel.hpp"
#include "model/cuda_step_attention.hpp"
#include "model/ragged_attention.hpp"
#include "model/step.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <limits>

namespace phiscope::extract {
namespace {

/// `x` [row, head, unit] with rows of zeros up to a multiple of `multiple`.
at::Tensor fill_rows(const at::Tensor& x, std::int64_t multiple) {
  const std::int64_t missing = (multiple - x.size(0) % multiple) % multiple;
  return missing == 0 ? x : at::constant_pad_nd(x, {0, 0, 0, 0, 0, missing});
}

/// [row, head, unit] to [1, head, row, unit], as the attention product wants it.
at::Tensor heads_first(const at::Tensor& x) {
  return x.permute({1, 0, 2}).unsqueeze(0);
}

/// See capped_attention().
at::Tensor capped_heads(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                        const at::Tensor& visible, const Scores& how) {
  const at::Tensor q = query.squeeze(0).contiguous();
  at::Tensor scores = at::bmm(q, key.squeeze(0).transpose(1, 2)).mul_(how.scale);
  scores = soft_capped(scores, how.softcap);
  scores = scores.masked_fill(visible.logical_not(), -std::numeric_limits<double>::infinity());
  const at::ScalarType wide = scores.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor weights = at::softmax(scores, -1, wide).to(q.scalar_type());
  return at::bmm(weights, value.squeeze(0)).unsqueeze(0);
}

/// Weights from capped scores, which the fused attention does not know; all four [1, head, row,
/// unit] or [row, token]. The softmax is in float32 or better, as in Hugging Face.
at::Tensor capped_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const at::Tensor& visible, const Scores& how) {
  if (!query.is_cpu()) return capped_heads(query, key, value, visible, how);
  const at::Tensor z = at::empty(query.sizes(), query.options());
  in_parallel(query.size(1), 1, [&](std::int64_t begin, std::int64_t end) {
    const auto some = [&](const at::Tensor& x) { return x.narrow(1, begin, end - begin); };
    some(z).copy_(capped_heads(some(query), some(key), some(value), visible, how));
  });
  return z;
}

/// Attention of rows at positions `row` (with the filling) over tokens 0, 1, 2, ...
at::Tensor masked_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const at::Tensor& row, const Scores& how) {
  const at::Tensor token = at::arange(key.size(2), row.options()).unsqueeze(0);
  at::Tensor visible = token <= row.unsqueeze(1);
  if (how.window > 0) visible = visible & (token > row.unsqueeze(1) - how.window);
  if (how.softcap > 0.0) return capped_attention(query, key, value, visible, how);
  return at::scaled_dot_product_attention(query, key, value, visible, 0.0, /*is_causal=*/false,
                                          how.scale);
}

/// Attention of the first tokens of a run: each row over the tokens up to its own.
/// query [row, head, unit], key and value [row, kv_head, unit]; result [row, head, unit].
///
/// Rows are filled to a multiple of 16 here and to one of 8 in continue_attention(), tokens to one
/// of 16 (measured on LibTorch 2.11): then a row has the same bits whether its prefix was computed
/// with it or before, in any batch and with any number of threads. Without it, about a third of
/// the cases differ. A GPU promises no bits, and there only a mask needs whole tiles.
at::Tensor begin_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const Scores& how) {
  const std::int64_t group = query.size(1) / key.size(1);
  const bool all_visible = how.window == 0 || how.window >= query.size(0);
  const bool unmasked = all_visible && how.softcap == 0.0;
  const std::int64_t multiple = unmasked && !query.is_cpu() ? 1 : KvCache::tile;
  const auto filled = [&](const at::Tensor& x) {
    const at::Tensor wide = fill_rows(x, multiple);
    return heads_first(group == 1 ? wide : wide.repeat_interleave(group, 1));
  };
  const at::Tensor rows = heads_first(fill_rows(query, multiple));
  at::Tensor mixed;
  if (unmasked) {
    mixed = at::scaled_dot_product_attention(rows, filled(key), filled(value), std::nullopt, 0.0,
                                             /*is_causal=*/true, how.scale);
  } else {
    const at::Tensor row = at::arange(rows.size(2), query.options().dtype(at::kLong));
    mixed = masked_attention(rows, filled(key), filled(value), row, how);
  }
  return mixed.squeeze(0).permute({1, 0, 2}).narrow(0, 0, query.size(0));
}

/// Attention of tokens that follow `start` others. key and value [token, kv_head, unit] hold all
/// tokens up to the last row's, in whole tiles. The query heads that share a key are rows of one
/// product, so that no key is copied.
at::Tensor continue_attention(const at::Tensor& query, const at::Tensor& key,
                              const at::Tensor& value, std::int64_t start, const Scores& how) {
  const std::int64_t rows = query.size(0);
  const std::int64_t kv_heads = key.size(1);
  const std::int64_t group = query.size(1) / kv_heads;
  const std::int64_t units = query.size(2);
  const at::Tensor grouped = fill_rows(query.reshape({rows, kv_heads, group, units})
                                           .permute({0, 2, 1, 3})
                                           .reshape({rows * group, kv_heads, units}),
                                       8);
  const auto options = query.options().dtype(at::kLong);
  const at::Tensor row = (at::arange(grouped.size(0), options).div(group, "floor") + start)
                             .clamp_max(start + rows - 1);
  const at::Tensor mixed =
      masked_attention(heads_first(grouped), heads_first(key), heads_first(value), row, how);
  return mixed.squeeze(0)
      .narrow(1, 0, rows * group)
      .reshape({kv_heads, rows, group, units})
      .permute({1, 0, 2, 3})
      .reshape({rows, kv_heads * group, units});
}

/// The prefix's rows before the lane's own, in whole tiles.
at::Tensor with_prefix(const at::Tensor& prefix, std::int64_t start, const at::Tensor& own) {
  return fill_rows(at::cat({prefix.narrow(0, 0, start), own}, 0), KvCache::tile);
}

/// Attention of one lane; its keys and values go into its own cache when it has one.
at::Tensor attend(const Lane& lane, std::size_t layer, const Scores& how, const at::Tensor& query,
                  const at::Tensor& key, const at::Tensor& value) {
  if (lane.own != nullptr) lane.own->write(layer, key, value);
  if (lane.start == 0) return begin_attention(query, key, value, how);
  const std::int64_t tokens = lane.start + query.size(0);
  if (lane.own != nullptr) {
    return continue_attention(query, lane.own->keys(layer, tokens), lane.own->values(layer, tokens),
                              lane.start, how);
  }
  return continue_attention(
      query, with_prefix(lane.prefix->keys(layer, lane.start), lane.start, key),
      with_prefix(lane.prefix->values(layer, lane.start), lane.start, value), lane.start, how);
}

/// One new token of every lane.
void attend_step(const Batch& batch, std::size_t lanes, std::size_t layer, const Scores& how,
                 const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                 const at::Tensor& z) {
  const at::Tensor queries = query.contiguous();
  const bool kernels = has_step_kernels(query);
  const auto attend_lanes = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const Lane& lane = batch.lanes[static_cast<std::size_t>(row)];
      KvCache& cache = *lane.own;
      cache.write(layer, key.narrow(0, row, 1), value.narrow(0, row, 1));
      const std::int64_t tokens = lane.start + 1;
      const at::Tensor keys = cache.keys(layer, tokens);
      const at::Tensor values = cache.values(layer, tokens);
      if (kernels) {
        step_attend(queries[row], keys, values, tokens, how, z[row]);
      } else {
        step_attend_anywhere(queries[row], keys, values, tokens, how, z[row]);
      }
    }
  };
  const auto count = static_cast<std::int64_t>(lanes);
  if (!query.is_cpu()) return attend_lanes(0, count);
  constexpr std::int64_t numbers_for_thread = 100'000;  // of keys and values
  std::int64_t most = 1;                                // of a lane
  for (std::size_t l = 0; l < lanes; ++l) {
    most = std::max(most, 2 * (batch.lanes[l].start + 1) * key.size(1) * key.size(2));
  }
  in_parallel(count, std::max<std::int64_t>(1, numbers_for_thread / most), attend_lanes);
}

}  // namespace

void step_attend_anywhere(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& values,
                          std::int64_t tokens, const Scores& scores, const at::Tensor& z) {
  const std::int64_t seen = scores.window > 0 ? std::min(scores.window, tokens) : tokens;
  const auto visible = [&](const at::Tensor& x) {
    return heads_first(x.narrow(0, tokens - seen, seen));
  };
  const std::int64_t kv_heads = keys.size(1);
  const at::Tensor rows = query.view({1, kv_heads, query.size(0) / kv_heads, query.size(1)});
  at::Tensor mixed;
  if (scores.softcap > 0.0) {
    const at::Tensor all = at::ones({rows.size(2), seen}, query.options().dtype(at::kBool));
    mixed = capped_attention(rows, visible(keys), visible(values), all, scores);
  } else {
    mixed = at::scaled_dot_product_attention(rows, visible(keys), visible(values), std::nullopt,
                                             0.0, /*is_causal=*/false, scores.scale);
  }
  z.copy_(mixed.reshape(z.sizes()));
}

at::Tensor attention(const Batch& batch, const Stage& stage, std::size_t layer,
                     const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                     const at::Tensor& value) {
  if (batch.step && has_cuda_step_attention(query)) {
    return cuda_step_attention(batch, stage.lanes, layer, scores, query, key, value);
  }
  if (batch.step) {
    at::Tensor z = at::zeros_like(query);
    attend_step(batch, stage.lanes, layer, scores, query, key, value, z);
    return z;
  }
  if (has_ragged_attention(query, scores)) {
    return ragged_attention(batch, stage, layer, scores, query, key, value);
  }
  return attention_by_lane(batch, stage, layer, scores, query, key, value);
}

at::Tensor attention_by_lane(const Batch& batch, const Stage& stage, std::size_t layer,
                             const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                             const at::Tensor& value) {
  at::Tensor z = at::zeros_like(query);
  for (std::size_t l = 0; l < stage.lanes; ++l) {
    const std::int64_t from = batch.begin[l];
    const auto of_lane = [&](const at::Tensor& x) {
      return x.narrow(0, from, batch.begin[l + 1] - from);
    };
    of_lane(z).copy_(
        attend(batch.lanes[l], layer, scores, of_lane(query), of_lane(key), of_lane(value)));
  }
  return z;
}

}  // namespace phiscope::extract
