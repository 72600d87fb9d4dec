// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/options.hpp"
#include "phiid/analysis/scores.hpp"
#include "phiid/analysis/series.hpp"

#include <phiscope/pairs.hpp>
#include <phiscope/permutation_p.hpp>
#include <phiscope/surrogates.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace phiscope::analyze::phiid {

/// What is compared with surrogates: the columns avg_synergy, avg_redundancy and syn_balance.
inline constexpr std::array<std::string_view, 3> tested_names = {"synergy", "redundancy",
                                                                 "balance"};

inline constexpr std::size_t tested_synergy = 0;
inline constexpr std::size_t tested_redundancy = 1;

/// One number of all heads against surrogates.
struct HeadTests {
  std::vector<SurrogateTest> heads;  ///< [head]
  std::vector<Value> family_p;       ///< [head]: corrected over all heads by the largest statistic
  Value any_p = Status::no_pairs;    ///< the smallest of them: does any head exceed its surrogates?
  std::size_t family = 0;            ///< heads with family_p <= 0.05
  std::size_t tested = 0;            ///< heads with a p-value
  std::size_t below_5_percent = 0;  ///< heads with p <= 0.05; chance alone: at most 5 % of `tested`
  std::size_t holm = 0;             ///< heads with a Holm-adjusted p <= 0.05
};

/// The partial rank correlation of synergy and redundancy over heads, given autocorrelation and
/// norm, against surrogates: both are made of the same pairs, so chance alone does not make it 0.
struct CorrelationTest {
  Value observed = Status::no_pairs;  ///< of series made as the surrogates' are
  Value mean_of_surrogates = Status::no_pairs;
  PermutationP test = {};  ///< two-sided
};

/// Tests of all heads; empty without surrogates.
struct SurrogateTests {
  std::size_t surrogates = 0;
  CorrelationTest correlation = {};
  std::array<HeadTests, tested_names.size()> tests = {};
};

/// Fewer prompts cannot be exchanged among heads in enough ways.
inline constexpr std::size_t least_prompts = 5;

/// Prompts among which series are exchanged: all of one length are one group, others at least five
/// that differ little, since the longer ones are cut to the shortest of their group.
[[nodiscard]] std::vector<std::vector<std::size_t>> length_groups(
    std::span<const std::size_t> steps);

/// The prompts, each as long as the shortest one of its group. @param heads  per step
[[nodiscard]] std::vector<std::vector<double>> cropped(
    const std::vector<std::vector<double>>& prompts, std::size_t heads);

/// The series of surrogate number `index`: every series of every prompt by itself, so that its own
/// dynamics stay and its relations to the other heads go. A series with a number that is not finite
/// stays as it is, unless series of several prompts are exchanged: these keep even what changes
/// with time, a trend or the start of a text, which shifts and phases do not.
/// @param series  for SurrogateKind::prompts with cropped() values
[[nodiscard]] std::vector<std::vector<double>> surrogate_series(const Series& series,
                                                                std::size_t index,
                                                                const Options& options);

/// Prompts followed by their own first `lag` steps, so that every step begins a transition.
/// Shifts and phases keep all that a series says about itself on this circle, and on nothing less:
/// without it surrogates lose the transition at the seam and almost any series exceeds them.
[[nodiscard]] std::vector<std::vector<double>> closed_circle(
    std::vector<std::vector<double>> prompts, std::size_t heads, std::size_t lag);

/// Compares each head with the same head in surrogates; shifts and phases on closed circles.
/// few_units where series of fewer than least_prompts prompts would be exchanged.
/// @param chosen  the pairs that were decomposed; empty: all
[[nodiscard]] SurrogateTests test_surrogates(const Series& given, std::span<const Pair> chosen,
                                             const Options& options);

}  // namespace phiscope::analyze::phiid
