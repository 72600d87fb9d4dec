// SPDX-License-Identifier: MIT
#include "model/cpu/parallel.hpp"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#ifndef _OPENMP
#error "without OpenMP at::parallel_for() is a loop on one thread"
#endif

namespace phiscope::extract {

void in_parallel(std::int64_t count, std::int64_t grain,
                 c10::function_ref<void(std::int64_t begin, std::int64_t end)> work) {
  const bool inference = c10::InferenceMode::is_enabled();
  at::parallel_for(0, count, grain, [&](std::int64_t begin, std::int64_t end) {
    const c10::InferenceMode as_caller(inference);
    work(begin, end);
  });
}

}  // namespace phiscope::extract
