// SPDX-License-Identifier: MIT
#include "model/step.hpp"

#include "kernel/row_product.hpp"
#include "kernel/step_attention.hpp"
#include "model/cpu/parallel.hpp"
#include "model/numbers.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace phiscope::extract {
namespace {

std::size_t extent(const at::Tensor& tensor, std::int64_t axis) {
  return static_cast<std::size_t>(tensor.size(axis));
}

/// Outputs that are worth a thread of their own: about a hundred microseconds of reading.
std::int64_t outputs_per_thread(std::int64_t in) {
  return std::max<std::int64_t>(1, 1'000'000 / std::max<std::int64_t>(1, in));
}

}  // namespace

bool has_step_kernels(const at::Tensor& x) {
  return x.device().is_cpu();
}

at::Tensor step_product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor out = at::empty({x.size(0), weight.size(0)}, x.options());
  const at::Tensor rows = x.contiguous();
  with_type(x, [&](auto kind) {
    using T = decltype(kind);
    using W = kernel::Wide<T>;
    const bool wide = sizeof(T) == sizeof(W);
    const at::Tensor widened =
        wide ? rows : at::empty(rows.sizes(), rows.options().dtype(at::kFloat));
    if (!wide) {
      kernel::widen_numbers<T>(numbers<T>(rows), static_cast<std::size_t>(rows.numel()),
                               static_cast<W*>(widened.mutable_data_ptr()));
    }
    const kernel::RowProduct<T, T> product{.rows = extent(x, 0),
                                           .in = extent(x, 1),
                                           .x = numbers<W>(widened),
                                           .x_stride = extent(x, 1),
                                           .weight = numbers<T>(weight),
                                           .weight_stride = extent(weight, 1),
                                           .bias = bias.defined() ? numbers<T>(bias) : nullptr,
                                           .y = static_cast<T*>(out.mutable_data_ptr()),
                                           .y_stride = extent(weight, 0)};
    in_parallel(weight.size(0), outputs_per_thread(weight.size(1)),
                [&](std::int64_t begin, std::int64_t end) {
                  kernel::row_product(product, static_cast<std::size_t>(begin),
                                      static_cast<std::size_t>(end));
                });
  });
  return out;
}

void step_attend(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& values,
                 std::int64_t tokens, const Scores& scores, const at::Tensor& z) {
  with_type(query, [&](auto kind) {
    using T = decltype(kind);
    using W = kernel::Wide<T>;
    const kernel::StepAttention<T> attention{
        .heads = extent(query, 0),
        .kv_heads = extent(keys, 1),
        .unit = extent(query, 1),
        .query = numbers<T>(query),
        .keys = numbers<T>(keys),
        .values = numbers<T>(values),
        .token_stride = static_cast<std::size_t>(keys.stride(0)),
        .head_stride = static_cast<std::size_t>(keys.stride(1)),
        .tokens = static_cast<std::size_t>(tokens),
        .window = static_cast<std::size_t>(scores.window),
        .scale = static_cast<W>(scores.scale),
        .softcap = static_cast<W>(scores.softcap),
        .z = static_cast<T*>(z.mutable_data_ptr())};
    std::vector<W> scratch(kernel::step_attention_scratch(attention));
    kernel::step_attention<T>(attention, 0, attention.heads, scratch);
  });
}

}  // namespace phiscope::extract
