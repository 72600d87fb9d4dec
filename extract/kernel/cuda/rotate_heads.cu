// SPDX-License-Identifier: MIT
#include "kernel/cuda/check.cuh"
#include "kernel/cuda/chunk.cuh"
#include "kernel/rotate_heads.hpp"

namespace phiscope::extract::kernel {
namespace {

constexpr std::size_t rotate_threads = 256;

PHISCOPE_HOST_DEVICE inline std::size_t chunks_of(std::size_t units, std::size_t width) {
  return (units + width - 1) / width;
}

/// A thread has a chunk of the first half and its partners of the second, or units to copy.
template <class T, class R>
__global__ void __launch_bounds__(rotate_threads) rotate_heads_kernel(RotateHeads<T, R> job) {
  using S = Wide<T>;
  constexpr std::size_t width = chunk_width<T>;
  const std::size_t half = job.rotated / 2;
  const std::size_t turns = chunks_of(half, width);
  const std::size_t pieces = turns + chunks_of(job.unit - job.rotated, width);
  const std::size_t index = static_cast<std::size_t>(blockIdx.x) * rotate_threads + threadIdx.x;
  if (index >= job.rows * job.heads * pieces) return;
  const std::size_t piece = index % pieces;
  const std::size_t head = index / pieces % job.heads;
  const std::size_t row = index / pieces / job.heads;
  const T* const x = job.x + row * job.row_stride + head * job.unit;
  T* const turned = job.turned + (row * job.heads + head) * job.unit;
  const R* const cosine = job.cosine + row * job.angle_stride;
  const R* const sine = job.sine + row * job.angle_stride;
  const bool aligned = half % width == 0 && in_whole_chunks(x) && in_whole_chunks(turned) &&
                       in_whole_chunks(cosine) && in_whole_chunks(sine);
  S first[width];
  if (piece >= turns) {
    const std::size_t begin = job.rotated + (piece - turns) * width;
    read_chunk(x, begin, job.unit, aligned, first);
    write_chunk(first, turned, begin, job.unit, aligned);
    return;
  }
  const std::size_t begin = piece * width;
  S second[width];
  S c[width];
  S s[width];
  read_chunk(x, begin, half, aligned, first);
  read_chunk(x + half, begin, half, aligned, second);
  read_chunk(cosine, begin, half, aligned, c);
  read_chunk(sine, begin, half, aligned, s);
  const auto rounded = [](S value) { return widened(narrowed<R>(value)); };
  for (std::size_t i = 0; i < width; ++i) {
    const S a = first[i];
    const S b = second[i];
    first[i] = rounded(rounded(a * c[i]) + rounded(-b * s[i]));
    second[i] = rounded(rounded(b * c[i]) + rounded(a * s[i]));
  }
  write_chunk(first, turned, begin, half, aligned);
  write_chunk(second, turned + half, begin, half, aligned);
}

}  // namespace

template <class T, class R>
void rotate_heads_cuda(const RotateHeads<T, R>& job, void* stream) {
  constexpr std::size_t width = chunk_width<T>;
  const std::size_t pieces =
      chunks_of(job.rotated / 2, width) + chunks_of(job.unit - job.rotated, width);
  const std::size_t blocks = chunks_of(job.rows * job.heads * pieces, rotate_threads);
  if (blocks == 0) return;
  launch("rotate_heads_cuda", rotate_heads_kernel<T, R>, blocks, rotate_threads, stream, job);
}

template void rotate_heads_cuda<float, float>(const RotateHeads<float, float>&, void*);
template void rotate_heads_cuda<double, double>(const RotateHeads<double, double>&, void*);
template void rotate_heads_cuda<Bfloat16, Bfloat16>(const RotateHeads<Bfloat16, Bfloat16>&, void*);
template void rotate_heads_cuda<Bfloat16, float>(const RotateHeads<Bfloat16, float>&, void*);
template void rotate_heads_cuda<Float16, Float16>(const RotateHeads<Float16, Float16>&, void*);
template void rotate_heads_cuda<Float16, float>(const RotateHeads<Float16, float>&, void*);

}  // namespace phiscope::extract::kernel
