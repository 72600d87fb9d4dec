// SPDX-License-Identifier: MIT
#pragma once

#include "ablation/analysis/analysis.hpp"
#include "report/claim.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::ablation {

/// What a report on ablations may claim: that an order does more damage than random orders (p: its
/// rank among them), that a ranking does more than random orders within its layers, and that a
/// ranking and a baseline differ (p: the larger of the test over prompts and the rank of their
/// difference among pairs of orders). The primary claim of a sweep is the one that its plan names;
/// where plan or table names none the first ranking's, and the sentence says so. The primary claims
/// of several sweeps are corrected together by Holm.
[[nodiscard]] std::vector<report::Claim> claims(const std::vector<Result>& results);

/// "20 random orders", "1 random order", "no random order".
[[nodiscard]] std::string count_text(std::size_t number, const std::string& one,
                                     const std::string& more);

/// "0.775 [0.512, 1.17] (95 %, 60 prompts, 20 random orders)", or why there is no interval.
/// @param drawn  one of what the ratio is to: "random order", "layer-matched order"
[[nodiscard]] std::string ratio_text(const Result& result, const Estimate& ratio,
                                     const std::string& drawn);

/// " (from 12.5 % to 75.0 % of the heads)", or nothing where a part is all of the heads.
[[nodiscard]] std::string part_text(const Result& result, Stretch part);

/// Least and largest of a number over the orders that have it.
[[nodiscard]] std::optional<Stretch> extremes(const Result& result, Value OrderResult::*which);

/// With no head removed nothing should differ, with all removed no order from another: the sweep's
/// largest KL with no head removed if it is noticeable (above 1e-4 nats), and whether the orders
/// differ at the end (by more than 1e-6 of that KL).
[[nodiscard]] std::optional<double> kl_without_removal(const Result& result);
[[nodiscard]] std::optional<Stretch> different_ends(const Result& result);

}  // namespace phiscope::analyze::ablation
