// SPDX-License-Identifier: MIT
#include "device_array.hpp"
#include "gated_activation_case.hpp"

using namespace phiscope::test;

TEST_CASE("a gated activation in one launch is that of its steps",
          "[cuda_gated_activation][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  for (const auto activation :
       {GateActivation::silu, GateActivation::gelu, GateActivation::gelu_tanh}) {
    check_gates<DeviceArray>(activation,
                             [](const auto& job) { gated_activation_cuda(job, nullptr); });
    check_rows_of_gates<DeviceArray>(activation,
                                     [](const auto& job) { gated_activation_cuda(job, nullptr); });
  }
}
