// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/bootstrap_mean.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using phiscope::bootstrap_mean;
using phiscope::Estimate;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_labels;
using phiscope::test::random_rows;
using Numbers = std::vector<double>;
using Units = std::vector<std::int64_t>;

TEST_CASE("the mean of a few units has the t interval of SciPy and statsmodels",
          "[bootstrap_mean]") {
  const auto golden =
      phiscope::shard::read_json(phiscope::test::golden() / "metrics/inference.json");
  const auto& expected = golden.at("mean");
  const Numbers numbers = expected.at("numbers");
  const Estimate found = bootstrap_mean(numbers);
  CHECK(found.value.value() == Approx(expected.at("value").get<double>()).epsilon(1e-14));
  CHECK(found.low.value() == Approx(expected.at("interval")[0].get<double>()).epsilon(1e-11));
  CHECK(found.high.value() == Approx(expected.at("interval")[1].get<double>()).epsilon(1e-11));
  CHECK(found.method == "t");
  const Estimate narrow = bootstrap_mean(numbers, {.confidence = 0.8});
  CHECK(narrow.low.value() == Approx(expected.at("interval_80")[0].get<double>()).epsilon(1e-11));
  CHECK(narrow.high.value() == Approx(expected.at("interval_80")[1].get<double>()).epsilon(1e-11));
}

TEST_CASE("events are pooled, and units are what is independent", "[bootstrap_mean]") {
  const Numbers events{3, 1, 4, 1, 5, 9, 2, 6, 5};
  const Units units{7, 7, 3, 3, 3, 1, 0, 4, 4};
  const Estimate found = bootstrap_mean(events, units, {.covers = "walks"});
  CHECK(found.value == Value(4.0));
  CHECK(found.units == 5);
  CHECK(found.covers == "walks");
  // By ascending unit: sums over counts. Their ratio says the same.
  const Estimate ratio =
      phiscope::bootstrap_ratio(Numbers{2, 9, 10, 11, 4}, Numbers{1, 1, 3, 2, 2});
  CHECK(found.low == ratio.low);
  CHECK(found.high == ratio.high);
  CHECK(found.low.ok());
}

TEST_CASE("events of one unit stay together", "[bootstrap_mean]") {
  // Every unit has the same events: whatever is drawn, the mean is the same.
  Numbers events;
  Units units;
  for (std::int64_t unit = 0; unit < 5; ++unit) {
    for (const double event : {0.0, 100.0}) {
      events.push_back(event);
      units.push_back(unit);
    }
  }
  CHECK(bootstrap_mean(events, units).low == Value(50.0));
  CHECK(bootstrap_mean(events, units).high == Value(50.0));
}

TEST_CASE("a 95 % interval holds the true mean as often as it says", "[bootstrap_mean]") {
  // Independent units, normal or lognormal, at the sizes between the methods; 600 seeds each have a
  // standard error of 0.009. The bounds of the lognormal are those of docs/trust.md.
  struct Case {
    std::size_t units;
    bool lognormal;
    int least, most;  // of 600
  };
  const auto [units, lognormal, least, most] =
      GENERATE(Case{5, false, 549, 591}, Case{10, false, 549, 591}, Case{20, false, 549, 591},
               Case{10, true, 520, 582}, Case{20, true, 525, 582});
  CAPTURE(units, lognormal);
  const double truth = lognormal ? std::exp(0.5) : 0.0;
  int held = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    Numbers numbers = random_rows(1000 * units + seed, 1, units).values;  // in [-1, 1)
    for (double& number : numbers) {
      number = phiscope::detail::normal_quantile(0.5 + 0.4999999 * number);
      if (lognormal) number = std::exp(number);
    }
    const Estimate found = bootstrap_mean(numbers, {.resamples = 400, .seed = seed});
    if (found.low.value() <= truth && truth <= found.high.value()) ++held;
  }
  CHECK(held >= least);
  CHECK(held <= most);
}

TEST_CASE("the interval depends on the seed, on nothing else", "[bootstrap_mean]") {
  const auto values = random_rows(3, 1, 60).values;
  auto units = random_labels(4, 60, 12);
  const auto first = bootstrap_mean(values, units, {.seed = 5});
  CHECK(first.method == "studentised");
  const auto again = bootstrap_mean(values, units, {.seed = 5});
  CHECK(again.low == first.low);
  CHECK(again.high == first.high);
  CHECK(bootstrap_mean(values, units, {.seed = 6}).low != first.low);
  // The ids of the units are only names, as long as their order is kept.
  for (auto& unit : units) unit = 1000 + 7 * unit;
  CHECK(bootstrap_mean(values, units, {.seed = 5}).low == first.low);
  CHECK(first.low.value() <= first.value.value());
  CHECK(first.value.value() <= first.high.value());
  const auto narrow = bootstrap_mean(values, units, {.confidence = 0.5, .seed = 5});
  CHECK(narrow.low.value() >= first.low.value());
  CHECK(narrow.high.value() <= first.high.value());
}

TEST_CASE("a mean needs events, and its interval five units", "[bootstrap_mean]") {
  CHECK(bootstrap_mean(Numbers{}, Units{}).value == Value(Status::too_few_rows));
  CHECK(bootstrap_mean(Numbers{}).low == Value(Status::too_few_rows));
  const Estimate few = bootstrap_mean(Numbers{1, 3, 5, 7, 9}, Units{4, 4, 5, 6, 7});
  CHECK(few.value == Value(5.0));
  CHECK(few.units == 4);
  CHECK(few.low == Value(Status::few_units));
  CHECK(few.high == Value(Status::few_units));
  CHECK(bootstrap_mean(Numbers{1, std::nan("")}, Units{0, 1}).value == Value(Status::nonfinite));
}

TEST_CASE("a mean refuses options that make no sense", "[bootstrap_mean]") {
  const Numbers events{1, 3};
  const Units units{0, 1};
  CHECK_THROWS_WITH(bootstrap_mean(events, Units{0}), Contains("2 events"));
  CHECK_THROWS_AS(bootstrap_mean(events, units, {.resamples = 0}), std::invalid_argument);
  CHECK_THROWS_AS(bootstrap_mean(events, units, {.confidence = std::nan("")}),
                  std::invalid_argument);
}
