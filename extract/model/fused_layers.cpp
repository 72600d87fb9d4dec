// SPDX-License-Identifier: MIT
#include "model/fused_layers.hpp"

#include "kernel/gated_activation.hpp"
#include "kernel/rms_norm.hpp"
#include "kernel/rotate_heads.hpp"
#include "model/cpu/parallel.hpp"
#include "model/device/cuda_kernels.hpp"
#include "model/device/current_stream.hpp"
#include "model/numbers.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/DeviceGuard.h>

#include <algorithm>
#include <stdexcept>

namespace phiscope::extract {
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

/// Calls work(begin, end) for parts of [0, count) on the threads of the CPU.
/// @param size  numbers that one of them takes
template <class Work>
void over_rows(std::size_t count, std::size_t size, Work work) {
  constexpr std::size_t least = 32'768;  // numbers that pay for a thread
  const auto grain = static_cast<std::int64_t>(least / std::max<std::size_t>(size, 1) + 1);
  in_parallel(static_cast<std::int64_t>(count), grain, [&](std::int64_t begin, std::int64_t end) {
    work(static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
  });
}

template <class T, class W>
void compute(const kernel::RmsNorm<T, W>& job, at::Device device) {
#ifdef PHISCOPE_CUDA
  if (device.is_cuda()) return kernel::rms_norm_cuda(job, current_stream(device));
#endif
  if (!device.is_cpu()) throw std::invalid_argument("fused_rms_norm: no kernel for the device");
  over_rows(job.rows, job.unit,
            [&](std::size_t begin, std::size_t end) { kernel::rms_norm(job, begin, end); });
}

template <class T, class R>
void compute(const kernel::RotateHeads<T, R>& job, at::Device device) {
#ifdef PHISCOPE_CUDA
  if (device.is_cuda()) return kernel::rotate_heads_cuda(job, current_stream(device));
#endif
  if (!device.is_cpu()) throw std::invalid_argument("fused_rotate: no kernel for the device");
  over_rows(job.rows, job.heads * job.unit,
            [&](std::size_t begin, std::size_t end) { kernel::rotate_heads(job, begin, end); });
}

template <class T>
void compute(const kernel::GatedActivation<T>& job, at::Device device) {
#ifdef PHISCOPE_CUDA
  if (device.is_cuda()) return kernel::gated_activation_cuda(job, current_stream(device));
#endif
  if (!device.is_cpu()) throw std::invalid_argument("fused_gated: no kernel for the device");
  over_rows(job.unit, 1,
            [&](std::size_t begin, std::size_t end) { kernel::gated_activation(job, begin, end); });
}

/// @param sum  undefined, as `added`, or where x + added goes
at::Tensor normed_rows(const at::Tensor& x, const at::Tensor& added, const at::Tensor& sum,
                       const at::Tensor& gain, double epsilon, bool wide_gain) {
  if (gain.dim() != 1 || gain.size(0) != x.size(-1)) {
    throw std::invalid_argument("fused_rms_norm: a gain of another size than a row");
  }
  // Of parts of longer rows, the last axes without gaps.
  const bool heads = x.dim() == 3;
  const bool dense = x.stride(-1) == 1 && (x.dim() == 2 || (heads && x.stride(1) == x.size(2)));
  const at::Tensor rows = dense ? x : x.contiguous();
  const at::Tensor normed = at::empty(x.sizes(), x.options());
  const c10::DeviceGuard on_device(x.device());
  with_types(x, gain, [&](auto kind, auto of_gain) {
    using T = decltype(kind);
    using W = decltype(of_gain);
    const std::size_t unit = extent_of(gain, 0);
    compute(
        kernel::RmsNorm<T, W>{.rows = unit == 0 ? 0 : static_cast<std::size_t>(rows.numel()) / unit,
                              .unit = unit,
                              .x = numbers<T>(rows),
                              .row_stride = static_cast<std::size_t>(rows.stride(0)),
                              .group = heads ? extent_of(rows, 1) : 1,
                              .added = added.defined() ? numbers<T>(added) : nullptr,
                              .sum = sum.defined() ? mutable_numbers<T>(sum) : nullptr,
                              .gain = numbers<W>(gain),
                              .epsilon = static_cast<kernel::Wide<T>>(epsilon),
                              .wide_gain = wide_gain,
                              .normed = mutable_numbers<T>(normed)},
        x.device());
  });
  return normed;
}

}  // namespace

bool has_fused_layers(const at::Tensor& x) {
  return x.is_floating_point() && (x.is_cpu() || (has_cuda_kernels && x.is_cuda()));
}

at::Tensor fused_rms_norm(const at::Tensor& x, const at::Tensor& gain, double epsilon,
                          bool wide_gain) {
  return normed_rows(x, {}, {}, gain, epsilon, wide_gain);
}

SumAndNorm fused_add_and_rms_norm(const at::Tensor& x, const at::Tensor& added,
                                  const at::Tensor& gain, double epsilon, bool wide_gain) {
  const at::Tensor more = added.contiguous();
  const at::Tensor sum = at::empty_like(more);
  return {.sum = sum, .normed = normed_rows(x, more, sum, gain, epsilon, wide_gain)};
}

at::Tensor fused_rotate(const at::Tensor& x, const Rotation& by) {
  const bool dense = x.stride(2) == 1 && x.stride(1) == x.size(2);
  const at::Tensor heads = dense ? x : x.contiguous();
  const at::Tensor turned = at::empty(x.sizes(), x.options());
  const c10::DeviceGuard on_device(x.device());
  with_types(x, by.cosine, [&](auto kind, auto of_angle) {
    using T = decltype(kind);
    using R = decltype(of_angle);
    compute(kernel::RotateHeads<T, R>{.rows = extent_of(x, 0),
                                      .heads = extent_of(x, 1),
                                      .unit = extent_of(x, 2),
                                      .rotated = extent_of(by.cosine, 2),
                                      .x = numbers<T>(heads),
                                      .row_stride = static_cast<std::size_t>(heads.stride(0)),
                                      .cosine = numbers<R>(by.cosine),
                                      .sine = numbers<R>(by.sine),
                                      .angle_stride = static_cast<std::size_t>(by.cosine.stride(0)),
                                      .turned = mutable_numbers<T>(turned)},
            x.device());
  });
  return turned;
}

bool has_fused_gated(Activation activation, const at::Tensor& gate) {
  return has_fused_layers(gate) && (!gate.is_cpu() || activation == Activation::silu);
}

at::Tensor fused_gated(Activation activation, const at::Tensor& gate, const at::Tensor& up) {
  // On a GPU both may be parts of longer rows.
  const auto dense = [](const at::Tensor& x) {
    return x.is_cuda() && x.dim() == 2 && x.stride(1) == 1 ? x : x.contiguous();
  };
  const at::Tensor values = dense(gate);
  const at::Tensor factors = dense(up);
  const bool by_row = gate.is_cuda() && gate.dim() == 2;
  const auto named = [&] {
    switch (activation) {
      case Activation::silu:
        return kernel::GateActivation::silu;
      case Activation::gelu:
        return kernel::GateActivation::gelu;
      case Activation::gelu_tanh:
        return kernel::GateActivation::gelu_tanh;
    }
    throw std::invalid_argument("fused_gated: not an Activation");
  };
  const c10::DeviceGuard on_device(gate.device());
  with_type(gate, [&](auto kind) {
    using T = decltype(kind);
    const std::size_t rows = by_row ? extent_of(values, 0) : 1;
    const auto stride_of = [&](const at::Tensor& x) {
      return by_row ? static_cast<std::size_t>(x.stride(0)) : 0;
    };
    compute(kernel::GatedActivation<T>{.rows = rows,
                                       .unit = by_row ? extent_of(values, 1)
                                                      : static_cast<std::size_t>(values.numel()),
                                       .activation = named(),
                                       .gate = mutable_numbers<T>(values),
                                       .gate_stride = stride_of(values),
                                       .up = numbers<T>(factors),
                                       .up_stride = stride_of(factors)},
            gate.device());
  });
  return values;
}

}  // namespace phiscope::extract
