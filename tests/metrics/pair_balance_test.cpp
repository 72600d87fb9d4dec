// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/pair_balance.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::pair_balance;
using phiscope::PairBalance;
using phiscope::Status;
using phiscope::Value;

namespace {
constexpr double none = std::numeric_limits<double>::quiet_NaN();
}

TEST_CASE("the balance of a head is the mean share of synergy", "[pair_balance]") {
  const std::vector<double> sts{0, 3, 1, 3, 0, 2, 1, 2, 0};
  const std::vector<double> rtr{0, 1, 3, 1, 0, 2, 3, 2, 0};
  const PairBalance found = pair_balance({sts, 3, 3}, {rtr, 3, 3});
  CHECK(found.pairs == std::vector<double>{0, 0.75, 0.25, 0.75, 0, 0.5, 0.25, 0.5, 0});
  CHECK(found.balance == std::vector<Value>{0.5, 0.625, 0.375});
  CHECK(found.score == std::vector<Value>{0.5, 1.0, 0.0});
  CHECK(found.unranked == 0);
}

TEST_CASE("pairs with a NaN or without a positive sum do not count", "[pair_balance]") {
  // Head 3 has no pair: NaN with 0, an infinity with 1, sum 0 with 2.
  const double far = std::numeric_limits<double>::infinity();
  const std::vector<double> sts{0, 3, 1, none, 3, 0, -5, 1, 1, -5, 0, 0, none, 1, 0, 0};
  const std::vector<double> rtr{0, 1, 3, 1, 1, 0, 2, far, 3, 2, 0, 0, 1, far, 0, 0};
  const PairBalance found = pair_balance({sts, 4, 4}, {rtr, 4, 4});
  CHECK(found.n_pairs == std::vector<std::size_t>{2, 1, 1, 0});
  CHECK(found.balance == std::vector<Value>{0.5, 0.75, 0.25, Status::no_pairs});
  CHECK(found.score == std::vector<Value>{0.5, 1.0, 0.0, Status::no_pairs});
  CHECK(found.unranked == 1);
}

TEST_CASE("pair_balance needs two squares of one size", "[pair_balance]") {
  const std::vector<double> four(4, 1.0);
  CHECK_THROWS_WITH(pair_balance({four, 2, 2}, {four, 4, 1}), Contains("rtr 4 x 1"));
  CHECK_THROWS_AS(pair_balance({four, 1, 4}, {four, 1, 4}), std::invalid_argument);
  CHECK(pair_balance({{}, 0, 0}, {{}, 0, 0}).balance.empty());
}
