// SPDX-License-Identifier: MIT
// LibTorch 2.11's attention of lanes of different lengths, from plain operations in double: what
// its kernels document, and the conditions that they check.
#include "operations.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <torch/library.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <tuple>

namespace phiscope::fake_gpu {
namespace {

struct Lanes {
  at::Tensor rows;    ///< [lane + 1] int, where its queries begin
  at::Tensor tokens;  ///< likewise of keys and values
  std::int64_t most_rows = 0;
  std::int64_t most_tokens = 0;
};

/// What a row sees besides its own token; negative: all.
struct Span {
  std::int64_t left = -1;
  std::int64_t right = -1;
};

at::Tensor hidden_tokens(std::int64_t rows, std::int64_t tokens, Span span) {
  const at::Tensor row = at::arange(tokens - rows, tokens).unsqueeze(1);  // aligned at the ends
  const at::Tensor column = at::arange(tokens).unsqueeze(0);
  at::Tensor hidden = at::zeros({rows, tokens}, at::kBool);
  if (span.right >= 0) hidden = hidden.logical_or(column > row + span.right);
  if (span.left >= 0) hidden = hidden.logical_or(column < row - span.left);
  return hidden;
}

/// Queries, keys and values: [row, head, unit].
at::Tensor attention(const Launch& launch, const at::Tensor& query, const at::Tensor& key,
                     const at::Tensor& value, const Lanes& lanes, double scale, Span span) {
  for (const at::Tensor& x : {query, key, value, lanes.rows, lanes.tokens}) {
    launch.reads(x);
    TORCH_CHECK(x.stride(-1) == 1, "the last dimension is not contiguous");
  }
  TORCH_CHECK(lanes.rows.scalar_type() == at::kInt && lanes.tokens.scalar_type() == at::kInt);
  TORCH_CHECK(lanes.rows.numel() == lanes.tokens.numel(), "lanes");
  const at::Tensor q = on_host(query).to(at::kDouble);
  const at::Tensor k = on_host(key).to(at::kDouble);
  const at::Tensor v = on_host(value).to(at::kDouble);
  const at::Tensor row_begins = on_host(lanes.rows).contiguous();
  const at::Tensor token_begins = on_host(lanes.tokens).contiguous();
  const int* const row_begin = row_begins.const_data_ptr<int>();
  const int* const token_begin = token_begins.const_data_ptr<int>();
  const std::int64_t count = row_begins.numel() - 1;
  TORCH_CHECK(row_begin[count] == q.size(0) && token_begin[count] <= k.size(0), "rows of no lane");
  const std::int64_t group = q.size(1) / k.size(1);
  const at::Tensor z = at::full_like(q, std::numeric_limits<double>::quiet_NaN());
  for (std::int64_t lane = 0; lane < count; ++lane) {
    const std::int64_t rows = row_begin[lane + 1] - row_begin[lane];
    const std::int64_t tokens = token_begin[lane + 1] - token_begin[lane];
    TORCH_CHECK(rows <= lanes.most_rows && tokens <= lanes.most_tokens && rows <= tokens,
                "a lane is longer than said");
    const auto by_head = [&](const at::Tensor& x, std::int64_t begin, std::int64_t length) {
      return x.narrow(0, begin, length).transpose(0, 1);
    };
    const at::Tensor own = by_head(q, row_begin[lane], rows);
    const at::Tensor keys = by_head(k, token_begin[lane], tokens).repeat_interleave(group, 0);
    const at::Tensor values = by_head(v, token_begin[lane], tokens).repeat_interleave(group, 0);
    const at::Tensor scores = (at::bmm(own, keys.transpose(1, 2)) * scale)
                                  .masked_fill(hidden_tokens(rows, tokens, span), -INFINITY);
    z.narrow(0, row_begin[lane], rows)
        .copy_(at::bmm(at::softmax(scores, -1), values).transpose(0, 1));
  }
  at::Tensor found = on_device(z.to(query.scalar_type()), static_cast<int>(query.get_device()));
  launch.wrote(found);
  return found;
}

using Five = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor>;

Five flash_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                     const std::optional<at::Tensor>& rows, const std::optional<at::Tensor>& tokens,
                     c10::SymInt most_rows, c10::SymInt most_tokens, double, bool causal, bool,
                     std::optional<double> scale, std::optional<c10::SymInt> left,
                     std::optional<c10::SymInt> right, const std::optional<at::Tensor>&,
                     const std::optional<at::Tensor>&) {
  const Launch launch("aten::_flash_attention_forward", static_cast<int>(query.get_device()));
  TORCH_CHECK(query.scalar_type() == at::kHalf || query.scalar_type() == at::kBFloat16,
              "FlashAttention only support fp16 and bf16 data type");
  TORCH_CHECK(query.size(-1) % 8 == 0 && query.size(-1) <= 256, "head size");
  const Lanes lanes{.rows = rows.value(),
                    .tokens = tokens.value(),
                    .most_rows = most_rows.expect_int(),
                    .most_tokens = most_tokens.expect_int()};
  // One row sees all that is there, and so does a window as long as all of it.
  const bool one_row = lanes.most_rows == 1;
  Span span{.left = left ? left->expect_int() : -1, .right = right ? right->expect_int() : -1};
  if (causal && !one_row) span.right = 0;
  if (span.left >= lanes.most_tokens) span.left = -1;
  if (span.right >= lanes.most_tokens) span.right = -1;
  const at::Tensor z = attention(launch, query, key, value, lanes, scale.value(), span);
  return {z, z, z, z, z};
}

using Six = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, c10::SymInt, c10::SymInt>;

Six efficient_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                        const std::optional<at::Tensor>&, const std::optional<at::Tensor>& rows,
                        const std::optional<at::Tensor>& tokens,
                        std::optional<c10::SymInt> most_rows,
                        std::optional<c10::SymInt> most_tokens, double, std::int64_t mask, bool,
                        std::optional<double> scale, const std::optional<at::Tensor>&,
                        std::optional<std::int64_t> window) {
  constexpr std::int64_t causal_from_bottom_right = 2;
  const Launch launch("aten::_efficient_attention_forward", static_cast<int>(query.get_device()));
  TORCH_CHECK(query.dim() == 4 && key.dim() == 4 && value.dim() == 4 && query.size(0) == 1 &&
                  query.size(2) == key.size(2) && mask == causal_from_bottom_right,
              "a case that is not emulated");
  TORCH_CHECK(query.stride(2) % 4 == 0 && key.stride(2) % 4 == 0, "alignment of heads");
  const Lanes lanes{.rows = rows.value(),
                    .tokens = tokens.value(),
                    .most_rows = most_rows->expect_int(),
                    .most_tokens = most_tokens->expect_int()};
  const Span span{.left = window && *window > 0 ? *window - 1 : -1, .right = 0};
  const at::Tensor z = attention(launch, query.squeeze(0), key.squeeze(0), value.squeeze(0), lanes,
                                 scale.value(), span)
                           .unsqueeze(0);
  return {z, z, z, z, 0, 0};
}

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  library.impl("_flash_attention_forward", &flash_attention);
  library.impl("_efficient_attention_forward", &efficient_attention);
}

}  // namespace
}  // namespace phiscope::fake_gpu
