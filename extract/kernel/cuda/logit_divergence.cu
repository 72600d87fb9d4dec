// SPDX-License-Identifier: MIT
#include "kernel/cuda/check.cuh"
#include "kernel/cuda/number.cuh"
#include "kernel/divergence_part.hpp"
#include "kernel/logit_divergence.hpp"

#include <stdexcept>

namespace phiscope::extract::kernel {
namespace {

/// One block a pair. Two exponentials in double a token take longer than reading it: neighbouring
/// threads read neighbouring logits, which is wide enough.
template <class T>
__global__ void __launch_bounds__(divergence_threads, 1) divergence_kernel(LogitPairs<T> job) {
  // As bytes: no constructors, which every thread would run.
  alignas(DivergencePart)
      __shared__ unsigned char room[divergence_threads * sizeof(DivergencePart)];
  auto* const parts = reinterpret_cast<DivergencePart*>(room);
  const std::size_t pair = blockIdx.x;
  const T* const a = job.a + static_cast<std::size_t>(job.row_a[pair]) * job.a_stride;
  const T* const b = job.b + static_cast<std::size_t>(job.row_b[pair]) * job.b_stride;
  const std::size_t thread = threadIdx.x;
  DivergencePart part;
  for (std::size_t t = thread; t < job.vocab; t += divergence_threads) {
    part.add(static_cast<double>(widened(a[t])), static_cast<double>(widened(b[t])),
             static_cast<std::int64_t>(t));
  }
  parts[thread] = part;
  for (std::size_t half = divergence_threads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (thread < half) parts[thread] = combined(parts[thread], parts[thread + half]);
  }
  if (thread == 0) job.measures[pair] = measured(parts[0]);
}

}  // namespace

template <class T>
void logit_divergences_cuda(const LogitPairs<T>& job, void* stream) {
  if (job.vocab == 0) throw std::invalid_argument("logit_divergences_cuda: empty vocabulary");
  if (job.pairs == 0) return;
  launch("logit_divergences_cuda", divergence_kernel<T>, job.pairs, divergence_threads, stream,
         job);
}

template void logit_divergences_cuda<float>(const LogitPairs<float>&, void*);
template void logit_divergences_cuda<double>(const LogitPairs<double>&, void*);
template void logit_divergences_cuda<Bfloat16>(const LogitPairs<Bfloat16>&, void*);
template void logit_divergences_cuda<Float16>(const LogitPairs<Float16>&, void*);

}  // namespace phiscope::extract::kernel
