// SPDX-License-Identifier: MIT
#include "gated_activation_case.hpp"
#include "host_array.hpp"

using namespace phiscope::extract::kernel;
using namespace phiscope::test;

TEST_CASE("a gated activation in one pass is that of its steps", "[gated_activation]") {
  check_gates<HostArray>(GateActivation::silu, [](const auto& job) {
    const std::size_t middle = job.unit / 3;
    gated_activation(job, middle, job.unit);
    gated_activation(job, 0, middle);
  });
}

TEST_CASE("a gated activation has the same bits at any place", "[gated_activation]") {
  const auto gate = normal_numbers<float>(601, 5, 4.0F);
  const std::vector<float> up(601, 1.25F);
  std::vector<float> together = gate;
  gated_activation(
      GatedActivation<float>{.unit = together.size(), .gate = together.data(), .up = up.data()}, 0,
      together.size());
  for (std::size_t i = 0; i < gate.size(); ++i) {
    float alone = gate[i];
    gated_activation(GatedActivation<float>{.unit = 1, .gate = &alone, .up = &up[i]}, 0, 1);
    CHECK(alone == together[i]);
  }
}

TEST_CASE("the CPU has no other gated activation than SiLU", "[gated_activation]") {
  float gate = 1.0F;
  const float up = 2.0F;
  CHECK_THROWS_AS(gated_activation(
                      GatedActivation<float>{
                          .unit = 1, .activation = GateActivation::gelu, .gate = &gate, .up = &up},
                      0, 1),
                  std::invalid_argument);
  CHECK_THROWS_AS(gated_activation(
                      GatedActivation<float>{.rows = 2, .unit = 1, .gate = &gate, .up = &up}, 0, 1),
                  std::invalid_argument);
}
