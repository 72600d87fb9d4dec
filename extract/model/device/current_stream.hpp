// SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/Device.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace phiscope::extract {

/// The stream that LibTorch queues a device's work on now, as the device's own type; for CUDA a
/// cudaStream_t. Needs no header of CUDA.
inline void* current_stream(c10::Device device) {
  return c10::impl::VirtualGuardImpl(device.type()).getStream(device).native_handle();
}

}  // namespace phiscope::extract
