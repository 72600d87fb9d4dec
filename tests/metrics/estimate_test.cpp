// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/estimate.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using phiscope::bca_estimate;
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

/// Made by tests/golden/metrics/inference.py.
nlohmann::json golden_inference() {
  return phiscope::shard::read_json(phiscope::test::golden() / "metrics/inference.json");
}

std::vector<Value> values(const nlohmann::json& numbers) {
  std::vector<Value> result;
  for (const auto& number : numbers) result.emplace_back(number.get<double>());
  return result;
}

Value at(const nlohmann::json& numbers, std::size_t i) {
  return numbers.at(i).get<double>();
}

}  // namespace

TEST_CASE("the ends of an interval are those of SciPy for the same draws", "[estimate]") {
  const auto expected = golden_inference().at("correlation");
  const std::size_t units = expected.at("units");
  const auto drawn = values(expected.at("draws"));
  const Value value = expected.at("value").get<double>();
  const Estimate plain = percentile_estimate(value, drawn, units, {.covers = "walks"});
  CHECK(plain.value == value);
  CHECK(plain.low.value() == Approx(at(expected.at("percentile"), 0).value()).epsilon(1e-12));
  CHECK(plain.high.value() == Approx(at(expected.at("percentile"), 1).value()).epsilon(1e-12));
  CHECK(plain.units == 24);
  CHECK(plain.draws == 400);
  CHECK(plain.undefined_draws == 0);
  CHECK(plain.method == "percentile");
  CHECK(plain.covers == "walks");
  CHECK(plain.confidence == 0.95);
  const auto jackknife = values(expected.at("jackknife"));
  const Estimate found = bca_estimate(value, drawn, jackknife, units, {.covers = "walks"});
  CHECK(found.low.value() == Approx(at(expected.at("bca"), 0).value()).epsilon(1e-11));
  CHECK(found.high.value() == Approx(at(expected.at("bca"), 1).value()).epsilon(1e-11));
  CHECK(found.method == "BCa");
  CHECK(found.covers == "walks");
}

TEST_CASE("few units widen an interval as far as Student's t is wider", "[estimate]") {
  // A normal quantile of the draws: their interval has to be t wide, times sqrt(n / (n - 1)).
  std::vector<Value> normal;
  for (int i = 1; i < 100000; ++i) {
    normal.emplace_back(phiscope::detail::normal_quantile(i / 100000.0));
  }
  // scipy.stats.t.ppf(0.975, [4, 19]) * sqrt([5 / 4, 20 / 19])
  CHECK(percentile_estimate(0.0, normal, 5).high.value() == Approx(3.104144).epsilon(2e-3));
  CHECK(percentile_estimate(0.0, normal, 20).low.value() == Approx(-2.147392).epsilon(2e-3));
  CHECK(percentile_estimate(0.0, normal, 1000000).high.value() == Approx(1.959966).epsilon(2e-3));
}

TEST_CASE("undefined draws are counted, and more than 5 % of them leave no interval",
          "[estimate]") {
  const Estimate some = percentile_estimate(20.0, draws(40, 2), 1000000);
  CHECK(some.undefined_draws == 2);
  CHECK(some.draws == 40);
  // The last two of the mixed order are 27 and 34; numpy.quantile of the other 38 at 0.025, 0.975.
  CHECK(some.low.value() == Approx(1.925).epsilon(1e-5));
  CHECK(some.high.value() == Approx(39.075).epsilon(1e-5));
  const Estimate many = percentile_estimate(20.0, draws(40, 3), 8);
  CHECK(many.value == Value(20.0));
  CHECK(many.undefined_draws == 3);
  CHECK(many.low == Value(Status::unstable));
  CHECK(many.high == Value(Status::unstable));
  CHECK(many.method.empty());
}

TEST_CASE("an interval needs a value, five units and two draws", "[estimate]") {
  CHECK(percentile_estimate(20.0, draws(40, 0), 4).low == Value(Status::few_units));
  CHECK(percentile_estimate(20.0, draws(40, 0), 4).high == Value(Status::few_units));
  CHECK(percentile_estimate(20.0, draws(40, 0), 4).value == Value(20.0));
  CHECK(percentile_estimate(20.0, draws(40, 0), 5).low.ok());
  CHECK(percentile_estimate(20.0, draws(1, 0), 8).high == Value(Status::too_few_rows));
  CHECK(percentile_estimate(20.0, {}, 8).low == Value(Status::too_few_rows));
  const Estimate undefined = percentile_estimate(Status::no_pairs, draws(40, 0), 8);
  CHECK(undefined.value == Value(Status::no_pairs));
  CHECK(undefined.low == Value(Status::no_pairs));
  CHECK(undefined.high == Value(Status::no_pairs));
  CHECK(Estimate{}.value == Value(Status::too_few_rows));
  CHECK(Estimate{}.low == Value(Status::too_few_rows));
}

TEST_CASE("a statistic whose resamples lie on one side of it has no corrected interval",
          "[estimate]") {
  const std::vector<Value> jackknife = {1.0, 2.0, 3.0, 4.0, 5.0};
  CHECK(bca_estimate(41.0, draws(40, 0), jackknife, 5).low == Value(Status::unstable));
  CHECK(bca_estimate(0.0, draws(40, 0), jackknife, 5).high == Value(Status::unstable));
  CHECK(bca_estimate(20.0, draws(40, 0), jackknife, 5).low.ok());
  // All resamples equal: nothing varies, and the interval is a point.
  const std::vector<Value> equal(40, Value(3.0));
  const std::vector<Value> alike(5, Value(3.0));
  CHECK(bca_estimate(3.0, equal, alike, 5).low == Value(3.0));
  CHECK(bca_estimate(3.0, equal, alike, 5).high == Value(3.0));
  std::vector<Value> broken = jackknife;
  broken[2] = Status::constant;
  CHECK(bca_estimate(20.0, draws(40, 0), broken, 5).low == Value(Status::unstable));
}

TEST_CASE("an interval refuses a confidence that is none, and a jackknife of other units",
          "[estimate]") {
  CHECK_THROWS_AS(percentile_estimate(1.0, {}, 8, {.confidence = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(percentile_estimate(1.0, {}, 8, {.confidence = std::nan("")}),
                  std::invalid_argument);
  CHECK_THROWS_WITH(bca_estimate(1.0, draws(40, 0), draws(4, 0), 5),
                    Contains("4 jackknife values, expected one for each of 5 units"));
}
