// SPDX-License-Identifier: MIT
#include "sampling/analysis/flips.hpp"

#include "catch.hpp"

#include <cmath>

namespace phiscope::analyze::sampling::flips_test {

namespace {

/// Two-sided p of a mean of 0 by all signs, the slow way.
double all_signs(const std::vector<double>& numbers) {
  double observed = 0.0;
  for (const double number : numbers) observed += number;
  std::size_t reached = 0;
  const std::size_t patterns = std::size_t{1} << numbers.size();
  for (std::size_t pattern = 0; pattern < patterns; ++pattern) {
    double sum = 0.0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      sum += (pattern >> i & 1U) != 0 ? numbers[i] : -numbers[i];
    }
    reached += std::abs(sum) >= std::abs(observed) - 1e-12 ? 1U : 0U;
  }
  return static_cast<double>(reached) / static_cast<double>(patterns);
}

}  // namespace

TEST_CASE("layers are tested alone, by Holm and by the largest statistic", "[flips]") {
  const std::vector<std::vector<Value>> gains = {
      {1.0, 0.1, Status::too_short}, {2.0, -0.2, Status::too_short},
      {1.5, 0.3, Status::too_short}, {0.5, -0.1, Status::too_short},
      {0.7, 0.2, Status::too_short}, {Status::too_short, Status::too_short, Status::too_short}};
  const auto tests = test_layers(gains, 3, {});
  const double first = all_signs({1.0, 2.0, 1.5, 0.5, 0.7});
  const double second = all_signs({0.1, -0.2, 0.3, -0.1, 0.2});
  CHECK(first == 2.0 / 32);
  REQUIRE(tests.size() == 3);
  CHECK(tests[0].p.value() == Approx(first));
  CHECK(tests[0].p_holm.value() == Approx(2.0 * first));
  CHECK(tests[1].p.value() == Approx(second));
  CHECK(tests[1].p_holm.value() == Approx(std::max(second, 2.0 * first)));
  CHECK(tests[0].p_max.value() >= tests[0].p.value());
  CHECK(tests[0].least_p == 2.0 / 32);
  CHECK(tests[0].difference.value() == Approx(5.7 / 5.0));
  CHECK(tests[1].difference.value() == Approx(0.3 / 5.0));
  CHECK(tests[2].difference == Value(Status::too_few_rows));
  CHECK(tests[2].p == Value(Status::too_few_rows));
  CHECK(tests[2].p_holm == Value(Status::too_few_rows));
}

TEST_CASE("without a difference nothing is tested", "[flips]") {
  const auto tests = test_layers({{}, {}}, 2, {});
  REQUIRE(tests.size() == 2);
  CHECK_FALSE(tests[0].p.ok());
  CHECK_FALSE(tests[1].p_max.ok());
}

TEST_CASE("a mean over problems says so and counts what is undefined", "[flips]") {
  const std::vector<Value> values = {1.0, 3.0, Status::too_short};
  const Cell cell = cell_of(values, {});
  CHECK(cell.mean.value == Value(2.0));
  CHECK(cell.mean.covers == "problems");
  CHECK(cell.mean.low == Value(Status::few_units));
  CHECK(cell.undefined.at(Status::too_short) == 1);
}

}  // namespace phiscope::analyze::sampling::flips_test
