// SPDX-License-Identifier: MIT
#pragma once

#include "model/cpu/matrix_products.hpp"
#include "model/device/device.hpp"

#include <cstdlib>
#include <iostream>
#include <optional>

namespace phiscope::test {

/// The device that PHISCOPE_TEST_DEVICE names, open; without it nothing, with a message.
inline std::optional<c10::Device> test_device() {
  const char* const name = std::getenv("PHISCOPE_TEST_DEVICE");
  if (name == nullptr) {
    std::cout << "skipped: PHISCOPE_TEST_DEVICE names no device\n";
    return std::nullopt;
  }
  extract::matrix_products();  // of the models on the CPU, before CUDA's libraries use MKL
  const c10::Device device = extract::parse_device(name);
  extract::open_device(device);
  return device;
}

}  // namespace phiscope::test
