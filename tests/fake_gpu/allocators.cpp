// SPDX-License-Identifier: MIT
#include "allocators.hpp"

#include "counts.hpp"
#include "memory.hpp"

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/Device.h>
#include <c10/util/Exception.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>

namespace phiscope::fake_gpu {
namespace {

constexpr std::size_t line = 64;

void release_block(void* block) {
  if (block == nullptr) return;
  try {
    release(block);
  } catch (const std::exception& error) {
    note_violation(error.what());
  }
}

struct Device final : c10::DeviceAllocator {
  c10::DataPtr allocate(std::size_t bytes) override {
    const auto index = static_cast<c10::DeviceIndex>(current_device());
    const c10::Device device(c10::DeviceType::CUDA, index);
    if (bytes == 0) return {nullptr, nullptr, &release_block, device};
    try {
      void* const block = fake_gpu::allocate(index, bytes);
      return {block, block, &release_block, device};
    } catch (const std::bad_alloc&) {
      TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory");
    }
  }
  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return &release_block; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    std::memcpy(host_side(to), host_side(from), bytes);
  }
  bool initialized() override { return true; }
  void emptyCache(c10::MempoolId_t) override {}
  void recordStream(const c10::DataPtr& block, c10::Stream stream) override {
    record_use(block.get(), {stream.device_index(), static_cast<int>(stream.id())});
  }
  c10::CachingDeviceAllocator::DeviceStats getDeviceStats(c10::DeviceIndex device) override {
    const MemoryUse use = memory_use(device);
    c10::CachingDeviceAllocator::DeviceStats stats;
    stats.allocated_bytes[0].current = static_cast<std::int64_t>(use.now);
    stats.allocated_bytes[0].peak = static_cast<std::int64_t>(use.peak);
    stats.reserved_bytes[0] = stats.allocated_bytes[0];
    return stats;
  }
  void resetAccumulatedStats(c10::DeviceIndex) override {}
  void resetPeakStats(c10::DeviceIndex) override {}
};

std::map<const char*, std::size_t>& pinned_blocks() {
  static auto& all = *new std::map<const char*, std::size_t>;
  return all;
}

struct Pinned final : c10::Allocator {
  static void release_pinned(void* block) {
    const std::scoped_lock locked(state_lock());
    pinned_blocks().erase(static_cast<const char*>(block));
    std::free(block);
  }
  c10::DataPtr allocate(std::size_t bytes) override {
    constexpr int never_copied = 0xff;
    const std::size_t size = (bytes + line) / line * line;
    void* const block = std::aligned_alloc(line, size);
    TORCH_CHECK(block != nullptr, "no memory");
    std::memset(block, never_copied, size);
    const std::scoped_lock locked(state_lock());
    pinned_blocks()[static_cast<const char*>(block)] = size;
    return {block, block, &release_pinned, c10::Device(c10::DeviceType::CPU)};
  }
  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return &release_pinned; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }
};

Device& of_device() {
  static auto& one = *new Device;
  return one;
}

/// LibTorch asks for it by the kind of device.
struct Registered {
  Registered() { c10::SetAllocator(c10::DeviceType::CUDA, &of_device()); }
} registered;

}  // namespace

c10::Allocator& device_allocator() {
  return of_device();
}

c10::Allocator& pinned_allocator() {
  static auto& one = *new Pinned;
  return one;
}

bool is_pinned(const void* pointer) {
  const std::scoped_lock locked(state_lock());
  const auto* const at = static_cast<const char*>(pointer);
  const auto found = pinned_blocks().upper_bound(at);
  if (found == pinned_blocks().begin()) return false;
  const auto& [block, bytes] = *std::prev(found);
  return at < block + bytes;
}

}  // namespace phiscope::fake_gpu
