// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/max_statistic.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

using phiscope::MatrixView;
using phiscope::max_statistic_p;
using phiscope::sign_flip_max_test;
using phiscope::sign_flip_test;
using phiscope::Status;
using phiscope::Value;
using Numbers = std::vector<double>;
using Table = std::vector<std::vector<Value>>;

namespace {

Table column(const Numbers& numbers) {
  Table table;
  for (const double number : numbers) table.push_back({number});
  return table;
}

}  // namespace

TEST_CASE("a statistic is compared with the largest of each draw", "[max_statistic]") {
  const Numbers null{1, 5,   //
                     4, 2,   //
                     0, 0};  // the largest: 5, 4, 0
  const auto found = max_statistic_p(Numbers{6, 4}, MatrixView<double>(null, 3, 2));
  CHECK(found == Numbers{0.25, 0.75});
  CHECK(max_statistic_p(Numbers{-1, 1}, MatrixView<double>(null, 3, 2)) == Numbers{1.0, 0.75});
  CHECK(max_statistic_p(Numbers{1}, MatrixView<double>({}, 0, 1)) == Numbers{1.0});
  CHECK_THROWS_WITH(max_statistic_p(Numbers{1}, MatrixView<double>(null, 3, 2)),
                    Contains("2 tests, expected 1"));
  const Numbers broken{1, std::nan("")};
  CHECK_THROWS_AS(max_statistic_p(Numbers{1, 2}, MatrixView<double>(broken, 1, 2)),
                  std::invalid_argument);
}

TEST_CASE("the sign flips of many cells are those that NumPy counts", "[max_statistic]") {
  const auto golden =
      phiscope::shard::read_json(phiscope::test::golden() / "metrics/inference.json");
  const auto& expected = golden.at("max_t");
  Table differences;
  for (const auto& row : expected.at("differences")) {
    differences.emplace_back();
    for (const auto& cell : row) {
      differences.back().push_back(cell.is_null() ? Value(Status::no_pairs)
                                                  : Value(cell.get<double>()));
    }
  }
  const auto found = sign_flip_max_test(differences);
  CHECK(found.exact);
  CHECK(found.least_p == 2.0 / 256.0);
  REQUIRE(found.p_values.size() == 3);
  for (std::size_t cell = 0; cell < 3; ++cell) {
    CHECK(found.p_values[cell].value() ==
          Approx(expected.at("p_values")[cell].get<double>()).epsilon(1e-14));
  }
  // The unit of a cell decides nothing.
  for (auto& row : differences) row[1] = row[1].ok() ? Value(1e6 * row[1].value()) : row[1];
  CHECK(sign_flip_max_test(differences).p_values == found.p_values);
}

TEST_CASE("one cell is the sign-flip test itself", "[max_statistic]") {
  const auto golden =
      phiscope::shard::read_json(phiscope::test::golden() / "metrics/inference.json");
  const auto& expected = golden.at("sign_flip");
  const Numbers differences = expected.at("differences");
  const double p = expected.at("p_value");  // scipy.stats.permutation_test, all 2^9 patterns
  CHECK(sign_flip_test(differences).p_value.value() == Approx(p).epsilon(1e-14));
  CHECK(sign_flip_test(differences).least_p == 2.0 / 512.0);
  CHECK(sign_flip_max_test(column(differences)).p_values.front().value() ==
        Approx(p).epsilon(1e-14));
  const Numbers many = phiscope::test::random_rows(2, 1, 40, 1.0, 0.4).values;
  const auto drawn = sign_flip_max_test(column(many), {.resamples = 4000, .seed = 3});
  CHECK_FALSE(drawn.exact);
  CHECK(drawn.least_p == 1.0 / 4001.0);
  // Forty differences of one sign: no drawn pattern reaches them, and p is still not 0.
  CHECK(sign_flip_max_test(column(Numbers(40, 1.0)), {.resamples = 4000}).p_values.front() ==
        Value(1.0 / 4001.0));
  CHECK(drawn.p_values.front().value() ==
        Approx(sign_flip_test(many, {.resamples = 4000, .seed = 3}).p_value.value()).margin(0.01));
}

TEST_CASE("one of twenty cells without an effect is rarely significant", "[max_statistic]") {
  int any = 0;
  int planted = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    const Numbers numbers = phiscope::test::random_rows(seed, 12, 20).values;
    Table differences(12);
    for (std::size_t unit = 0; unit < 12; ++unit) {
      for (std::size_t cell = 0; cell < 20; ++cell) {
        differences[unit].emplace_back(numbers[unit * 20 + cell]);
      }
    }
    const auto is_found = [&differences] {
      const auto found = sign_flip_max_test(differences, {.resamples = 400});
      for (const Value& p : found.p_values) {
        if (p.value() <= 0.05) return true;
      }
      return false;
    };
    any += is_found() ? 1 : 0;
    for (auto& unit : differences) unit[7] = unit[7].value() + 1.5;
    planted += is_found() ? 1 : 0;
  }
  CHECK(any <= 27);  // 5 % of 300 and three standard errors; 64 % uncorrected
  CHECK(planted >= 270);
}

TEST_CASE("a cell without differences has no p-value", "[max_statistic]") {
  const Value none = Status::no_pairs;
  const auto found = sign_flip_max_test({{1.0, none}, {2.0, none}, {none, none}});
  CHECK(found.p_values[0] == Value(0.5));
  CHECK(found.p_values[1] == Value(Status::too_few_rows));
  CHECK(sign_flip_max_test({}).p_values.empty());
  CHECK_THROWS_WITH(sign_flip_max_test({{1.0}, {1.0, 2.0}}), Contains("2 cells, expected 1"));
  CHECK_THROWS_AS(sign_flip_max_test({{1.0}}, {.resamples = 0}), std::invalid_argument);
}
