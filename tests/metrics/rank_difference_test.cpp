// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/rank_difference.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::rank_difference;
using phiscope::RankDifference;
using phiscope::Status;
using phiscope::Value;

namespace {
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
}

TEST_CASE("the score is the rank of synergy less that of redundancy", "[rank_difference]") {
  const std::vector<double> sts{0, 3, 1, 3, 0, 2, 1, 2, 0};  // means 2, 2.5, 1.5
  const std::vector<double> rtr{0, 1, 1, 1, 0, 4, 1, 4, 0};  // means 1, 2.5, 2.5
  const RankDifference found = rank_difference({sts, 3, 3}, {rtr, 3, 3});
  CHECK(found.synergy == std::vector<Value>{2.0, 2.5, 1.5});
  CHECK(found.redundancy == std::vector<Value>{1.0, 2.5, 2.5});
  CHECK(found.synergy_rank == std::vector<std::size_t>{2, 3, 1});
  CHECK(found.redundancy_rank == std::vector<std::size_t>{1, 2, 3});  // equal: by head index
  CHECK(found.score == std::vector<Value>{1.0, 1.0, 0.0});            // differences 1, 1, -2
}

TEST_CASE("a head without a pair is unranked and counted", "[rank_difference]") {
  std::vector<double> sts{0, 3, no_number, 3, 0, no_number, no_number, no_number, 0};
  const std::vector<double> rtr(9, 1.0);
  RankDifference found = rank_difference({sts, 3, 3}, {rtr, 3, 3});
  CHECK(found.unranked == 1);
  CHECK(found.n_pairs == std::vector<std::size_t>{1, 1, 0});
  CHECK(found.synergy_rank == std::vector<std::size_t>{1, 2, 0});
  CHECK(found.score[2] == Value(Status::no_pairs));
  CHECK(found.score[0] == Value(Status::constant));  // both differences are 0
  sts[1] = sts[3] = std::numeric_limits<double>::infinity();
  found = rank_difference({sts, 3, 3}, {rtr, 3, 3});
  CHECK(found.unranked == 3);
}

TEST_CASE("a permutation of the heads permutes the scores", "[rank_difference]") {
  const std::vector<double> sts{0, 3, 1, 7, 3, 0, 2, 5, 1, 2, 0, 4, 7, 5, 4, 0};
  const std::vector<double> rtr{0, 9, 2, 1, 9, 0, 3, 8, 2, 3, 0, 6, 1, 8, 6, 0};
  const RankDifference found = rank_difference({sts, 4, 4}, {rtr, 4, 4});
  const std::vector<double> s(sts.rbegin(), sts.rend());  // head h becomes 3 - h
  const std::vector<double> r(rtr.rbegin(), rtr.rend());
  const RankDifference turned = rank_difference({s, 4, 4}, {r, 4, 4});
  for (std::size_t h = 0; h < 4; ++h) CHECK(turned.score[3 - h] == found.score[h]);
}

TEST_CASE("atoms per TDMI leave out pairs without any", "[rank_difference]") {
  const std::vector<double> atoms{1, 2, 3, 4};
  const std::vector<double> tdmi{2, 0, -1, 8};
  const auto found = phiscope::per_tdmi({atoms, 2, 2}, {tdmi, 2, 2});
  CHECK(found[0] == 0.5);
  CHECK(std::isnan(found[1]));
  CHECK(std::isnan(found[2]));
  CHECK(found[3] == 0.5);
  CHECK_THROWS_WITH(phiscope::per_tdmi({atoms, 2, 2}, {tdmi, 4, 1}), Contains("tdmi 4 x 1"));
}

TEST_CASE("rank_difference needs two squares of one size", "[rank_difference]") {
  const std::vector<double> four(4, 1.0);
  CHECK_THROWS_WITH(rank_difference({four, 2, 2}, {four, 1, 4}), Contains("rtr 1 x 4"));
}
