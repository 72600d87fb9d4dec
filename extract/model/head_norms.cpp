// SPDX-License-Identifier: MIT
#include "model/head_norms.hpp"

#include "kernel/head_norm.hpp"
#include "model/cpu/parallel.hpp"
#include "model/device/cuda_kernels.hpp"
#include "model/device/current_stream.hpp"
#include "model/numbers.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <c10/core/DeviceGuard.h>

#include <algorithm>

namespace phiscope::extract {
namespace {

/// z with the heads of a row next to each other; a copy only where they are not.
at::Tensor dense_rows(const at::Tensor& z) {
  const bool dense = z.stride(2) == 1 && z.stride(1) == z.size(2) && z.stride(0) >= 0;
  return dense ? z : z.contiguous();
}

template <class T>
void compute(const kernel::HeadNorms<T>& job, const at::Tensor& z) {
  if (z.is_cpu()) {
    const std::int64_t row = std::max<std::int64_t>(1, z.size(1) * z.size(2));
    in_parallel(z.size(0), std::max<std::int64_t>(1, 100'000 / row),
                [&](std::int64_t begin, std::int64_t end) {
                  kernel::head_norms(job, static_cast<std::size_t>(begin),
                                     static_cast<std::size_t>(end));
                });
  }
#ifdef PHISCOPE_CUDA
  if (z.is_cuda()) {
    const c10::DeviceGuard on_device(z.device());
    kernel::head_norms_cuda(job, current_stream(z.device()));
  }
#endif
}

}  // namespace

at::Tensor head_norms(const at::Tensor& z) {
  const at::ScalarType wide = z.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  if (!z.is_cpu() && !(has_cuda_kernels && z.is_cuda())) {
    return at::linalg_vector_norm(z.to(wide), 2, {2});
  }
  const at::Tensor rows = dense_rows(z);
  const at::Tensor norms = at::empty({z.size(0), z.size(1)}, z.options().dtype(wide));
  with_type(rows, [&](auto kind) {
    using T = decltype(kind);
    const kernel::HeadNorms<T> job{.rows = static_cast<std::size_t>(rows.size(0)),
                                   .heads = static_cast<std::size_t>(rows.size(1)),
                                   .unit = static_cast<std::size_t>(rows.size(2)),
                                   .z = numbers<T>(rows),
                                   .row_stride = static_cast<std::size_t>(rows.stride(0)),
                                   .norms = mutable_numbers<kernel::Wide<T>>(norms)};
    compute(job, rows);
  });
  return norms;
}

}  // namespace phiscope::extract
