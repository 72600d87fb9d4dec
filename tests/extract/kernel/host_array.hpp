// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

namespace phiscope::test {

/// Numbers of the CPU, with what cases of kernels ask of an array (see DeviceArray).
template <class T>
class HostArray {
 public:
  explicit HostArray(std::size_t size) : numbers_(size) {}
  explicit HostArray(const std::vector<T>& from) : numbers_(from) {}

  [[nodiscard]] T* data() { return numbers_.data(); }
  [[nodiscard]] const std::vector<T>& values() const { return numbers_; }

 private:
  std::vector<T> numbers_;
};

}  // namespace phiscope::test
