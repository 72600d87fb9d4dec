// SPDX-License-Identifier: MIT
// Memory of the emulated devices. A device's memory is mapped twice: where its tensors point, the
// host has no access and dies; operations work through the other mapping.
#pragma once

#include "streams.hpp"

#include <cstddef>
#include <new>
#include <optional>

namespace phiscope::fake_gpu {

constexpr int devices = 2;
constexpr std::size_t device_bytes = std::size_t{4} << 30;  // touched pages alone take memory

/// The device that a pointer is of, if it is of one.
std::optional<int> device_of(const void* pointer);
/// The same memory where the host may use it.
void* host_side(const void* pointer);

/// Memory that is not a number wherever it is read before it is written.
/// @throws std::bad_alloc
void* allocate(int device, std::size_t bytes);
/// Other memory at once, unless a stream that was recorded for it has work left.
void release(void* block);
/// A block that is released is kept until what `stream` was given by then is done.
void record_use(const void* block, StreamKey stream);
/// Gives back what was kept for streams that are done.
void reclaim();

/// Work of `stream` reads a block, or writes it: the work that wrote it has to come before.
void read_by(StreamKey stream, const void* pointer);
void written_by(StreamKey stream, long number, const void* pointer);
/// The stream that wrote a block last.
std::optional<StreamKey> last_writer(const void* pointer);

struct MemoryUse {
  std::size_t now = 0;
  std::size_t peak = 0;
};
MemoryUse memory_use(int device);

/// Memory that the host and kernels use, with a page behind it that none may touch.
void* allocate_managed(std::size_t bytes);
void release_managed(void* block);
/// The memory that a kernel reaches by a pointer, where the host may use it; nullptr if it is the
/// host's.
void* reachable(const void* pointer);

}  // namespace phiscope::fake_gpu
