// SPDX-License-Identifier: MIT
#include "model/cuda_step_attention.hpp"

#ifdef PHISCOPE_CUDA
#include "kernel/step_attentions.hpp"
#include "model/device/current_stream.hpp"
#include "model/numbers.hpp"

#include <ATen/ops/empty.h>
#include <c10/core/DeviceGuard.h>
#endif

#include <stdexcept>

namespace phiscope::extract {

#ifdef PHISCOPE_CUDA

namespace {

/// Heads of each lane without gaps; lanes may be parts of longer rows.
at::Tensor dense_rows(const at::Tensor& heads) {
  return heads.stride(2) == 1 && heads.stride(1) == heads.size(2) ? heads : heads.contiguous();
}

std::size_t lane_stride(const at::Tensor& heads) {
  return static_cast<std::size_t>(heads.stride(0));
}

}  // namespace

bool has_cuda_step_attention(const at::Tensor& query) {
  return query.is_cuda() && query.is_floating_point() && query.size(2) <= most_step_units;
}

at::Tensor cuda_step_attention(const Batch& batch, std::size_t lanes, std::size_t layer,
                               const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                               const at::Tensor& value) {
  const at::Tensor queries = dense_rows(query);
  const at::Tensor new_keys = dense_rows(key);
  const at::Tensor new_values = dense_rows(value);
  const at::Tensor z = at::empty(query.sizes(), query.options());
  const std::size_t first = layer * static_cast<std::size_t>(batch.caches.keys.size(1));
  const c10::DeviceGuard on_device(query.device());
  with_type(query, [&](auto kind) {
    using T = decltype(kind);
    using S = kernel::Wide<T>;
    static_assert(most_step_units == kernel::StepAttentions<T>::most_units);
    const kernel::StepAttentions<T> job{.lanes = lanes,
                                        .heads = static_cast<std::size_t>(query.size(1)),
                                        .kv_heads = static_cast<std::size_t>(key.size(1)),
                                        .unit = static_cast<std::size_t>(query.size(2)),
                                        .query = numbers<T>(queries),
                                        .key = numbers<T>(new_keys),
                                        .value = numbers<T>(new_values),
                                        .query_stride = lane_stride(queries),
                                        .key_stride = lane_stride(new_keys),
                                        .value_stride = lane_stride(new_values),
                                        .keys = numbers<T*>(batch.caches.keys) + first,
                                        .values = numbers<T*>(batch.caches.values) + first,
                                        .tokens = numbers<std::int64_t>(batch.caches.tokens),
                                        .window = static_cast<std::size_t>(scores.window),
                                        .scale = static_cast<S>(scores.scale),
                                        .softcap = static_cast<S>(scores.softcap),
                                        .z = mutable_numbers<T>(z)};
    kernel::step_attentions_cuda(job, current_stream(query.device()));
  });
  return z;
}

#else

bool has_cuda_step_attention(const at::Tensor& /*query*/) {
  return false;
}

at::Tensor cuda_step_attention(const Batch& /*batch*/, std::size_t /*lanes*/, std::size_t /*layer*/,
                               const Scores& /*scores*/, const at::Tensor& /*query*/,
                               const at::Tensor& /*key*/, const at::Tensor& /*value*/) {
  throw std::logic_error("cuda_step_attention: a build without the CUDA kernels");
}

#endif

}  // namespace phiscope::extract
