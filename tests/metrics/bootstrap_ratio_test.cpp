// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/bootstrap_ratio.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

using phiscope::bootstrap_ratio;
using phiscope::Estimate;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;
using Numbers = std::vector<double>;

namespace {

double total(const Numbers& numbers) {
  double sum = 0.0;
  for (const double number : numbers) sum += number;
  return sum;
}

/// Standard error of a ratio of sums from its definition: the residuals' standard deviation.
double error_of(const Numbers& above, const Numbers& below) {
  const double ratio = total(above) / total(below);
  double squares = 0.0;
  for (std::size_t i = 0; i < above.size(); ++i) {
    squares += std::pow(above[i] - ratio * below[i], 2);
  }
  const auto n = static_cast<double>(above.size());
  return std::sqrt(squares * n / (n - 1.0)) / total(below);
}

/// The studentised interval, with every resample written out: the slow oracle.
std::pair<double, double> slow_interval(const Numbers& above, const Numbers& below,
                                        std::size_t resamples, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  const double ratio = total(above) / total(below);
  Numbers draws;
  for (std::size_t resample = 0; resample < resamples; ++resample) {
    Numbers a, b;
    for (std::size_t i = 0; i < above.size(); ++i) {
      const std::size_t unit = phiscope::uniform_below(engine, above.size());
      a.push_back(above[unit]);
      b.push_back(below[unit]);
    }
    draws.push_back((total(a) / total(b) - ratio) / error_of(a, b));
  }
  std::sort(draws.begin(), draws.end());
  const auto at = [&draws](double p) { return phiscope::quantile(draws, p).value(); };
  const double error = error_of(above, below);
  return {ratio - at(0.975) * error, ratio - at(0.025) * error};
}

}  // namespace

TEST_CASE("few units have the t interval that statsmodels gives", "[bootstrap_ratio]") {
  const auto golden =
      phiscope::shard::read_json(phiscope::test::golden() / "metrics/inference.json");
  const auto& expected = golden.at("ratio");
  const Numbers above = expected.at("numerators");
  const Numbers below = expected.at("denominators");
  const Estimate found = bootstrap_ratio(above, below, {.covers = "prompts"});
  CHECK(found.value.value() == Approx(expected.at("value").get<double>()).epsilon(1e-14));
  CHECK(found.low.value() == Approx(expected.at("interval")[0].get<double>()).epsilon(1e-11));
  CHECK(found.high.value() == Approx(expected.at("interval")[1].get<double>()).epsilon(1e-11));
  CHECK(found.method == "t");
  CHECK(found.units == 8);
  CHECK(found.draws == 0);
  CHECK(found.covers == "prompts");
}

TEST_CASE("ten units are studentised: each resample in its own standard error",
          "[bootstrap_ratio]") {
  const auto rows = random_rows(4, 2, 10).values;
  Numbers above, below;
  for (std::size_t i = 0; i < 10; ++i) {
    above.push_back(std::exp(rows[i]));
    below.push_back(1.0 + std::abs(rows[10 + i]));
  }
  const Estimate found = bootstrap_ratio(above, below, {.resamples = 500, .seed = 9});
  const auto [low, high] = slow_interval(above, below, 500, 9);
  CHECK(found.low.value() == Approx(low).epsilon(1e-10));
  CHECK(found.high.value() == Approx(high).epsilon(1e-10));
  CHECK(found.method == "studentised");
  CHECK(found.draws == 500);
  CHECK(found.undefined_draws == 0);
  CHECK(found.units == 10);
  // A large common part of all units takes no digits away.
  Numbers shifted, ones(10, 1.0);
  for (const double number : above) shifted.push_back(number + 1e6);
  const Estimate near = bootstrap_ratio(above, ones, {.resamples = 500, .seed = 9});
  const Estimate far = bootstrap_ratio(shifted, ones, {.resamples = 500, .seed = 9});
  CHECK(far.low.value() - 1e6 == Approx(near.low.value()).margin(1e-7));
  CHECK(far.high.value() - 1e6 == Approx(near.high.value()).margin(1e-7));
}

