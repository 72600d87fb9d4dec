// SPDX-License-Identifier: MIT
#include "model/device/device_memory.hpp"

#if PHISCOPE_CUDA
#include "kernel/cuda/device.hpp"

#include <c10/core/CachingDeviceAllocator.h>

#include <algorithm>
#endif

namespace phiscope::extract {

std::uint64_t free_device_bytes([[maybe_unused]] c10::Device device) {
#if PHISCOPE_CUDA
  if (device.is_cuda()) {
    constexpr auto all = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
    const std::int64_t held =
        stats.reserved_bytes.at(all).current - stats.allocated_bytes.at(all).current;
    return kernel::cuda_device(device.index()).free_bytes +
           static_cast<std::uint64_t>(std::max<std::int64_t>(0, held));
  }
#endif
  return 0;
}

}  // namespace phiscope::extract
