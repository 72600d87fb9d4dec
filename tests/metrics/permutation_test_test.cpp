// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/permutation_test.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::sign_flip_test;
using phiscope::Status;
using phiscope::Value;
using Numbers = std::vector<double>;

namespace {

/// Every pattern of signs, each summed anew.
double p_by_recursion(const Numbers& numbers, std::size_t from, double sum, double observed) {
  if (from == numbers.size()) return std::abs(sum) >= std::abs(observed) - 1e-12 ? 1.0 : 0.0;
  return 0.5 * p_by_recursion(numbers, from + 1, sum + numbers[from], observed) +
         0.5 * p_by_recursion(numbers, from + 1, sum - numbers[from], observed);
}

}  // namespace

TEST_CASE("differences of one sign are rare by chance", "[permutation_test]") {
  const auto found = sign_flip_test(Numbers{1, 2, 3, 4});
  CHECK(found.exact);
  CHECK(found.mean == Value(2.5));
  CHECK(found.p_value == Value(2.0 / 16.0));  // all positive or all negative
  CHECK(sign_flip_test(Numbers{5}).p_value == Value(1.0));
  CHECK(sign_flip_test(Numbers{1, -1}).p_value == Value(1.0));
  CHECK(sign_flip_test(Numbers{0, 0, 0}).p_value == Value(1.0));
}

TEST_CASE("the exact p-value agrees with all patterns summed anew", "[permutation_test]") {
  const auto seed = GENERATE(range(0U, 10U));
  const auto x = phiscope::test::random_rows(seed, 1, 3 + seed, 1.0, 0.3);
  double observed = 0.0;
  for (const double difference : x.values) observed += difference;
  const auto found = sign_flip_test(x.values);
  CHECK(found.exact);
  CHECK(found.p_value.value() == Approx(p_by_recursion(x.values, 0, 0.0, observed)).epsilon(1e-14));
}

TEST_CASE("sign, order and unit of the differences do not matter", "[permutation_test]") {
  Numbers x = phiscope::test::random_rows(3, 1, 11, 1.0, 0.2).values;
  const double expected = sign_flip_test(x).p_value.value();
  for (double& difference : x) difference *= -1024.0;
  CHECK(sign_flip_test(x).p_value.value() == expected);
  CHECK(sign_flip_test(Numbers(x.rbegin(), x.rend())).p_value.value() == expected);
}

TEST_CASE("drawn signs come close to counted ones and depend on the seed alone",
          "[permutation_test]") {
  const Numbers x = phiscope::test::random_rows(8, 1, 14, 1.0, 0.35).values;
  const double exact = sign_flip_test(x, {.resamples = 1U << 14U}).p_value.value();
  const auto drawn = sign_flip_test(x, {.resamples = 16000, .seed = 1});
  CHECK(sign_flip_test(x, {.resamples = 1U << 14U}).exact);
  CHECK_FALSE(drawn.exact);
  CHECK(drawn.p_value.value() == Approx(exact).margin(5.0 * std::sqrt(exact / 16000.0)));
  CHECK(sign_flip_test(x, {.resamples = 16000, .seed = 1}).p_value == drawn.p_value);
  CHECK(sign_flip_test(x, {.resamples = 16000, .seed = 2}).p_value.value() !=
        drawn.p_value.value());
}

TEST_CASE("a drawn p-value is never zero, and uses every difference", "[permutation_test]") {
  const Numbers x(100, 1.0);
  const auto found = sign_flip_test(x, {.resamples = 999});
  CHECK_FALSE(found.exact);
  CHECK(found.p_value == Value(1.0 / 1000.0));
  // Only the difference after the first 64 signs is not zero: its sign never lowers |sum|.
  Numbers late(100, 0.0);
  late[80] = 1.0;
  CHECK(sign_flip_test(late, {.resamples = 999}).p_value == Value(1.0));
  // Two of them: their signs agree half of the time.
  late[90] = 1.0;
  CHECK(sign_flip_test(late, {.resamples = 999}).p_value.value() == Approx(0.5).margin(0.08));
}

TEST_CASE("p-values are uniform when there is no effect", "[permutation_test]") {
  int below = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto x = phiscope::test::random_rows(seed, 1, 12);
    if (sign_flip_test(x.values).p_value.value() <= 0.25) ++below;
  }
  CHECK(below > 65);  // 100 expected, standard deviation 8.7
  CHECK(below < 135);
}

TEST_CASE("a test needs finite differences", "[permutation_test]") {
  CHECK(sign_flip_test({}).p_value == Value(Status::too_few_rows));
  CHECK(sign_flip_test({}).mean == Value(Status::too_few_rows));
  const Numbers broken{1, std::numeric_limits<double>::quiet_NaN()};
  CHECK(sign_flip_test(broken).p_value == Value(Status::nonfinite));
  CHECK_THROWS_WITH(sign_flip_test(broken, {.resamples = 0}), Contains("resamples is 0"));
}
