// SPDX-License-Identifier: MIT
#include "kernel/cuda/check.cuh"
#include "kernel/cuda/chunk.cuh"
#include "kernel/not_finite.hpp"

#include <cmath>

namespace phiscope::extract::kernel {
namespace {

constexpr std::size_t finite_threads = 256;

/// A block a row.
template <class T>
__global__ void __launch_bounds__(finite_threads) not_finite_kernel(NotFinite<T> job) {
  constexpr std::size_t width = chunk_width<T>;
  const T* const x = job.x + static_cast<std::size_t>(blockIdx.x) * job.row_stride;
  const bool aligned = in_whole_chunks(x);
  bool finite = true;
  for (std::size_t u = threadIdx.x * width; u < job.unit; u += finite_threads * width) {
    Wide<T> chunk[width];
    read_chunk(x, u, job.unit, aligned, chunk);
    for (const Wide<T> one : chunk) finite = finite && std::isfinite(one);
  }
  if (!finite) {
    atomicMin(reinterpret_cast<unsigned long long*>(job.first),
              static_cast<unsigned long long>(job.tag + blockIdx.x));
  }
}

}  // namespace

template <class T>
void not_finite_cuda(const NotFinite<T>& job, void* stream) {
  if (job.rows == 0) return;
  launch("not_finite_cuda", not_finite_kernel<T>, job.rows, finite_threads, stream, job);
}

template void not_finite_cuda<float>(const NotFinite<float>&, void*);
template void not_finite_cuda<double>(const NotFinite<double>&, void*);
template void not_finite_cuda<Bfloat16>(const NotFinite<Bfloat16>&, void*);
template void not_finite_cuda<Float16>(const NotFinite<Float16>&, void*);

}  // namespace phiscope::extract::kernel
