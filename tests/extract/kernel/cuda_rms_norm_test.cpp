// SPDX-License-Identifier: MIT
#include "device_array.hpp"
#include "rms_norm_case.hpp"

using namespace phiscope::test;

TEST_CASE("a norm in one launch is that of its steps", "[cuda_rms_norm][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  check_norms<DeviceArray>([](const auto& job) { rms_norm_cuda(job, nullptr); });
}
