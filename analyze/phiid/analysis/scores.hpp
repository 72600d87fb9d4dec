// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/heads.hpp"
#include "phiid/analysis/options.hpp"

#include <phiscope/value.hpp>

#include <array>
#include <cstddef>
#include <vector>

namespace phiscope::analyze::phiid {

/// Numbers of all pairs of heads.
struct Matrices {
  std::size_t heads = 0;
  std::vector<double> sts;    ///< [head, head], symmetric; NaN on the diagonal and where excluded
  std::vector<double> rtr;    ///< [head, head]
  std::vector<double> tdmi;   ///< [head, head]
  std::vector<double> atoms;  ///< [16, pair] if they are kept; NaN where excluded
  PhiidCounts counts;         ///< by (pair, prompt); by pair for one series of all prompts
  std::size_t pairs = 0;      ///< that were to be decomposed
  std::size_t pairs_ok = 0;   ///< ok in some prompt
  std::size_t pairs_ok_in_all = 0;  ///< ok in every prompt

  [[nodiscard]] MatrixView<double> view(const std::vector<double>& matrix) const {
    return {matrix, heads, heads};
  }
};

/// An empty result for `heads` heads.
[[nodiscard]] Matrices empty_matrices(std::size_t heads, bool with_atoms);

/// Puts the numbers of a piece to their places. Pieces have no place in common, so several threads
/// may do this at once; the counts are left alone.
void place(const PieceNumbers& numbers, Matrices& matrices);

/// Adds the counts of a piece. @param recordings  in which a pair can be ok
void count(const PieceNumbers& numbers, std::size_t recordings, Matrices& matrices);

/// What the rankings are made of, and the rankings.
struct HeadScores {
  std::vector<Value> synergy;                ///< [head]: mean sts over the pairs that are ok
  std::vector<Value> redundancy;             ///< [head]: mean rtr
  std::vector<Value> balance;                ///< [head]: mean sts / (sts + rtr)
  std::vector<std::size_t> synergy_rank;     ///< [head]: from 1, smallest first; 0: unranked
  std::vector<std::size_t> redundancy_rank;  ///< [head]
  std::vector<std::size_t> n_pairs;          ///< [head]: pairs that are ok
  std::array<std::vector<Value>, rankings.size()> score;  ///< [ranking][head], in [0, 1]

  [[nodiscard]] const std::vector<Value>& of(Ranking ranking) const {
    return score[static_cast<std::size_t>(ranking)];
  }
};

/// Scores from the numbers of all pairs.
[[nodiscard]] HeadScores head_scores(const Matrices& matrices);

/// The same from the totals of a resample. @see head_scores of matrices for what they agree with
[[nodiscard]] HeadScores head_scores(const HeadTotals& totals, std::size_t resample);

/// Heads whose score is that of another head as well.
[[nodiscard]] std::size_t tied_heads(const std::vector<Value>& scores);

}  // namespace phiscope::analyze::phiid
