// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/holm.hpp>

#include <limits>
#include <vector>

using phiscope::holm;
using Numbers = std::vector<double>;

TEST_CASE("Holm's correction of four p-values", "[holm]") {
  // statsmodels.stats.multitest.multipletests([.01, .04, .03, .005], method="holm")
  const Numbers expected{0.03, 0.06, 0.06, 0.02};
  const Numbers found = holm(Numbers{0.01, 0.04, 0.03, 0.005});
  for (std::size_t i = 0; i < 4; ++i) CHECK(found[i] == Approx(expected[i]).epsilon(1e-15));
  CHECK(holm(Numbers{0.5, 0.9}) == Numbers{1.0, 1.0});
  CHECK(holm(Numbers{0.2}) == Numbers{0.2});
  CHECK(holm({}).empty());
}

TEST_CASE("Holm's correction of twelve p-values is that of statsmodels", "[holm]") {
  const auto golden =
      phiscope::shard::read_json(phiscope::test::golden() / "metrics/inference.json");
  const Numbers expected = golden.at("holm").at("adjusted");
  const Numbers found = holm(golden.at("holm").at("p_values").get<Numbers>());
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == Approx(expected[i]).epsilon(1e-14));
}

TEST_CASE("a corrected p-value is the largest over the smaller ones", "[holm]") {
  // max over tests j with p_j <= p_i of (number of tests with p >= p_j) * p_j, cut at 1.
  const auto seed = GENERATE(range(0U, 10U));
  Numbers p;
  for (const auto label : phiscope::test::random_labels(seed, 25, 1000)) {
    p.push_back(static_cast<double>(label) / 9999.0);
  }
  const Numbers found = holm(p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    double expected = 0.0;
    for (const double smaller : p) {
      if (smaller > p[i]) continue;
      double not_below = 0.0;
      for (const double other : p) not_below += other >= smaller ? 1.0 : 0.0;
      expected = std::max(expected, std::min(1.0, not_below * smaller));
    }
    CHECK(found[i] == Approx(expected).epsilon(1e-14));
  }
}

TEST_CASE("only numbers in [0, 1] are p-values", "[holm]") {
  CHECK_THROWS_WITH(holm(Numbers{0.5, 1.5}), Contains("p-value 1.5"));
  CHECK_THROWS(holm(Numbers{-0.1}));
  CHECK_THROWS(holm(Numbers{std::numeric_limits<double>::quiet_NaN()}));
}
