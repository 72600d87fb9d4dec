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
using phiscope::Estimate;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;

namespace {

/// Resampled ratios of sums, drawn by hand: the slow oracle of bootstrap().
std::vector<Value> drawn_ratios(const std::vector<double>& above, const std::vector<double>& below,
                                std::size_t resamples, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<Value> ratios;
  for (std::size_t resample = 0; resample < resamples; ++resample) {
    double numerator = 0.0;
    double denominator = 0.0;
    for (std::size_t draw = 0; draw < above.size(); ++draw) {
      const std::size_t unit = phiscope::uniform_below(engine, above.size());
      numerator += above[unit];
      denominator += below[unit];
    }
    ratios.emplace_back(numerator / denominator);
  }
  return ratios;
}

}  // namespace

TEST_CASE("a bootstrap of any statistic draws units, then leaves out each of them once",
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
  double sum_above = 0.0;
  double sum_below = 0.0;
  for (std::size_t i = 0; i < 9; ++i) sum_above += above[i];
  for (std::size_t i = 0; i < 9; ++i) sum_below += below[i];
  std::vector<Value> jackknife;
  for (std::size_t without = 0; without < 9; ++without) {
    jackknife.emplace_back((sum_above - above[without]) / (sum_below - below[without]));
  }
  const Estimate expected =
      phiscope::bca_estimate(sum_above / sum_below, drawn_ratios(above, below, 401, 17), jackknife,
                             9, {.confidence = 0.9});
  CHECK(found.value == Value(sum_above / sum_below));
  CHECK(found.low.value() == Approx(expected.low.value()).epsilon(1e-9));
  CHECK(found.high.value() == Approx(expected.high.value()).epsilon(1e-9));
  CHECK(found.units == 9);
  CHECK(found.draws == 401);
  CHECK(found.undefined_draws == 0);
  CHECK(found.method == "BCa");
  CHECK(found.covers == "prompts");
  CHECK(found.confidence == 0.9);
  CHECK(calls == 1 + 401 + 9);
  // A value that the caller knows better is kept; the same draws are made.
  const Estimate given = bootstrap(Value(found.value.value() + 1e-3), 9, ratio,
                                   {.resamples = 401, .confidence = 0.9, .seed = 17});
  CHECK(given.value == Value(found.value.value() + 1e-3));
  CHECK(given.low.value() == Approx(found.low.value()).margin(0.05));
  const auto other = bootstrap(9, ratio, {.resamples = 401, .confidence = 0.9, .seed = 18});
  CHECK(other.low != found.low);
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
  const auto one = [&calls](std::span<const std::size_t>) {
    ++calls;
    return 1.0;
  };
  CHECK(bootstrap(4, one).value == Value(1.0));
  CHECK(bootstrap(4, one).low == Value(Status::few_units));
  CHECK(calls == 3);
  CHECK_THROWS_WITH(bootstrap(4, one, {.resamples = 0}), Contains("0 resamples"));
}

TEST_CASE("a 95 % interval of a correlation holds the true one about 95 times in 100",
          "[bootstrap]") {
  // Pearson's correlation of ten pairs, whose percentile interval holds it in about 87 of 100.
  int held = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto rows = random_rows(seed, 2, 10);
    const auto correlation = [&](std::span<const std::size_t> drawn) {
      double x = 0.0, y = 0.0, xx = 0.0, yy = 0.0, xy = 0.0;
      for (const std::size_t i : drawn) {
        const double a = rows.values[i];
        const double b = rows.values[10 + i] + rows.values[i];  // the true correlation: sqrt(1 / 2)
        x += a;
        y += b;
        xx += a * a;
        yy += b * b;
        xy += a * b;
      }
      const auto n = static_cast<double>(drawn.size());
      const double spread = (xx - x * x / n) * (yy - y * y / n);
      return spread > 1e-12 ? Value((xy - x * y / n) / std::sqrt(spread)) : Value(Status::constant);
    };
    const Estimate found = bootstrap(10, correlation, {.resamples = 400, .seed = seed});
    if (found.low.value() <= std::sqrt(0.5) && std::sqrt(0.5) <= found.high.value()) ++held;
  }
  CHECK(held >= 366);
  CHECK(held <= 396);
}
