// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/bootstrap_ratio.hpp>
#include <phiscope/ratio_to_others.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using phiscope::bootstrap_ratio;
using phiscope::Estimate;
using phiscope::ratio_to_others;
using phiscope::Status;
using phiscope::uniform_below;
using Numbers = std::vector<double>;
using Table = std::vector<Numbers>;

namespace {

double average(const Numbers& numbers) {
  double sum = 0.0;
  for (const double number : numbers) sum += number;
  return sum / static_cast<double>(numbers.size());
}

double variance(const Numbers& numbers) {
  double squares = 0.0;
  for (const double number : numbers) squares += std::pow(number - average(numbers), 2);
  return squares / static_cast<double>(numbers.size() - 1);
}

/// Half the width of the interval of the logarithm, every resample written out.
/// @param t  quantile of Student's distribution, of SciPy
double slow_half_width(const Numbers& one, const Table& others, std::size_t resamples,
                       std::uint64_t seed, double t) {
  std::mt19937_64 engine(seed);
  Numbers logs;
  for (std::size_t resample = 0; resample < resamples; ++resample) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < one.size(); ++i) rows.push_back(uniform_below(engine, one.size()));
    Numbers above;
    for (const std::size_t row : rows) above.push_back(one[row]);
    Numbers below;
    for (std::size_t i = 0; i < others.size(); ++i) {
      const Numbers& other = others[uniform_below(engine, others.size())];
      for (const std::size_t row : rows) below.push_back(other[row]);
    }
    logs.push_back(std::log(average(above) / average(below)));
  }
  Numbers between;
  for (const Numbers& other : others) between.push_back(std::log(average(other)));
  return t * std::sqrt(variance(between) + variance(logs));
}

Table some_units(std::size_t units, std::size_t rows) {
  Table all;
  for (std::size_t u = 0; u < units; ++u) {
    all.emplace_back();
    for (std::size_t r = 0; r < rows; ++r) {
      const auto k = static_cast<double>(7 * u + 3 * r);
      all.back().push_back(2.0 + std::sin(k) + 0.5 * std::cos(static_cast<double>(u)));
    }
  }
  return all;
}

/// Areas of random orders of removal of a trained model, [order][prompt].
Table real_orders() {
  const auto file = phiscope::test::golden() / "ablation/words_areas.json";
  return phiscope::shard::read_json(file).at("areas").get<Table>();
}

/// How often 1 is outside of the interval of one of the orders against `n` others.
template <class Interval>
double excluded(const Table& orders, std::size_t n, int draws, Interval interval) {
  std::mt19937_64 engine(11);
  int outside = 0;
  for (int draw = 0; draw < draws; ++draw) {
    Table drawn = orders;
    for (std::size_t i = 0; i <= n; ++i) {
      std::swap(drawn[i], drawn[i + uniform_below(engine, drawn.size() - i)]);
    }
    const Numbers one = drawn.front();
    drawn = Table(drawn.begin() + 1, drawn.begin() + 1 + static_cast<std::ptrdiff_t>(n));
    const Estimate ratio = interval(one, drawn);
    REQUIRE(ratio.low.ok());
    outside += ratio.low.value() > 1.0 || ratio.high.value() < 1.0 ? 1 : 0;
  }
  return outside / static_cast<double>(draws);
}

}  // namespace

TEST_CASE("ratio and interval are those of the definition", "[ratio_to_others]") {
  const Table units = some_units(8, 6);
  const Table others(units.begin() + 1, units.end());
  const Estimate found = ratio_to_others(
      units[0], others, {.resamples = 300, .seed = 5, .covers = "orders and prompts"});
  Numbers means;
  for (const Numbers& other : others) means.push_back(average(other));
  const double ratio = average(units[0]) / average(means);
  CHECK(found.value.value() == Approx(ratio).epsilon(1e-14));
  // scipy.stats.t.ppf(0.975, 6)
  const double half = slow_half_width(units[0], others, 300, 5, 2.4469118511449786);
  CHECK(std::log(found.high.value() / ratio) == Approx(half).epsilon(1e-9));
  CHECK(std::log(found.low.value() / ratio) == Approx(-half).epsilon(1e-9));
  CHECK(found.units == 7);
  CHECK(found.draws == 300);
  CHECK(found.undefined_draws == 0);
  CHECK(found.method == "t of logarithms");
  CHECK(found.covers == "orders and prompts");
}

TEST_CASE("of one row only the units are drawn anew", "[ratio_to_others]") {
  const Table units = some_units(7, 1);
  const Table others(units.begin() + 1, units.end());
  const Estimate found = ratio_to_others(units[0], others, {.resamples = 400, .seed = 2});
  const double half = slow_half_width(units[0], others, 400, 2, 2.5705818356363146);
  CHECK(std::log(found.high.value() / found.value.value()) == Approx(half).epsilon(1e-9));
}

TEST_CASE("where there is no interval, or no ratio", "[ratio_to_others]") {
  const Table units = some_units(8, 6);
  const auto without = [&](Numbers one, Table others) {
    return ratio_to_others(one, others, {.resamples = 50});
  };
  const auto first = [&](std::size_t n) {
    return Table(units.begin(), units.begin() + static_cast<std::ptrdiff_t>(n));
  };
  CHECK(without(units[7], first(4)).low == Status::few_units);
  CHECK(without(units[7], first(4)).value.ok());
  CHECK(without(units[7], first(5)).low.ok());
  Table short_ones;
  for (const Numbers& unit : first(6)) short_ones.emplace_back(unit.begin(), unit.begin() + 4);
  CHECK(without({1.0, 2.0, 3.0, 4.0}, short_ones).high == Status::few_units);
  CHECK(without({}, {}).value == Status::too_few_rows);
  CHECK(without({1.0}, {}).value == Status::too_few_rows);
  CHECK(without({1.0}, Table(6, {0.0})).value == Status::constant);
  const Estimate none = without({0.0}, {{1.0}, {2.0}, {3.0}, {4.0}, {5.0}});
  CHECK(none.value == 0.0);
  CHECK(none.low == Status::nonfinite);
  CHECK(without({1.0}, {{-1.0}, {2.0}, {3.0}, {4.0}, {5.0}}).high == Status::nonfinite);
  CHECK_THROWS_WITH(without({1.0, 2.0}, {{1.0}}), Contains("1 rows, expected 2"));
  CHECK_THROWS_AS(ratio_to_others(units[0], units, {.resamples = 0}), std::invalid_argument);
}

TEST_CASE("1 is seldom excluded for one of the orders themselves", "[ratio_to_others]") {
  const Table orders = real_orders();
  REQUIRE(orders.size() == 100);
  REQUIRE(orders.front().size() == 20);
  const auto both = [](const Numbers& one, const Table& others) {
    return ratio_to_others(one, others, {.resamples = 60});
  };
  // 0.05 with a standard error of 0.005, if the drawn orders were independent; 0.07 is asked for.
  CHECK(excluded(orders, 5, 2000, both) < 0.07);
  CHECK(excluded(orders, 20, 2000, both) < 0.07);
  const auto rows_alone = [](const Numbers& one, const Table& others) {
    Numbers below(one.size(), 0.0);
    for (const Numbers& other : others) {
      for (std::size_t r = 0; r < below.size(); ++r) {
        below[r] += other[r] / static_cast<double>(others.size());
      }
    }
    return bootstrap_ratio(one, below, {.resamples = 60});
  };
  CHECK(excluded(orders, 20, 100, rows_alone) > 0.7);  // what it replaces
}
