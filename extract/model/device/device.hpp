// SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace phiscope::extract {

/// What `--device` names: cpu, cuda (the first CUDA device) or cuda:i.
/// @throws std::runtime_error in one line, as do the following
c10::Device parse_device(const std::string& name);

/// Makes a device ready. LibTorch's CUDA half is loaded only here: a run on the CPU starts without
/// it, and where it is loaded nothing of ATen may have asked for CUDA before.
/// @throws for a build without CUDA, without a device or a driver (in CUDA's words), for an index
///     beyond the devices, for libraries that are missing
void open_device(c10::Device device);

/// What a log says of an open device.
struct DeviceFacts {
  std::string name;               ///< "NVIDIA H200"; "cpu"
  std::uint64_t total_bytes = 0;  ///< of its memory; 0 for the CPU, as the following
  std::uint64_t free_bytes = 0;   ///< now
  std::uint64_t peak_bytes = 0;   ///< most that this process's tensors took at once
};
DeviceFacts device_facts(c10::Device device);

}  // namespace phiscope::extract
