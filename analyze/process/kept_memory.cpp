// SPDX-License-Identifier: MIT
#include "process/kept_memory.hpp"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace phiscope::process {

void keep_freed_memory() {
#ifdef __GLIBC__
  if (std::getenv("MALLOC_TRIM_THRESHOLD_") != nullptr) return;
  constexpr int largest_threshold = 32 << 20;  // more is refused; what is larger goes back at once
  constexpr int kept = 512 << 20;
  mallopt(M_MMAP_THRESHOLD, largest_threshold);
  mallopt(M_TRIM_THRESHOLD, kept);
#endif
}

}  // namespace phiscope::process
