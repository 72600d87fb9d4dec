// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/head_scores.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// How much of what a head shares with others is synergy.
struct PairBalance {
  std::vector<double> pairs;         ///< [head, head]: sts / (sts + rtr); 0 where excluded
  std::vector<Value> balance;        ///< [head]: mean over the pairs that count
  std::vector<Value> score;          ///< [head]: balance, min-max scaled to [0, 1]
  std::vector<std::size_t> n_pairs;  ///< [head]: pairs that count
  std::size_t unranked = 0;          ///< heads without such a pair
};

/// Balance b_ij = sts_ij / (sts_ij + rtr_ij) of every pair of heads, and its mean over j per head.
///
/// @param sts,rtr  [head, head], symmetric, nats or bits; a NaN or an infinity in either excludes
///                 the pair, as does sts + rtr <= 0; the diagonal is ignored
/// @return  no_pairs for a head all of whose pairs are excluded; the score is constant where all
///          balances are equal
/// @throws std::invalid_argument unless both are square and of one size
/// @see  experiment phiid, ranking `balance`
[[nodiscard]] inline PairBalance pair_balance(MatrixView<double> sts, MatrixView<double> rtr) {
  const std::size_t heads = sts.rows();
  if (sts.cols() != heads || rtr.rows() != heads || rtr.cols() != heads) {
    throw std::invalid_argument("pair_balance: sts is " + std::to_string(sts.rows()) + " x " +
                                std::to_string(sts.cols()) + ", rtr " + std::to_string(rtr.rows()) +
                                " x " + std::to_string(rtr.cols()) + ", expected equal squares");
  }
  const auto counts = [sts, rtr](std::size_t i, std::size_t j) {
    const double both = sts.row(i)[j] + rtr.row(i)[j];
    return std::isfinite(both) && both > 0.0;
  };
  PairBalance result;
  result.pairs.assign(heads * heads, 0.0);
  for (std::size_t i = 0; i < heads; ++i) {
    for (std::size_t j = 0; j < heads; ++j) {
      if (i == j || !counts(i, j)) continue;
      result.pairs[i * heads + j] = sts.row(i)[j] / (sts.row(i)[j] + rtr.row(i)[j]);
    }
  }
  HeadMeans means = head_means({result.pairs, heads, heads}, counts);
  result.score = min_max(means.mean);
  result.balance = std::move(means.mean);
  result.n_pairs = std::move(means.n_pairs);
  result.unranked = static_cast<std::size_t>(
      std::count(result.n_pairs.begin(), result.n_pairs.end(), std::size_t{0}));
  return result;
}

/// The same for arrays of any kind that rows_of() takes.
template <DoubleMatrix Sts, DoubleMatrix Rtr>
[[nodiscard]] PairBalance pair_balance(const Sts& sts, const Rtr& rtr) {
  return pair_balance(rows_of(sts).view, rows_of(rtr).view);
}

}  // namespace phiscope