TEST_CASE("nine units have no studentised interval, and four none", "[bootstrap_ratio]") {
  const Numbers above{1, 2, 4, 3, 5, 9, 8, 6, 7};
  const Numbers below(9, 2.0);
  CHECK(bootstrap_ratio(above, below).method == "t");
  const Numbers four{1, 2, 4, 3};
  const Numbers four_below{1, 1, 1, 1};
  const Estimate few = bootstrap_ratio(four, four_below);
  CHECK(few.value == Value(2.5));
  CHECK(few.low == Value(Status::few_units));
  CHECK(few.high == Value(Status::few_units));
  CHECK(few.units == 4);
}

TEST_CASE("units with one ratio have a point as interval", "[bootstrap_ratio]") {
  for (const std::size_t n : {5U, 12U}) {
    Numbers above, below;
    for (std::size_t i = 0; i < n; ++i) {
      below.push_back(static_cast<double>(i + 1));
      above.push_back(3.0 * below.back());
    }
    const Estimate found = bootstrap_ratio(above, below);
    CHECK(found.value == Value(3.0));
    CHECK(found.low == Value(3.0));
    CHECK(found.high == Value(3.0));
  }
}

TEST_CASE("resamples without a spread are counted, and many of them leave no interval",
          "[bootstrap_ratio]") {
  // One unit differs: a third of the resamples, (1 - 1/12)^12, lacks it.
  Numbers above(12, 1.0);
  above[3] = 2.0;
  const Estimate found = bootstrap_ratio(above, Numbers(12, 1.0), {.resamples = 1000});
  CHECK(found.low == Value(Status::unstable));
  CHECK(found.undefined_draws > 270);
  CHECK(found.undefined_draws < 430);
}

TEST_CASE("a ratio is undefined without units, with a denominator of 0 and with NaN",
          "[bootstrap_ratio]") {
  CHECK(bootstrap_ratio(Numbers{}, Numbers{}).value == Value(Status::too_few_rows));
  CHECK(bootstrap_ratio(Numbers{1, 2}, Numbers{1, -1}).value == Value(Status::constant));
  CHECK(bootstrap_ratio(Numbers{1, 2}, Numbers{1, -1}).low == Value(Status::constant));
  const Numbers broken{1, 2, 3, 4, std::nan("")};
  CHECK(bootstrap_ratio(broken, Numbers(5, 1.0)).value == Value(Status::nonfinite));
  CHECK(bootstrap_ratio(broken, Numbers(5, 1.0)).high == Value(Status::nonfinite));
  CHECK_THROWS_WITH(bootstrap_ratio(Numbers{1, 2}, Numbers{1}), Contains("2 numerators"));
  CHECK_THROWS_WITH(bootstrap_ratio(Numbers{1}, Numbers{1}, {.resamples = 0}),
                    Contains("0 resamples"));
  CHECK_THROWS_AS(bootstrap_ratio(Numbers{1}, Numbers{1}, {.confidence = 1.0}),
                  std::invalid_argument);
}

TEST_CASE("nearly equal units and one apart have no interval, not one of any width",
          "[bootstrap_ratio]") {
  // Resamples without unit 3 have a spread of 1e-6: in that unit the mean is 1e5 errors away.
  Numbers above;
  for (std::size_t i = 0; i < 12; ++i) above.push_back(1.0 + 1e-6 * static_cast<double>(i));
  above[3] = 2.0;
  const Numbers ones(12, 1.0);
  const Estimate found = bootstrap_ratio(above, ones, {.resamples = 1000});
  CHECK(found.low == Value(Status::unstable));
  CHECK(found.high == Value(Status::unstable));
  CHECK(found.undefined_draws > 270);
  CHECK(found.undefined_draws < 430);
  // Spread over all units, however small it is beside the mean, is no reason.
  above[3] = 1.0 + 3e-6;
  const Estimate near = bootstrap_ratio(above, ones, {.resamples = 1000});
  CHECK(near.undefined_draws == 0);
  CHECK(near.high.value() - near.low.value() < 1e-5);
}
