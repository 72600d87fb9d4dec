// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/input.hpp"
#include "phiid/analysis/options.hpp"
#include "phiid/analysis/scores.hpp"

#include <phiscope/pairs.hpp>
#include <phiscope/value.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace phiscope::analyze::phiid {

/// How much the order of the heads by balance_score hangs on one way to analyse.
struct SensitivityRow {
  std::size_t lag = 1;
  Detrend detrend = Detrend::none;
  Redundancy redundancy = Redundancy::mmi;
  PhiidKind kind = PhiidKind::gaussian;
  std::size_t heads = 0;                          ///< with a score in both analyses
  Value rank_correlation = Status::too_few_rows;  ///< Spearman, with the scores of the run
};

/// The balance score at lags 1, 2 and 4, as it is, without linear trend and by differences, with
/// both redundancies and both kinds of series, against the scores of the chosen way.
[[nodiscard]] std::vector<SensitivityRow> sensitivity(const Input& input, const HeadScores& scores,
                                                      const Options& options);

/// The pairs to decompose; none means all.
[[nodiscard]] std::vector<Pair> chosen_pairs(std::size_t heads, const Options& options);

/// "none", "linear", "difference", "poly2", "log": as --detrend takes them.
[[nodiscard]] std::string detrend_name(Detrend detrend);

}  // namespace phiscope::analyze::phiid
