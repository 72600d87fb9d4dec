// SPDX-License-Identifier: MIT
#include "kernel/cuda/check.cuh"
#include "kernel/cuda/chunk.cuh"
#include "kernel/rms_norm.hpp"

namespace phiscope::extract::kernel {
namespace {

constexpr unsigned norm_threads = 256;
constexpr unsigned warp = 32;

/// The square root's reciprocal, as at::rsqrt has it on a GPU.
__device__ inline float reciprocal_root(float x) {
  return rsqrtf(x);
}
__device__ inline double reciprocal_root(double x) {
  return rsqrt(x);
}

/// The sum over a team's threads: of a warp, or of the whole block, its warps in order.
template <unsigned team, class S>
__device__ S sum_of_team(S own) {
  const S sum = sum_of_lanes<warp>(own);
  if constexpr (team == warp) {
    return sum;
  } else {
    __shared__ S parts[norm_threads / warp];
    if (threadIdx.x % warp == 0) parts[threadIdx.x / warp] = sum;
    __syncthreads();
    S all = 0;
    for (const S part : parts) all += part;
    return all;
  }
}

/// @tparam team  threads of a row: a warp or a block
template <class T, class W, unsigned team>
__global__ void __launch_bounds__(norm_threads) rms_norm_kernel(RmsNorm<T, W> job) {
  using S = Wide<T>;
  constexpr unsigned width = static_cast<unsigned>(chunk_width<T>);
  const std::size_t row =
      static_cast<std::size_t>(blockIdx.x) * (norm_threads / team) + threadIdx.x / team;
  if (row >= job.rows) return;  // the whole team
  const unsigned member = threadIdx.x % team;
  const auto unit = static_cast<unsigned>(job.unit);
  const T* const added = job.added == nullptr ? nullptr : job.added + row * job.unit;
  T* const stored = added == nullptr ? nullptr : job.sum + row * job.unit;
  const T* const x = job.x + row / job.group * job.row_stride + row % job.group * job.unit;
  T* const normed = job.normed + row * job.unit;
  const bool aligned = in_whole_chunks(x) && in_whole_chunks(added) && in_whole_chunks(stored) &&
                       in_whole_chunks(normed) && in_whole_chunks(job.gain);
  S squares = 0;
  for (unsigned u = member * width; u < unit; u += team * width) {
    S chunk[width];
    read_chunk(x, u, job.unit, aligned, chunk);
    if (added != nullptr) {
      S more[width];
      read_chunk(added, u, job.unit, aligned, more);
      for (std::size_t i = 0; i < width; ++i) chunk[i] = widened(narrowed<T>(chunk[i] + more[i]));
      write_chunk(chunk, stored, u, job.unit, aligned);
    }
    for (const S one : chunk) squares = std::fma(one, one, squares);
  }
  const S mean = sum_of_team<team>(squares) / static_cast<S>(job.unit);
  const S scale = reciprocal_root(mean + job.epsilon);
  const T* const values = added == nullptr ? x : stored;  // a thread's own: no wait for others
  for (unsigned u = member * width; u < unit; u += team * width) {
    S chunk[width];
    S gain[width];
    read_chunk(values, u, job.unit, aligned, chunk);
    read_chunk(job.gain, u, job.unit, aligned, gain);
    for (std::size_t i = 0; i < width; ++i) {
      const S scaled = chunk[i] * scale;
      chunk[i] = (job.wide_gain ? scaled : widened(narrowed<T>(scaled))) * gain[i];
    }
    write_chunk(chunk, normed, u, job.unit, aligned);
  }
}

}  // namespace

template <class T, class W>
void rms_norm_cuda(const RmsNorm<T, W>& job, void* stream) {
  if (job.rows == 0) return;
  constexpr std::size_t short_row = warp * 4 * chunk_width<T>;  // four chunks a thread
  if (job.unit <= short_row) {
    constexpr std::size_t rows = norm_threads / warp;
    launch("rms_norm_cuda", rms_norm_kernel<T, W, warp>, (job.rows + rows - 1) / rows, norm_threads,
           stream, job);
  } else {
    launch("rms_norm_cuda", rms_norm_kernel<T, W, norm_threads>, job.rows, norm_threads, stream,
           job);
  }
}

template void rms_norm_cuda<float, float>(const RmsNorm<float, float>&, void*);
template void rms_norm_cuda<double, double>(const RmsNorm<double, double>&, void*);
template void rms_norm_cuda<Bfloat16, Bfloat16>(const RmsNorm<Bfloat16, Bfloat16>&, void*);
template void rms_norm_cuda<Bfloat16, float>(const RmsNorm<Bfloat16, float>&, void*);
template void rms_norm_cuda<Float16, Float16>(const RmsNorm<Float16, Float16>&, void*);
template void rms_norm_cuda<Float16, float>(const RmsNorm<Float16, float>&, void*);

}  // namespace phiscope::extract::kernel
