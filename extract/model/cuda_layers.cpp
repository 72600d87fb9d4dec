// SPDX-License-Identifier: MIT
#include "model/cuda_layers.hpp"

#ifdef PHISCOPE_CUDA
#include "kernel/gated_activation.hpp"
#include "kernel/rms_norm.hpp"
#include "kernel/rotate_heads.hpp"
#include "kernel/step_attentions.hpp"
#include "model/current_stream.hpp"
#include "model/numbers.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/DeviceGuard.h>
#endif

#include <stdexcept>

namespace phiscope::extract {

#ifdef PHISCOPE_CUDA

namespace {

std::size_t extent_of(const at::Tensor& tensor, std::int64_t axis) {
  return static_cast<std::size_t>(tensor.size(axis));
}

/// Calls `work` with a number of x's type and one of the type of `other`, that or what x is
/// computed in.
template <class Work>
void with_types(const at::Tensor& x, const at::Tensor& other, Work work) {
  with_type(x, [&](auto kind) {
    using T = decltype(kind);
    if (other.scalar_type() == x.scalar_type()) return work(kind, kind);
    if (other.scalar_type() != at::kFloat) throw std::invalid_argument("with_types: other dtypes");
    return work(kind, kernel::Wide<T>{});
  });
}

/// @param sum  undefined, as `added`, or where x + added goes
at::Tensor normed_rows(const at::Tensor& x, const at::Tensor& added, const at::Tensor& sum,
                       const at::Tensor& gain, double epsilon, bool wide_gain) {
  if (gain.dim() != 1 || gain.size(0) != x.size(-1)) {
    throw std::invalid_argument("cuda_rms_norm: a gain of another size than a row");
  }
  const at::Tensor rows = x.contiguous();
  const at::Tensor normed = at::empty_like(rows);
  const c10::DeviceGuard on_device(x.device());
  with_types(x, gain, [&](auto kind, auto of_gain) {
    using T = decltype(kind);
    using W = decltype(of_gain);
    const std::size_t unit = extent_of(gain, 0);
    const kernel::RmsNorm<T, W> job{
        .rows = unit == 0 ? 0 : static_cast<std::size_t>(rows.numel()) / unit,
        .unit = unit,
        .x = numbers<T>(rows),
        .row_stride = unit,
        .added = added.defined() ? numbers<T>(added) : nullptr,
        .sum = sum.defined() ? mutable_numbers<T>(sum) : nullptr,
        .gain = numbers<W>(gain),
        .epsilon = static_cast<kernel::Wide<T>>(epsilon),
        .wide_gain = wide_gain,
        .normed = mutable_numbers<T>(normed)};
    kernel::rms_norm_cuda(job, current_stream(x.device()));
  });
  return normed;
}

}  // namespace

bool has_cuda_layers(const at::Tensor& x) {
  return x.is_cuda() && x.is_floating_point();
}

at::Tensor cuda_rms_norm(const at::Tensor& x, const at::Tensor& gain, double epsilon,
                         bool wide_gain) {
  return normed_rows(x, {}, {}, gain, epsilon, wide_gain);
}

SumAndNorm cuda_add_and_rms_norm(const at::Tensor& x, const at::Tensor& added,
                                 const at::Tensor& gain, double epsilon, bool wide_gain) {
  const at::Tensor more = added.contiguous();
  const at::Tensor sum = at::empty_like(more);
  return {.sum = sum, .normed = normed_rows(x, more, sum, gain, epsilon, wide_gain)};
}

at::Tensor cuda_rotate(const at::Tensor& x, const Rotation& by) {
  const bool dense = x.stride(2) == 1 && x.stride(1) == x.size(2);
  const at::Tensor heads = dense ? x : x.contiguous();
  const at::Tensor turned = at::empty(x.sizes(), x.options());
  const c10::DeviceGuard on_device(x.device());
  with_types(x, by.cosine, [&](auto kind, auto of_angle) {
    using T = decltype(kind);
    using R = decltype(of_angle);
    const kernel::RotateHeads<T, R> job{
        .rows = extent_of(x, 0),
        .heads = extent_of(x, 1),
        .unit = extent_of(x, 2),
        .rotated = extent_of(by.cosine, 2),
        .x = numbers<T>(heads),
        .row_stride = static_cast<std::size_t>(heads.stride(0)),
        .cosine = numbers<R>(by.cosine),
        .sine = numbers<R>(by.sine),
        .angle_stride = static_cast<std::size_t>(by.cosine.stride(0)),
        .turned = mutable_numbers<T>(turned)};
    kernel::rotate_heads_cuda(job, current_stream(x.device()));
  });
  return turned;
}

at::Tensor cuda_gated(Activation activation, const at::Tensor& gate, const at::Tensor& up) {
  const at::Tensor values = gate.contiguous();
  const at::Tensor factors = up.contiguous();
  const auto named = [&] {
    switch (activation) {
      case Activation::silu:
        return kernel::GateActivation::silu;
      case Activation::gelu:
        return kernel::GateActivation::gelu;
      case Activation::gelu_tanh:
        return kernel::GateActivation::gelu_tanh;
    }
    throw std::invalid_argument("cuda_gated: not an Activation");
  };
  const c10::DeviceGuard on_device(gate.device());
  with_type(gate, [&](auto kind) {
    using T = decltype(kind);
    const kernel::GatedActivation<T> job{.count = static_cast<std::size_t>(values.numel()),
                                         .activation = named(),
                                         .gate = mutable_numbers<T>(values),
                                         .up = numbers<T>(factors)};
    kernel::gated_activation_cuda(job, current_stream(gate.device()));
  });
  return values;
}

at::Tensor cuda_step_attention(const Batch& batch, std::size_t lanes, std::size_t layer,
                               const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                               const at::Tensor& value) {
  const at::Tensor queries = query.contiguous();
  const at::Tensor new_keys = key.contiguous();
  const at::Tensor new_values = value.contiguous();
  const at::Tensor z = at::empty_like(queries);
  const std::size_t first = layer * extent_of(batch.caches.keys, 1);
  const c10::DeviceGuard on_device(query.device());
  with_type(query, [&](auto kind) {
    using T = decltype(kind);
    using S = kernel::Wide<T>;
    static_assert(most_step_units == kernel::StepAttentions<T>::most_units);
    const kernel::StepAttentions<T> job{.lanes = lanes,
                                        .heads = extent_of(query, 1),
                                        .kv_heads = extent_of(key, 1),
                                        .unit = extent_of(query, 2),
                                        .query = numbers<T>(queries),
                                        .key = numbers<T>(new_keys),
                                        .value = numbers<T>(new_values),
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

bool has_cuda_layers(const at::Tensor& /*x*/) {
  return false;
}

namespace {

[[noreturn]] void refuse_kernels() {
  throw std::logic_error("cuda_layers: a build without the CUDA kernels");
}

}  // namespace

at::Tensor cuda_rms_norm(const at::Tensor& /*x*/, const at::Tensor& /*gain*/, double /*epsilon*/,
                         bool /*wide_gain*/) {
  refuse_kernels();
}

SumAndNorm cuda_add_and_rms_norm(const at::Tensor& /*x*/, const at::Tensor& /*added*/,
                                 const at::Tensor& /*gain*/, double /*epsilon*/,
                                 bool /*wide_gain*/) {
  refuse_kernels();
}

at::Tensor cuda_rotate(const at::Tensor& /*x*/, const Rotation& /*by*/) {
  refuse_kernels();
}

at::Tensor cuda_gated(Activation /*activation*/, const at::Tensor& /*gate*/,
                      const at::Tensor& /*up*/) {
  refuse_kernels();
}

at::Tensor cuda_step_attention(const Batch& /*batch*/, std::size_t /*lanes*/, std::size_t /*layer*/,
                               const Scores& /*scores*/, const at::Tensor& /*query*/,
                               const at::Tensor& /*key*/, const at::Tensor& /*value*/) {
  refuse_kernels();
}

#endif

}  // namespace phiscope::extract
