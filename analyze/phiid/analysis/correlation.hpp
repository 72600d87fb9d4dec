// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/profile.hpp"
#include "phiid/analysis/scores.hpp"
#include "phiid/analysis/series.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::phiid {

/// How two numbers go together, over heads or over pairs of heads.
struct Correlation {
  std::string over;   ///< head | pair
  std::string first;  ///< column of rankings.csv; sts and rtr for pairs
  std::string second;
  std::string given = {};  ///< what is held fixed: "autocorrelation and head_norm"
  std::size_t n = 0;       ///< heads or pairs with both numbers
  Estimate spearman;       ///< in [-1, 1]
  Estimate pearson;        ///< too_few_rows where something is held fixed
};

/// Spearman's correlation of synergy and redundancy over the heads that is left when their
/// autocorrelation and norm are held fixed; heads without one of the four are left out.
/// @param synergy,redundancy,autocorrelation,level  [head]
[[nodiscard]] Value partial_over_heads(const std::vector<Value>& synergy,
                                       const std::vector<Value>& redundancy,
                                       const std::vector<Value>& autocorrelation,
                                       const std::vector<Value>& level);

/// Correlations of synergy with redundancy, and of both with the autocorrelation and the level of
/// the series. A pair's autocorrelation is the mean of those of its heads.
/// @param resampled  scores of the heads in every resample; the interval of synergy with redundancy
///                   over heads comes from them, the others have none
/// @param prompts  how many a resample draws from
/// @return  over heads those with both numbers, over pairs those that are ok and whose heads have
/// an
///          autocorrelation
[[nodiscard]] std::vector<Correlation> correlations(const Series& series, const Matrices& matrices,
                                                    const HeadScores& scores,
                                                    const std::vector<HeadScores>& resampled,
                                                    std::size_t prompts);

}  // namespace phiscope::analyze::phiid
