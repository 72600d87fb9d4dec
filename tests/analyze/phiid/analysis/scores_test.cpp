// SPDX-License-Identifier: MIT
#include "phiid/analysis/scores.hpp"

#include "catch.hpp"

#include <cmath>

using namespace phiscope::analyze::phiid;
using phiscope::Status;
using phiscope::Value;

namespace {

/// One piece that holds the pairs (0,1) (0,2) (1,2).
PieceNumbers three_pairs(std::vector<double> sts, std::vector<double> rtr,
                         std::vector<std::uint32_t> n_ok) {
  PieceNumbers numbers;
  numbers.heads = {0, 1, 2};
  numbers.first = {0, 0, 1};
  numbers.second = {1, 2, 2};
  numbers.tdmi = {4.0, 4.0, 4.0};
  numbers.sts = std::move(sts);
  numbers.rtr = std::move(rtr);
  numbers.n_ok = std::move(n_ok);
  return numbers;
}

}  // namespace

TEST_CASE("a pair that is not ok is excluded, never sts = rtr = 0", "[scores]") {
  Matrices matrices = empty_matrices(3, false);
  const PieceNumbers numbers = three_pairs({3.0, 1.0, 0.0}, {1.0, 1.0, 0.0}, {2, 1, 0});
  place(numbers, matrices);
  count(numbers, 2, matrices);
  CHECK(matrices.pairs == 3);
  CHECK(matrices.pairs_ok == 2);
  CHECK(matrices.pairs_ok_in_all == 1);
  CHECK(matrices.sts[1] == 3.0);
  CHECK(matrices.sts[3] == 3.0);
  CHECK(std::isnan(matrices.sts[0]));
  CHECK(std::isnan(matrices.sts[5]));
  const HeadScores scores = head_scores(matrices);
  CHECK(scores.n_pairs == std::vector<std::size_t>{2, 1, 1});
  CHECK(scores.synergy[1] == Value(3.0));
  CHECK(scores.balance[0] == Value((0.75 + 0.5) / 2.0));
  CHECK(scores.balance[2] == Value(0.5));
  CHECK(scores.of(Ranking::balance)[1] == Value(1.0));
  CHECK(scores.of(Ranking::balance)[2] == Value(0.0));
}

TEST_CASE("a head without a pair is unranked", "[scores]") {
  Matrices matrices = empty_matrices(3, false);
  place(three_pairs({3.0, 0.0, 0.0}, {1.0, 0.0, 0.0}, {1, 0, 0}), matrices);
  const HeadScores scores = head_scores(matrices);
  CHECK(scores.n_pairs[2] == 0);
  CHECK(scores.synergy[2] == Value(Status::no_pairs));
  CHECK(scores.synergy_rank[2] == 0);
  for (const Ranking ranking : rankings) {
    CHECK(scores.of(ranking)[2] == Value(Status::no_pairs));
    CHECK(scores.of(ranking)[0] == Value(Status::constant));  // both heads have the same pair
  }
}

TEST_CASE("all three scores by hand", "[scores]") {
  Matrices matrices = empty_matrices(3, false);
  // Pairs (0,1), (0,2), (1,2); mean sts 2, 3, 4; mean rtr 2.5, 1.5, 2.
  place(three_pairs({1.0, 3.0, 5.0 - 2.0 + 2.0}, {3.0, 2.0, 1.0}, {1, 1, 1}), matrices);
  const HeadScores scores = head_scores(matrices);
  CHECK(scores.synergy == std::vector<Value>{2.0, 3.0, 4.0});
  CHECK(scores.redundancy == std::vector<Value>{2.5, 2.0, 1.5});
  CHECK(scores.synergy_rank == std::vector<std::size_t>{1, 2, 3});
  CHECK(scores.redundancy_rank == std::vector<std::size_t>{3, 2, 1});
  CHECK(scores.of(Ranking::rank_difference) == std::vector<Value>{0.0, 0.5, 1.0});
  CHECK(scores.of(Ranking::tdmi) == std::vector<Value>{0.0, 0.5, 1.0});
  const double a = (0.25 + 0.6) / 2.0;
  const double b = (0.25 + 5.0 / 6.0) / 2.0;
  const double c = (0.6 + 5.0 / 6.0) / 2.0;
  CHECK(scores.of(Ranking::balance)[1].value() == Approx((b - a) / (c - a)));
}

TEST_CASE("ties are in the order of the head index, and counted", "[scores]") {
  Matrices matrices = empty_matrices(3, false);
  place(three_pairs({1.0, 1.0, 1.0}, {1.0, 2.0, 3.0}, {1, 1, 1}), matrices);
  const HeadScores scores = head_scores(matrices);
  CHECK(scores.synergy_rank == std::vector<std::size_t>{1, 2, 3});
  CHECK(scores.redundancy_rank == std::vector<std::size_t>{1, 2, 3});
  CHECK(tied_heads({0.5, 0.25, 0.5, Status::no_pairs, 1.0, 0.25, 0.5}) == 5);
  CHECK(tied_heads({0.5, Status::no_pairs, Status::no_pairs}) == 0);
}
