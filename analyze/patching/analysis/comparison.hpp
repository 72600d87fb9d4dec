// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/analysis.hpp"

#include <array>
#include <vector>

namespace phiscope::analyze::patching {

/// What is compared between runs.
inline constexpr std::array<Measure, 4> compared = {Measure::kl_divergence, Measure::recovery,
                                                    Measure::answer_diff_change,
                                                    Measure::answer_logit_diff_change};

/// The first run against another one (another donor, a control), pair by pair, at one site.
struct Comparison {
  std::size_t run = 0;   ///< the other run
  std::size_t site = 0;  ///< of the first run
  Measure measure = Measure::recovery;
  Cell difference = {};  ///< first minus other, over the pairs with an id that both have
  SiteTest test = {};    ///< of that difference, over the sites of mode and set that both have
};

/// All comparisons of the first run: by other run, then by mode and set, measure and site. Modes
/// and sets are matched by name. Sites and pairs that only one run has are left out.
[[nodiscard]] std::vector<Comparison> compare(const std::vector<Result>& results,
                                              const Options& options);

/// How many complete pairs of the first run are complete in another one.
[[nodiscard]] std::size_t common_pairs(const Result& first, const Result& other);

}  // namespace phiscope::analyze::patching
