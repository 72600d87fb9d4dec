// SPDX-License-Identifier: MIT
#include "kernel/logit_divergence.hpp"

#include "kernel/divergence_part.hpp"
#include "kernel/number.hpp"

#include <stdexcept>
#include <vector>

namespace phiscope::extract::kernel {

template <class T>
void logit_divergences(const LogitPairs<T>& job, std::size_t begin, std::size_t end) {
  if (job.vocab == 0) throw std::invalid_argument("logit_divergences: empty vocabulary");
  std::vector<DivergencePart> parts(divergence_threads);
  for (std::size_t pair = begin; pair < end; ++pair) {
    const T* const a = job.a + static_cast<std::size_t>(job.row_a[pair]) * job.a_stride;
    const T* const b = job.b + static_cast<std::size_t>(job.row_b[pair]) * job.b_stride;
    for (std::size_t thread = 0; thread < divergence_threads; ++thread) {
      DivergencePart part;
      for (std::size_t t = thread; t < job.vocab; t += divergence_threads) {
        part.add(static_cast<double>(widen(a[t])), static_cast<double>(widen(b[t])),
                 static_cast<std::int64_t>(t));
      }
      parts[thread] = part;
    }
    for (std::size_t half = divergence_threads / 2; half > 0; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) parts[i] = combined(parts[i], parts[i + half]);
    }
    job.measures[pair] = measured(parts[0]);
  }
}

template void logit_divergences<float>(const LogitPairs<float>&, std::size_t, std::size_t);
template void logit_divergences<double>(const LogitPairs<double>&, std::size_t, std::size_t);
template void logit_divergences<Bfloat16>(const LogitPairs<Bfloat16>&, std::size_t, std::size_t);
template void logit_divergences<Float16>(const LogitPairs<Float16>&, std::size_t, std::size_t);

}  // namespace phiscope::extract::kernel
