// SPDX-License-Identifier: MIT
// What the CUDA runtime says of this machine; part of builds with PHISCOPE_CUDA. Nothing touches
// CUDA before one of these functions, or a launch, is called.
#pragma once

#include <cstddef>
#include <string>

namespace phiscope::extract::kernel {

struct CudaDevices {
  int count = 0;
  std::string why_none;  ///< one line in CUDA's words; empty where there are some
};

struct CudaDevice {
  std::string name;
  int major = 0;  ///< of the compute capability
  int minor = 0;
  std::size_t total_bytes = 0;
  std::size_t free_bytes = 0;
};

/// Never throws for want of a device, of a driver, or of one that is new enough.
[[nodiscard]] CudaDevices cuda_devices();

/// Device `index` of those of cuda_devices(). The calling thread's current device stays.
/// @throws std::runtime_error in CUDA's words
[[nodiscard]] CudaDevice cuda_device(int index);

/// Waits for all work of a stream of the current device.
/// @param stream  a cudaStream_t; null: the default stream
/// @throws std::runtime_error in CUDA's words, also for an error of a kernel that was queued before
void cuda_synchronise(void* stream);

}  // namespace phiscope::extract::kernel
