// SPDX-License-Identifier: MIT
#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace phiscope::extract {

/// Calls work(begin, end) for parts of [0, count), each part on one of LibTorch's threads, and
/// returns when all are done. An exception of one of them is thrown here. Use it instead of
/// at::parallel_for(), which in a file that is compiled without OpenMP is a loop on one thread.
/// @param grain  how many pay for a thread: no more threads take part than there are grains
void in_parallel(std::int64_t count, std::int64_t grain,
                 c10::function_ref<void(std::int64_t begin, std::int64_t end)> work);

}  // namespace phiscope::extract
