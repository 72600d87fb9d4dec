// SPDX-License-Identifier: MIT
#include "host_array.hpp"
#include "rotate_heads_case.hpp"

using namespace phiscope::extract::kernel;
using namespace phiscope::test;

TEST_CASE("heads are rotated in one pass as step by step", "[rotate_heads]") {
  check_rotations<HostArray>([](const auto& job) {
    rotate_heads(job, 2, job.rows);
    rotate_heads(job, 0, 2);
  });
}

TEST_CASE("heads of rows outside the part are left alone", "[rotate_heads]") {
  const std::vector<float> x{1, 2, 3, 4, 5, 6};  // [row, 1, unit], a quarter turn
  const std::vector<float> cosine(6, 0.0F);
  const std::vector<float> sine(6, 1.0F);
  std::vector<float> turned(6, 77.0F);
  rotate_heads(RotateHeads<float, float>{.rows = 3,
                                         .heads = 1,
                                         .unit = 2,
                                         .rotated = 2,
                                         .x = x.data(),
                                         .row_stride = 2,
                                         .cosine = cosine.data(),
                                         .sine = sine.data(),
                                         .angle_stride = 2,
                                         .turned = turned.data()},
               1, 2);
  CHECK(turned == std::vector<float>{77, 77, -4, 3, 77, 77});
}
