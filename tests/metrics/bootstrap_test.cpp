// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/bootstrap.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <span>
#include <vector>

using phiscope::bootstrap;
using phiscope::bootstrap_mean;
using phiscope::BootstrapMean;
using phiscope::Estimate;
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

namespace {

/// Resampled ratios of sums, drawn and sorted by hand: the slow oracle of bootstrap().
std::vector<double> drawn_ratios(const std::vector<double>& above, const std::vector<double>& below,
                                 std::size_t resamples, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<double> ratios;
  for (std::size_t resample = 0; resample < resamples; ++resample) {
    double numerator = 0.0;
    double denominator = 0.0;
    for (std::size_t draw = 0; draw < above.size(); ++draw) {
      const std::size_t unit = phiscope::uniform_below(engine, above.size());
      numerator += above[unit];
      denominator += below[unit];
    }
    ratios.push_back(numerator / denominator);
  }
  std::sort(ratios.begin(), ratios.end());
  return ratios;
}

}  // namespace

TEST_CASE("a bootstrap of any statistic draws units, and its ends are quantiles of the draws",
          "[bootstrap]") {
  const auto values = random_rows(11, 2, 9).values;
  const std::vector<double> above(values.begin(), values.begin() + 9);
  std::vector<double> below;
  for (std::size_t i = 9; i < 18; ++i) below.push_back(2.0 + std::abs(values[i]));
  std::size_t calls = 0;
  const auto ratio = [&](std::span<const std::size_t> drawn) {
    ++calls;
    double numerator = 0.0;
    double denominator = 0.0;
    for (const std::size_t unit : drawn) {
      numerator += above[unit];
      denominator += below[unit];
    }
    return numerator / denominator;
  };
  const Estimate found =
      bootstrap(9, ratio, {.resamples = 401, .confidence = 0.9, .seed = 17, .covers = "prompts"});
  const auto oracle = drawn_ratios(above, below, 401, 17);
  const double place = (1.0 - 0.9) / 2.0 * 400.0;  // a hair below 20
  const auto at = [&oracle](double p) {
    const auto i = static_cast<std::size_t>(p);
    return Value(oracle[i] + (p - std::floor(p)) * (oracle[i + 1] - oracle[i]));
  };
  double sum_above = 0.0;
  double sum_below = 0.0;
  for (std::size_t i = 0; i < 9; ++i) sum_above += above[i];
  for (std::size_t i = 0; i < 9; ++i) sum_below += below[i];
  CHECK(found.value == Value(sum_above / sum_below));
  CHECK(found.low == at(place));
  CHECK(found.high == at((1.0 - (1.0 - 0.9) / 2.0) * 400.0));
  CHECK(found.units == 9);
  CHECK(found.draws == 401);
  CHECK(found.undefined_draws == 0);
  CHECK(found.method == "percentile");
  CHECK(found.covers == "prompts");
  CHECK(calls == 402);
  // A value that the caller knows better is kept; the draws are the same.
  const Estimate given = bootstrap(Value(3.0), 9, ratio, {.resamples = 401, .seed = 17});
  CHECK(given.value == Value(3.0));
  CHECK(given.low == bootstrap(9, ratio, {.resamples = 401, .seed = 17}).low);
}

TEST_CASE("the mean of units of one event each is the bootstrap of their mean", "[bootstrap]") {
  const auto values = random_rows(5, 1, 12).values;
  std::vector<std::int64_t> units;
  for (std::int64_t unit = 0; unit < 12; ++unit) units.push_back(unit);
  const BootstrapMean mean = bootstrap_mean(values, units, {.resamples = 300, .seed = 2});
  const auto statistic = [&](std::span<const std::size_t> drawn) {
    double sum = 0.0;
    for (const std::size_t unit : drawn) sum += values[unit];
    return sum / static_cast<double>(drawn.size());
  };
  const Estimate found = bootstrap(mean.value, 12, statistic, {.resamples = 300, .seed = 2});
  CHECK(mean.mean == mean.value);
  CHECK(found.low == mean.low);
  CHECK(found.high == mean.high);
  CHECK(mean.draws == 300);
}

TEST_CASE("nothing is drawn where there can be no interval", "[bootstrap]") {
  std::size_t calls = 0;
  const auto broken = [&calls](std::span<const std::size_t>) {
    ++calls;
    return Value(Status::constant);
  };
  const Estimate undefined = bootstrap(5, broken);
  CHECK(calls == 1);
  CHECK(undefined.value == Value(Status::constant));
  CHECK(undefined.low == Value(Status::constant));
  CHECK(undefined.high == Value(Status::constant));
  CHECK(undefined.draws == 0);
  const auto one = [](std::span<const std::size_t>) { return 1.0; };
  CHECK(bootstrap(1, one).value == Value(1.0));
  CHECK(bootstrap(1, one).low == Value(Status::too_few_rows));
  CHECK_THROWS_WITH(bootstrap(4, one, {.resamples = 0}), Contains("0 resamples"));
}
