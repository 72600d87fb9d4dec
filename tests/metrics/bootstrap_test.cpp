// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/bootstrap.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using phiscope::bootstrap_mean;
using phiscope::BootstrapMean;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_labels;
using phiscope::test::random_rows;

TEST_CASE("the bootstrap mean is the pooled mean of all events", "[bootstrap]") {
  const std::vector<double> events{1, 2, 3, 10};
  const std::vector<std::int64_t> units{0, 0, 0, 1};
  const BootstrapMean found = bootstrap_mean(events, units);
  CHECK(found.mean == Value(4.0));
  CHECK(found.units == 2);
  CHECK(found.events == 4);
  // Two units: draws are (0,0), (0,1), (1,0), (1,1), so the means are 2, 4 and 10 only.
  CHECK(found.low == Value(2.0));
  CHECK(found.high == Value(10.0));
}

TEST_CASE("events of one unit stay together", "[bootstrap]") {
  // Every unit has the same events: whatever is drawn, the mean is the same.
  std::vector<double> events;
  std::vector<std::int64_t> units;
  for (std::int64_t unit = 0; unit < 5; ++unit) {
    for (const double event : {0.0, 100.0}) {
      events.push_back(event);
      units.push_back(unit);
    }
  }
  const BootstrapMean found = bootstrap_mean(events, units);
  CHECK(found.low == Value(50.0));
  CHECK(found.high == Value(50.0));
}

TEST_CASE("the interval converges to the exact bootstrap distribution", "[bootstrap]") {
  // Five units of unequal size: all 5^5 draws are equally likely, so the quantiles are known.
  const std::vector<double> events{3, 1, 4, 1, 5, 9, 2, 6, 5};
  const std::vector<std::int64_t> units{7, 7, 3, 3, 3, 1, 0, 4, 4};
  const std::vector<double> sums{2, 9, 10, 11, 4};
  const std::vector<double> counts{1, 1, 3, 2, 2};
  std::vector<double> all;
  for (int draw = 0; draw < 3125; ++draw) {
    double sum = 0.0;
    double count = 0.0;
    for (int place = 0, rest = draw; place < 5; ++place, rest /= 5) {
      sum += sums[static_cast<std::size_t>(rest % 5)];
      count += counts[static_cast<std::size_t>(rest % 5)];
    }
    all.push_back(sum / count);
  }
  std::sort(all.begin(), all.end());
  const BootstrapMean found = bootstrap_mean(events, units, {.resamples = 200000, .seed = 1});
  CHECK(found.mean == Value(4.0));
  CHECK(found.low.value() == Approx(all[78]).margin(0.05));
  CHECK(found.high.value() == Approx(all[3046]).margin(0.05));
}

TEST_CASE("a 95 % interval holds the true mean about 95 times in 100", "[bootstrap]") {
  int held = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto unit_means = random_rows(seed, 1, 40);
    std::vector<double> events;
    std::vector<std::int64_t> units;
    for (std::size_t unit = 0; unit < 40; ++unit) {
      // Ten equal events a unit: resampling events would give a third of the width.
      for (int i = 0; i < 10; ++i) {
        events.push_back(unit_means.values[unit]);
        units.push_back(static_cast<std::int64_t>(unit));
      }
    }
    const auto found = bootstrap_mean(events, units, {.resamples = 500, .seed = seed});
    if (found.low.value() <= 0.0 && 0.0 <= found.high.value()) ++held;
  }
  CHECK(held >= 360);
  CHECK(held <= 396);
}

TEST_CASE("the interval depends on the seed, on nothing else", "[bootstrap]") {
  const auto values = random_rows(3, 1, 30).values;
  auto units = random_labels(4, 30, 6);
  const auto first = bootstrap_mean(values, units, {.seed = 5});
  const auto again = bootstrap_mean(values, units, {.seed = 5});
  CHECK(again.low == first.low);
  CHECK(again.high == first.high);
  CHECK(bootstrap_mean(values, units, {.seed = 6}).low != first.low);
  // The ids of the units are only names, as long as their order is kept.
  for (auto& unit : units) unit = 1000 + 7 * unit;
  CHECK(bootstrap_mean(values, units, {.seed = 5}).low == first.low);
  CHECK(first.low.value() <= first.mean.value());
  CHECK(first.mean.value() <= first.high.value());
  const auto narrow = bootstrap_mean(values, units, {.confidence = 0.5, .seed = 5});
  CHECK(narrow.low.value() >= first.low.value());
  CHECK(narrow.high.value() <= first.high.value());
}

TEST_CASE("a bootstrap needs events, and an interval two units", "[bootstrap]") {
  const BootstrapMean none = bootstrap_mean({}, {});
  CHECK(none.mean == Value(Status::too_few_rows));
  CHECK(none.low == Value(Status::too_few_rows));
  const std::vector<double> events{1, 3};
  const std::vector<std::int64_t> one_unit{4, 4};
  const BootstrapMean one = bootstrap_mean(events, one_unit);
  CHECK(one.mean == Value(2.0));
  CHECK(one.units == 1);
  CHECK(one.low == Value(Status::too_few_rows));
  CHECK(one.high == Value(Status::too_few_rows));
  const std::vector<double> broken{1, std::nan("")};
  const std::vector<std::int64_t> two{0, 1};
  CHECK(bootstrap_mean(broken, two).mean == Value(Status::nonfinite));
  CHECK(bootstrap_mean(broken, two).high == Value(Status::nonfinite));
}

TEST_CASE("a bootstrap refuses options that make no sense", "[bootstrap]") {
  const std::vector<double> events{1, 3};
  const std::vector<std::int64_t> units{0, 1};
  CHECK_THROWS_WITH(bootstrap_mean(events, std::vector<std::int64_t>{0}), Contains("2 events"));
  CHECK_THROWS_AS(bootstrap_mean(events, units, {.resamples = 0}), std::invalid_argument);
  CHECK_THROWS_AS(bootstrap_mean(events, units, {.confidence = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(bootstrap_mean(events, units, {.confidence = std::nan("")}),
                  std::invalid_argument);
}
