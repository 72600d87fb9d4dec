// SPDX-License-Identifier: MIT
#include "kernel/cuda/check.cuh"
#include "kernel/cuda/chunk.cuh"
#include "kernel/cuda/number.cuh"
#include "kernel/head_norm.hpp"
#include "kernel/norm_part.hpp"

#include <limits>

namespace phiscope::extract::kernel {
namespace {

constexpr std::size_t heads_per_block = 8;  // a warp each

template <class T>
__global__ void head_norm_kernel(HeadNorms<T> job) {
  constexpr std::size_t width = NormLane<T>::width;
  const std::size_t lane = threadIdx.x % norm_lanes;
  const std::size_t head =
      static_cast<std::size_t>(blockIdx.x) * heads_per_block + threadIdx.x / norm_lanes;
  if (head >= job.rows * job.heads) return;  // the whole warp
  const T* const z = job.z + head / job.heads * job.row_stride + head % job.heads * job.unit;
  const bool aligned = in_whole_chunks(z);
  NormLane<T> sums;
  for (std::size_t begin = lane * width; begin < job.unit; begin += norm_lanes * width) {
    Wide<T> chunk[width];
    read_chunk(z, begin, job.unit, aligned, chunk);
    sums.add(chunk);
  }
  Wide<T> total = sums.total();
  for (unsigned half = norm_lanes / 2; half > 0; half /= 2) {
    total += __shfl_down_sync(0xffffffffU, total, half);
  }
  if (lane == 0) job.norms[head] = std::sqrt(total);
}

}  // namespace

template <class T>
void head_norms_cuda(const HeadNorms<T>& job, void* stream) {
  const std::size_t blocks = (job.rows * job.heads + heads_per_block - 1) / heads_per_block;
  if (blocks == 0) return;
  launch("head_norms_cuda", head_norm_kernel<T>, blocks, heads_per_block * norm_lanes, stream, job);
}

template void head_norms_cuda<float>(const HeadNorms<float>&, void*);
template void head_norms_cuda<double>(const HeadNorms<double>&, void*);
template void head_norms_cuda<Bfloat16>(const HeadNorms<Bfloat16>&, void*);
template void head_norms_cuda<Float16>(const HeadNorms<Float16>&, void*);

}  // namespace phiscope::extract::kernel
