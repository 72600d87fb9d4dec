// SPDX-License-Identifier: MIT
#include "model/cpu/wide_product.hpp"

#include "model/cpu/product_parts.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace phiscope::extract {
namespace {

/// Whether the processor multiplies numbers of these 16 bits itself.
bool multiplies(at::ScalarType dtype) {
#if defined(__x86_64__) && defined(__GNUC__)
  return dtype == at::kBFloat16 ? __builtin_cpu_supports("avx512bf16") != 0
                                : __builtin_cpu_supports("avx512fp16") != 0;
#else
  return true;  // not measured: LibTorch's own
#endif
}

/// Outputs that are widened together: 4 MiB of weights in float32, which a processor's caches hold.
std::int64_t part_of_outputs(std::int64_t in) {
  return std::max<std::int64_t>(64, (std::int64_t{1} << 20) / std::max<std::int64_t>(1, in));
}

}  // namespace

bool is_product_widened(at::ScalarType dtype) {
  return (dtype == at::kBFloat16 || dtype == at::kHalf) && !multiplies(dtype);
}

at::Tensor widened_product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor wide = x.to(at::kFloat);
  const std::int64_t outputs = weight.size(0);
  const std::int64_t most = part_of_outputs(weight.size(1));
  const at::Tensor y = at::empty({x.size(0), outputs}, x.options());
  by_parts(x.size(0), outputs, most, [&](const ProductPart& part) {
    std::optional<at::Tensor> added;
    if (bias.defined()) added = bias.narrow(0, part.output, part.outputs).to(at::kFloat);
    y.narrow(0, part.row, part.rows)
        .narrow(1, part.output, part.outputs)
        .copy_(at::linear(wide.narrow(0, part.row, part.rows),
                          weight.narrow(0, part.output, part.outputs).to(at::kFloat), added));
  });
  return y;
}

}  // namespace phiscope::extract
