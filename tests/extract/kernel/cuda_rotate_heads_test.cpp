// SPDX-License-Identifier: MIT
#include "device_array.hpp"
#include "rotate_heads_case.hpp"

using namespace phiscope::test;

TEST_CASE("heads are rotated in one launch as step by step", "[cuda_rotate_heads][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  check_rotations<DeviceArray>([](const auto& job) { rotate_heads_cuda(job, nullptr); });
}
