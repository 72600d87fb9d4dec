// SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace phiscope::extract {

/// Bytes that new tensors can take on an open device: what nobody has, and what LibTorch holds
/// without using it. 0 for the CPU, where nothing asks.
std::uint64_t free_device_bytes(c10::Device device);

}  // namespace phiscope::extract
