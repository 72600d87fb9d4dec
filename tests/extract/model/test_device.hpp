// SPDX-License-Identifier: MIT
#pragma once

#include "model/device.hpp"
#include "model/matrix_products.hpp"

#include <cstdlib>
#include <iostream>
#include <optional>

namespace phiscope::test {

/// The device that PHISCOPE_TEST_DEVICE names, open; without it nothing, with a message.
inline std::optional<c10::Device> test_device() {
  extract::matrix_products();  // before anything uses MKL, CUDA's libraries included
  const char* const name = std::getenv("PHISCOPE_TEST_DEVICE");
  if (name == nullptr) {
    std::cout << "skipped: PHISCOPE_TEST_DEVICE names no device\n";
    return std::nullopt;
  }
  const c10::Device device = extract::parse_device(name);
  extract::open_device(device);
  return device;
}

}  // namespace phiscope::test
