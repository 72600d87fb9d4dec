// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/cuda/device.hpp"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <new>
#include <vector>

namespace phiscope::test {

/// Numbers that CPU and GPU both see.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t size) : size_(size) {
    void* room = nullptr;
    if (cudaMallocManaged(&room, std::max<std::size_t>(1, size) * sizeof(T)) != cudaSuccess) {
      throw std::bad_alloc();
    }
    data_ = static_cast<T*>(room);
  }
  explicit DeviceArray(const std::vector<T>& from) : DeviceArray(from.size()) {
    std::copy(from.begin(), from.end(), data_);
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { cudaFree(data_); }

  [[nodiscard]] T* data() const { return data_; }
  /// Behind all work that was queued.
  [[nodiscard]] std::vector<T> values() const {
    extract::kernel::cuda_synchronise(nullptr);
    return {data_, data_ + size_};
  }

 private:
  T* data_ = nullptr;
  std::size_t size_;
};

}  // namespace phiscope::test

/// Ends a test case that needs a GPU, with a message.
#define SKIP_NO_CUDA_DEVICE()                                                   \
  do {                                                                          \
    const auto devices = phiscope::extract::kernel::cuda_devices();             \
    if (devices.count == 0) {                                                   \
      std::cout << "skipped: " << devices.why_none << ": " << __FILE__ << '\n'; \
      return;                                                                   \
    }                                                                           \
  } while (false)
