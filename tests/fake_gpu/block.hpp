// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

namespace phiscope::fake_gpu {

/// Runs the threads of a block, each up to where it meets others, in an order that is drawn anew at
/// every turn. A warp's threads go on from a shuffle when all are there, a block's from a barrier.
/// @throws std::runtime_error for threads that wait for others which never come
void run_block(unsigned block, unsigned threads, const std::function<void()>& thread);

}  // namespace phiscope::fake_gpu
