// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/head_scores.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace phiscope {

/// Heads ranked by synergy and by redundancy.
struct RankDifference {
  std::vector<Value> synergy;                ///< [head]: mean sts over the pairs that count
  std::vector<Value> redundancy;             ///< [head]: mean rtr over the same pairs
  std::vector<std::size_t> synergy_rank;     ///< [head]: from 1, smallest first; 0: unranked
  std::vector<std::size_t> redundancy_rank;  ///< [head]
  std::vector<Value> score;          ///< [head]: difference of the ranks, min-max scaled to [0, 1]
  std::vector<std::size_t> n_pairs;  ///< [head]: pairs that count
  std::size_t unranked = 0;          ///< heads without such a pair
};

/// Rank of each head's mean sts minus rank of its mean rtr; equal means rank by head index.
///
/// @param sts,rtr  [head, head], symmetric; a NaN or an infinity in either excludes the pair; the
///                 diagonal is ignored
/// @return  no_pairs for a head all of whose pairs are excluded; the score is constant where all
///          differences are equal
/// @throws std::invalid_argument unless both are square and of one size
/// @see  experiment phiid, ranking `rank-difference`
[[nodiscard]] inline RankDifference rank_difference(MatrixView<double> sts,
                                                    MatrixView<double> rtr) {
  if (sts.cols() != sts.rows() || rtr.rows() != sts.rows() || rtr.cols() != sts.rows()) {
    throw std::invalid_argument("rank_difference: sts is " + std::to_string(sts.rows()) + " x " +
                                std::to_string(sts.cols()) + ", rtr " + std::to_string(rtr.rows()) +
                                " x " + std::to_string(rtr.cols()) + ", expected equal squares");
  }
  const auto counts = [sts, rtr](std::size_t i, std::size_t j) {
    return std::isfinite(sts.row(i)[j]) && std::isfinite(rtr.row(i)[j]);
  };
  HeadMeans synergy = head_means(sts, counts);
  HeadMeans redundancy = head_means(rtr, counts);
  RankDifference result;
  result.synergy_rank = ordinal_ranks(synergy.mean);
  result.redundancy_rank = ordinal_ranks(redundancy.mean);
  std::vector<Value> difference;
  for (std::size_t i = 0; i < sts.rows(); ++i) {
    if (synergy.n_pairs[i] == 0) {
      difference.emplace_back(Status::no_pairs);
      ++result.unranked;
    } else {
      difference.emplace_back(static_cast<double>(result.synergy_rank[i]) -
                              static_cast<double>(result.redundancy_rank[i]));
    }
  }
  result.score = min_max(difference);
  result.synergy = std::move(synergy.mean);
  result.redundancy = std::move(redundancy.mean);
  result.n_pairs = std::move(synergy.n_pairs);
  return result;
}

/// The same for arrays of any kind that rows_of() takes.
template <DoubleMatrix Sts, DoubleMatrix Rtr>
[[nodiscard]] RankDifference rank_difference(const Sts& sts, const Rtr& rtr) {
  return rank_difference(rows_of(sts).view, rows_of(rtr).view);
}

/// `atoms` over the TDMI of the same pair, so that strongly coupled pairs weigh no more than
/// others.
/// @param atoms,tdmi  [head, head], in one unit
/// @return  [head, head], dimensionless; NaN (excluded) where the TDMI is not above 0
/// @throws std::invalid_argument unless both have one shape
[[nodiscard]] inline std::vector<double> per_tdmi(MatrixView<double> atoms,
                                                  MatrixView<double> tdmi) {
  if (atoms.rows() != tdmi.rows() || atoms.cols() != tdmi.cols()) {
    throw std::invalid_argument("per_tdmi: atoms are " + std::to_string(atoms.rows()) + " x " +
                                std::to_string(atoms.cols()) + ", tdmi " +
                                std::to_string(tdmi.rows()) + " x " + std::to_string(tdmi.cols()) +
                                ", expected one shape");
  }
  std::vector<double> result;
  result.reserve(atoms.rows() * atoms.cols());
  for (std::size_t i = 0; i < atoms.rows(); ++i) {
    for (std::size_t j = 0; j < atoms.cols(); ++j) {
      const double whole = tdmi.row(i)[j];
      result.push_back(whole > 0.0 ? atoms.row(i)[j] / whole
                                   : std::numeric_limits<double>::quiet_NaN());
    }
  }
  return result;
}

/// The same for arrays of any kind that rows_of() takes.
template <DoubleMatrix Atoms, DoubleMatrix Tdmi>
[[nodiscard]] std::vector<double> per_tdmi(const Atoms& atoms, const Tdmi& tdmi) {
  return per_tdmi(rows_of(atoms).view, rows_of(tdmi).view);
}

}  // namespace phiscope
