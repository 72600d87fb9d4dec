// SPDX-License-Identifier: MIT
#include "kernel/cuda/check.cuh"
#include "kernel/cuda/chunk.cuh"
#include "kernel/gated_activation.hpp"

#include <cmath>

namespace phiscope::extract::kernel {
namespace {

constexpr std::size_t gate_threads = 256;

/// The formulas of at::silu and at::gelu.
template <class S>
__device__ S activated(GateActivation activation, S x) {
  constexpr double root_of_half = 0.70710678118654752440;
  constexpr double root_of_two_over_pi = 0.79788456080286535588;
  switch (activation) {
    case GateActivation::silu:
      return x / (S{1} + std::exp(-x));
    case GateActivation::gelu:
      return x * S(0.5) * (S{1} + std::erf(x * static_cast<S>(root_of_half)));
    default: {
      const S inner = static_cast<S>(root_of_two_over_pi) * (x + S(0.044715) * (x * x * x));
      return S(0.5) * x * (S{1} + std::tanh(inner));
    }
  }
}

template <class T>
__global__ void __launch_bounds__(gate_threads) gated_activation_kernel(GatedActivation<T> job) {
  using S = Wide<T>;
  constexpr std::size_t width = chunk_width<T>;
  const std::size_t of_row = (job.unit + width - 1) / width;  // chunks
  const std::size_t chunk = static_cast<std::size_t>(blockIdx.x) * gate_threads + threadIdx.x;
  const std::size_t row = chunk / of_row;
  if (row >= job.rows) return;
  const std::size_t begin = chunk % of_row * width;
  T* const gates = job.gate + row * job.gate_stride;
  const T* const ups = job.up + row * job.up_stride;
  const bool aligned = in_whole_chunks(gates) && in_whole_chunks(ups);
  S gate[width];
  S up[width];
  read_chunk(gates, begin, job.unit, aligned, gate);
  read_chunk(ups, begin, job.unit, aligned, up);
  for (std::size_t i = 0; i < width; ++i) {
    gate[i] = widened(narrowed<T>(activated(job.activation, gate[i]))) * up[i];
  }
  write_chunk(gate, gates, begin, job.unit, aligned);
}

}  // namespace

template <class T>
void gated_activation_cuda(const GatedActivation<T>& job, void* stream) {
  constexpr std::size_t width = chunk_width<T>;
  const std::size_t chunks = job.rows * ((job.unit + width - 1) / width);
  const std::size_t blocks = (chunks + gate_threads - 1) / gate_threads;
  if (blocks == 0) return;
  launch("gated_activation_cuda", gated_activation_kernel<T>, blocks, gate_threads, stream, job);
}

template void gated_activation_cuda<float>(const GatedActivation<float>&, void*);
template void gated_activation_cuda<double>(const GatedActivation<double>&, void*);
template void gated_activation_cuda<Bfloat16>(const GatedActivation<Bfloat16>&, void*);
template void gated_activation_cuda<Float16>(const GatedActivation<Float16>&, void*);

}  // namespace phiscope::extract::kernel
