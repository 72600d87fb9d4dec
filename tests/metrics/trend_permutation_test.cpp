// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/trend_permutation.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using phiscope::Status;
using phiscope::trend_permutation;
using phiscope::Value;
using Numbers = std::vector<double>;

namespace {

struct Case {
  Numbers values;
  Numbers levels;
};

/// Values of 0 and 1 at levels 2 to 5, whose rate rises by `rise` per level from 0.3 on.
Case rates(std::uint64_t seed, std::size_t units, double rise) {
  Case made;
  const auto uniform = phiscope::test::random_rows(seed, 1, units, 0.5, 0.5);
  for (std::size_t i = 0; i < units; ++i) {
    const auto stratum = static_cast<double>(2 + i % 4);
    made.levels.push_back(stratum);
    made.values.push_back(uniform.values[i] < 0.3 + rise * (stratum - 2.0) ? 1.0 : 0.0);
  }
  return made;
}

}  // namespace

TEST_CASE("slope and p-value of all arrangements are SciPy's", "[trend_permutation]") {
  const auto golden = phiscope::shard::read_json(phiscope::test::golden() / "metrics/rates.json");
  REQUIRE(golden.at("trend").size() == 4);
  for (const auto& one : golden.at("trend")) {
    const auto found = trend_permutation(one.at("values").get<Numbers>(),
                                         one.at("levels").get<Numbers>(), {.resamples = 5040});
    CAPTURE(one.dump());
    CHECK(found.exact);
    CHECK(found.slope.value() == Approx(one.at("slope").get<double>()).epsilon(1e-12));
    CHECK(found.p_value.value() == Approx(one.at("p_value").get<double>()).epsilon(1e-12));
  }
}

TEST_CASE("a trend of three units", "[trend_permutation]") {
  const auto found = trend_permutation(Numbers{1, 2, 4}, Numbers{0, 1, 2});
  CHECK(found.slope == Value(1.5));
  CHECK(found.p_value.value() == Approx(2.0 / 6.0));
  CHECK(found.least_p == Approx(2.0 / 6.0));
  // Of the three arrangements of the one success, one has it at the top.
  const auto one = trend_permutation(Numbers{0, 0, 1}, Numbers{2, 3, 4});
  CHECK(one.slope == Value(0.5));
  CHECK(one.p_value.value() == Approx(2.0 / 3.0));
  CHECK(one.least_p == Approx(2.0 / 3.0));
  // The rarer end counts, whichever it is: below if two levels of three are the highest.
  CHECK(trend_permutation(Numbers{0, 0, 1}, Numbers{2, 3, 3}).least_p == Approx(2.0 / 3.0));
  CHECK(trend_permutation(Numbers{0, 0, 1}, Numbers{2, 3, 3}).p_value == Value(1.0));
  CHECK(trend_permutation(Numbers{0, 0, 1}, Numbers{2, 2, 3}).least_p == Approx(2.0 / 3.0));
}

TEST_CASE("no p-value is below the least one, which some order has", "[trend_permutation]") {
  Numbers values{0, 0, 1, 1, 1, 0};
  std::sort(values.begin(), values.end());
  const Numbers levels{2, 2, 3, 4, 4, 5};
  double least = 1.0;
  const double claimed = trend_permutation(values, levels).least_p;
  do {
    const auto found = trend_permutation(values, levels);
    CHECK(found.least_p == Approx(claimed));
    least = std::min(least, found.p_value.value());
  } while (std::next_permutation(values.begin(), values.end()));
  CHECK(least == Approx(claimed));
}

TEST_CASE("units of values and levels, and the order of units, do not matter",
          "[trend_permutation]") {
  Case made = rates(3, 9, 0.2);
  const auto expected = trend_permutation(made.values, made.levels, {.resamples = 100000});
  CHECK(expected.exact);
  for (double& value : made.values) value = 5.0 - 1024.0 * value;
  for (double& level : made.levels) level = 100.0 + 0.25 * level;
  std::reverse(made.values.begin(), made.values.end());
  std::reverse(made.levels.begin(), made.levels.end());
  const auto found = trend_permutation(made.values, made.levels, {.resamples = 100000});
  CHECK(found.p_value == expected.p_value);
  CHECK(found.slope.value() == Approx(-4096.0 * expected.slope.value()));
}

TEST_CASE("drawn arrangements come close to counted ones and depend on the seed alone",
          "[trend_permutation]") {
  const Case made = rates(1, 10, 0.2);  // 10! / (3! 3! 2! 2!) = 25,200 arrangements
  const auto exact = trend_permutation(made.values, made.levels, {.resamples = 25200});
  CHECK(exact.exact);
  const auto drawn = trend_permutation(made.values, made.levels, {.resamples = 25199, .seed = 1});
  CHECK_FALSE(drawn.exact);
  const double p = exact.p_value.value();
  CHECK(p < 0.9);
  CHECK(drawn.p_value.value() == Approx(p).margin(5.0 * std::sqrt(2.0 * p / 25200.0)));
  CHECK(trend_permutation(made.values, made.levels, {.resamples = 25199, .seed = 1}).p_value ==
        drawn.p_value);
  CHECK(trend_permutation(made.values, made.levels, {.resamples = 25199, .seed = 2}).p_value !=
        drawn.p_value);
  CHECK(drawn.least_p == Approx(2.0 / 25200.0));
}

TEST_CASE("a clear trend has the least p-value, none a p-value that is uniform",
          "[trend_permutation]") {
  const Case clear = rates(5, 400, 0.2);
  const auto found = trend_permutation(clear.values, clear.levels, {.resamples = 999});
  CHECK(found.slope.value() == Approx(0.2).margin(0.06));
  CHECK(found.p_value == Value(2.0 / 1000.0));
  int below = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Case flat = rates(seed, 100, 0.0);
    const auto by_chance = trend_permutation(flat.values, flat.levels, {.resamples = 199});
    if (by_chance.p_value.value() <= 0.25) ++below;
  }
  CHECK(below > 45);  // 75 expected or a few less, standard deviation 7.5
  CHECK(below < 105);
}

TEST_CASE("equal values have no trend, equal levels no answer", "[trend_permutation]") {
  const Numbers same{0.1, 0.1, 0.1, 0.1};
  const Numbers levels{2, 3, 4, 5};
  const auto flat = trend_permutation(same, levels);
  CHECK(flat.slope.value() == Approx(0.0).margin(1e-16));
  CHECK(flat.p_value == Value(1.0));
  CHECK(flat.least_p == 1.0);
  CHECK(trend_permutation(levels, same).p_value == Value(Status::constant));
  CHECK(trend_permutation(levels, same).slope == Value(Status::constant));
}

TEST_CASE("a trend needs three finite units with levels", "[trend_permutation]") {
  CHECK(trend_permutation(Numbers{1, 2}, Numbers{1, 2}).p_value == Value(Status::too_few_rows));
  const Numbers broken{1, 2, std::numeric_limits<double>::infinity()};
  CHECK(trend_permutation(broken, Numbers{1, 2, 3}).slope == Value(Status::nonfinite));
  CHECK(trend_permutation(Numbers{1, 2, 3}, broken).p_value == Value(Status::nonfinite));
  CHECK_THROWS_WITH(trend_permutation(broken, Numbers{1}), Contains("3 values, 1 levels"));
  CHECK_THROWS_WITH(trend_permutation(Numbers{}, Numbers{}, {.resamples = 0}),
                    Contains("0 resamples"));
}
