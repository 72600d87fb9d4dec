// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/mcnemar.hpp>

#include <bit>
#include <cmath>
#include <cstdint>

using phiscope::mcnemar;
using phiscope::Status;
using phiscope::Value;

TEST_CASE("McNemar's exact test is that of statsmodels", "[mcnemar]") {
  const auto golden = phiscope::shard::read_json(phiscope::test::golden() / "metrics/rates.json");
  REQUIRE(golden.at("mcnemar").size() == 10);
  for (const auto& one : golden.at("mcnemar")) {
    CAPTURE(one.dump());
    const auto found = mcnemar(one.at(0), one.at(1));
    CHECK(found.p_value.value() == Approx(one.at(2).get<double>()).epsilon(1e-10));
    CHECK(found.discordant == one.at(0).get<std::size_t>() + one.at(1).get<std::size_t>());
  }
}

TEST_CASE("the p-value is the share of coin tosses at least as uneven", "[mcnemar]") {
  const auto n = GENERATE(range(1, 13));
  for (int first = 0; first <= n; ++first) {
    int uneven = 0;
    for (std::uint32_t tosses = 0; tosses < 1U << n; ++tosses) {
      if (std::abs(2 * std::popcount(tosses) - n) >= std::abs(2 * first - n)) ++uneven;
    }
    const auto found =
        mcnemar(static_cast<std::size_t>(first), static_cast<std::size_t>(n - first));
    CAPTURE(first, n);
    CHECK(found.p_value.value() == Approx(std::ldexp(uneven, -n)).epsilon(1e-14));
    CHECK(found.least_p == std::ldexp(2.0, -n));
  }
}

TEST_CASE("the smallest p-value is that of units which all agree", "[mcnemar]") {
  for (const std::size_t n : {1U, 2U, 5U, 6U, 40U, 1000U}) {
    CHECK(mcnemar(0, n).p_value.value() == Approx(mcnemar(0, n).least_p).epsilon(1e-12));
    CHECK(mcnemar(n, 0).p_value == mcnemar(0, n).p_value);
  }
  // Five discordant units can never be significant at 0.05, six can.
  CHECK(mcnemar(2, 3).least_p > 0.05);
  CHECK(mcnemar(3, 3).least_p < 0.05);
}

TEST_CASE("a p-value is never zero, nor above one", "[mcnemar]") {
  CHECK(mcnemar(0, 100000).p_value.value() > 0.0);
  CHECK(mcnemar(0, 100000).least_p > 0.0);
  CHECK(mcnemar(50000, 50000).p_value == Value(1.0));
  CHECK(mcnemar(50000, 50001).p_value.value() == Approx(1.0));
}

TEST_CASE("units with equal outcomes say nothing", "[mcnemar]") {
  CHECK(mcnemar(0, 0).p_value == Value(Status::no_pairs));
  CHECK(mcnemar(0, 0).least_p == 1.0);
}
