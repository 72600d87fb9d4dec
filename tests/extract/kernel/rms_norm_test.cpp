// SPDX-License-Identifier: MIT
#include "host_array.hpp"
#include "rms_norm_case.hpp"

using namespace phiscope::extract::kernel;
using namespace phiscope::test;

TEST_CASE("a norm in one pass is that of its steps", "[rms_norm]") {
  check_norms<HostArray>([](const auto& job) {
    rms_norm(job, 1, job.rows);
    rms_norm(job, 0, 1);
  });
}

TEST_CASE("a row's norm has the same bits among any others", "[rms_norm]") {
  constexpr std::size_t rows = 5;
  constexpr std::size_t unit = 771;
  const auto x = normal_numbers<float>(rows * unit + 1, 3);
  const auto gain = normal_numbers<float>(unit, 4);
  std::vector<float> together(rows * unit);
  std::vector<float> alone(unit);
  RmsNorm<float, float> job{.rows = rows,
                            .unit = unit,
                            .x = x.data() + 1,  // not aligned
                            .row_stride = unit,
                            .gain = gain.data(),
                            .epsilon = 1e-5F,
                            .normed = together.data()};
  rms_norm(job, 0, rows);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::vector<float> row(job.x + r * unit, job.x + (r + 1) * unit);
    RmsNorm<float, float> one = job;
    one.x = row.data();
    one.normed = alone.data();
    rms_norm(one, 0, 1);
    CHECK(std::equal(alone.begin(), alone.end(), together.data() + r * unit));
  }
}

TEST_CASE("rows outside the part are left alone", "[rms_norm]") {
  const std::vector<double> x(12, 2.0);
  const std::vector<double> gain(3, 1.5);
  std::vector<double> normed(12, 77.0);
  rms_norm(RmsNorm<double, double>{.rows = 4,
                                   .unit = 3,
                                   .x = x.data(),
                                   .row_stride = 3,
                                   .gain = gain.data(),
                                   .epsilon = 0.0,
                                   .normed = normed.data()},
           1, 3);
  CHECK(normed == std::vector<double>{77, 77, 77, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 77, 77, 77});
}
