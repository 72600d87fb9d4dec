// SPDX-License-Identifier: MIT
#pragma once

#include "plan/counter_random.hpp"

#include <phiscope/problem_difficulty.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// What a problem of a file is used for.
enum class ProblemPart { left_out, sweep, validation };

/// How many problems of each stratum are drawn.
struct ProblemSampling {
  std::size_t per_stratum = 0;  ///< 0: all, also those of no known stratum
  std::size_t validation = 0;   ///< of all strata together; drawn first, so the sweep has none
  std::uint64_t seed = 0;
};

/// Draws problems by stratum. Which are drawn depends on the seed and on a problem's place alone,
/// and a larger sample holds the smaller one; the two parts have draws of their own.
/// @param strata  [problem] of stratum_of(), nothing where the steps are not known
/// @return [problem]
inline std::vector<ProblemPart> sample_problems(
    const std::vector<std::optional<std::size_t>>& strata, const ProblemSampling& how) {
  std::vector<ProblemPart> parts(strata.size(), ProblemPart::left_out);
  const auto draw = [&](std::size_t stratum, std::size_t count, ProblemPart part) {
    std::vector<std::pair<double, std::size_t>> order;
    order.reserve(strata.size());
    for (std::size_t p = 0; p < strata.size(); ++p) {
      if (strata[p] != stratum || parts[p] != ProblemPart::left_out) continue;
      const DrawPlace place{
          .prompt = p, .sample = 0x57E90U + static_cast<std::uint32_t>(part), .step = 0};
      order.emplace_back(uniform_at(how.seed, place), p);
    }
    std::ranges::sort(order);
    for (std::size_t i = 0; i < std::min(count, order.size()); ++i) parts[order[i].second] = part;
  };
  constexpr std::size_t count = stratum_names.size();
  for (std::size_t stratum = 0; stratum < count; ++stratum) {
    // What does not divide goes to the easier strata.
    const std::size_t share = how.validation / count + (stratum < how.validation % count ? 1 : 0);
    draw(stratum, share, ProblemPart::validation);
    if (how.per_stratum > 0) draw(stratum, how.per_stratum, ProblemPart::sweep);
  }
  if (how.per_stratum == 0) {
    std::ranges::replace(parts, ProblemPart::left_out, ProblemPart::sweep);
  }
  return parts;
}

/// Problems of a stratum, by part.
struct StratumCount {
  std::size_t available = 0;
  std::size_t sweep = 0;
  std::size_t validation = 0;
};

/// [stratum, and last those whose steps are not known]
inline std::array<StratumCount, stratum_names.size() + 1> count_strata(
    const std::vector<std::optional<std::size_t>>& strata, const std::vector<ProblemPart>& parts) {
  std::array<StratumCount, stratum_names.size() + 1> counts{};
  for (std::size_t p = 0; p < strata.size(); ++p) {
    StratumCount& count = counts.at(strata[p].value_or(stratum_names.size()));
    ++count.available;
    count.sweep += parts[p] == ProblemPart::sweep ? 1U : 0U;
    count.validation += parts[p] == ProblemPart::validation ? 1U : 0U;
  }
  return counts;
}

}  // namespace phiscope::extract
