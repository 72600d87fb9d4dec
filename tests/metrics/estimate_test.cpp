// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/estimate.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

using phiscope::Estimate;
using phiscope::percentile_estimate;
using phiscope::Status;
using phiscope::Value;

namespace {

/// The numbers 1 to `count` in a mixed order, the last `undefined` of them without a value.
std::vector<Value> draws(std::size_t count, std::size_t undefined) {
  std::vector<Value> result;
  for (std::size_t i = 0; i < count; ++i) {
    result.emplace_back(static_cast<double>((i * 7) % count + 1));
  }
  for (std::size_t i = 0; i < undefined; ++i) result[count - 1 - i] = Status::constant;
  return result;
}

}  // namespace

TEST_CASE("the ends of an interval are numpy's quantiles of the draws", "[estimate]") {
  // numpy.quantile(numpy.arange(1, 41), [0.025, 0.975]) and [0.1, 0.9]
  const Estimate found = percentile_estimate(20.0, draws(40, 0), 8, {.covers = "walks"});
  CHECK(found.value == Value(20.0));
  CHECK(found.low.value() == Approx(1.975).epsilon(1e-15));
  CHECK(found.high.value() == Approx(39.025).epsilon(1e-15));
  CHECK(found.units == 8);
  CHECK(found.draws == 40);
  CHECK(found.undefined_draws == 0);
  CHECK(found.method == "percentile");
  CHECK(found.covers == "walks");
  const Estimate narrow = percentile_estimate(20.0, draws(40, 0), 8, {.confidence = 0.8});
  CHECK(narrow.low.value() == Approx(4.9).epsilon(1e-15));
  CHECK(narrow.high.value() == Approx(36.1).epsilon(1e-15));
}

TEST_CASE("a tail that is given is taken exactly", "[estimate]") {
  std::vector<Value> ten;
  for (int i = 0; i <= 40; ++i) ten.emplace_back(std::exp(i));
  const Estimate found = percentile_estimate(20.0, ten, 8, {.tail = 0.025});
  CHECK(found.low == Value(std::exp(1.0)));
  CHECK(found.high == Value(std::exp(39.0)));
  CHECK(percentile_estimate(20.0, ten, 8).low != found.low);  // (1 - 0.95) / 2 is not 0.025
}

TEST_CASE("undefined draws are counted, and more than 5 % of them leave no interval",
          "[estimate]") {
  const Estimate some = percentile_estimate(20.0, draws(40, 2), 8);
  CHECK(some.undefined_draws == 2);
  CHECK(some.draws == 40);
  // The last two of the mixed order are 27 and 34; numpy.quantile of the other 38 at 0.025, 0.975.
  CHECK(some.low.value() == Approx(1.925).epsilon(1e-15));
  CHECK(some.high.value() == Approx(39.075).epsilon(1e-15));
  const Estimate many = percentile_estimate(20.0, draws(40, 3), 8);
  CHECK(many.value == Value(20.0));
  CHECK(many.undefined_draws == 3);
  CHECK(many.low == Value(Status::unstable));
  CHECK(many.high == Value(Status::unstable));
  CHECK(many.method.empty());
}

TEST_CASE("an interval needs a value, two units and two draws", "[estimate]") {
  CHECK(percentile_estimate(20.0, draws(40, 0), 1).low == Value(Status::too_few_rows));
  CHECK(percentile_estimate(20.0, draws(1, 0), 8).high == Value(Status::too_few_rows));
  CHECK(percentile_estimate(20.0, {}, 8).low == Value(Status::too_few_rows));
  const Estimate undefined = percentile_estimate(Status::no_pairs, draws(40, 0), 8);
  CHECK(undefined.value == Value(Status::no_pairs));
  CHECK(undefined.low == Value(Status::no_pairs));
  CHECK(undefined.high == Value(Status::no_pairs));
  CHECK(Estimate{}.value == Value(Status::too_few_rows));
  CHECK(Estimate{}.low == Value(Status::too_few_rows));
}

TEST_CASE("an interval refuses a confidence or tail that is none", "[estimate]") {
  CHECK_THROWS_AS(percentile_estimate(1.0, {}, 8, {.confidence = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(percentile_estimate(1.0, {}, 8, {.confidence = std::nan("")}),
                  std::invalid_argument);
  CHECK_THROWS_AS(percentile_estimate(1.0, {}, 8, {.tail = 0.5}), std::invalid_argument);
}
