// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detrend.hpp>
#include <phiscope/phiid_pairs.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phiscope::analyze::phiid {

/// What the prompts are to a pair of heads.
enum class Mode {
  per_prompt,  ///< one decomposition per prompt, averaged over those in which the pair is ok
  concat,      ///< one decomposition of all prompts as one series
};

/// What a head is compared with to see whether its numbers are more than chance.
enum class SurrogateKind {
  prompts,   ///< every head with its series under another prompt, drawn for each head
  circular,  ///< every series shifted in time, circularly
  phase,     ///< every series with the phases of its frequencies randomized
};

/// How series are analysed. The defaults are those of the experiment.
struct Options {
  Mode mode = Mode::per_prompt;
  bool keep_borders = false;  ///< concat: also the transitions from one prompt into the next
  Detrend detrend = Detrend::none;
  PhiidOptions phiid = {};    ///< redundancy, kind, lag, bias correction
  std::size_t max_pairs = 0;  ///< 0: all
  bool all_atoms = false;     ///< keep the 16 atoms of every pair
  std::size_t surrogates = 0;
  SurrogateKind surrogate_kind = SurrogateKind::prompts;
  std::optional<std::size_t> resamples;  ///< none: 200 per prompt, 0 for concat (each costs a run)
  std::size_t permutations = 999;        ///< of heads and of layers, for the shape over depth
  bool sensitivity = false;              ///< the balance score under other choices as well
  std::size_t graph_limit = 1000;        ///< more heads: no graph measures (heads^3 steps)
  std::uint64_t seed = 0;                ///< of sampled pairs, surrogates and resamples
  std::size_t threads = 1;               ///< changes no result

  /// Bootstrap resamples of the prompts that are drawn.
  [[nodiscard]] std::size_t resample_count() const {
    return resamples.value_or(mode == Mode::per_prompt ? 200 : 0);
  }
  [[nodiscard]] PhiidJoin join() const {
    if (mode == Mode::per_prompt) return PhiidJoin::mean;
    return keep_borders ? PhiidJoin::borders : PhiidJoin::concat;
  }
  [[nodiscard]] std::string_view unit() const {
    return phiid.kind == PhiidKind::gaussian ? "nats" : "bits";
  }
};

/// The rankings of heads, in the order of their columns.
enum class Ranking { balance, rank_difference, tdmi };
inline constexpr std::array rankings = {Ranking::balance, Ranking::rank_difference, Ranking::tdmi};

/// "balance", "rank difference", "rank difference per TDMI": in sentences.
[[nodiscard]] constexpr std::string_view ranking_name(Ranking ranking) noexcept {
  constexpr std::array<std::string_view, rankings.size()> names = {"balance", "rank difference",
                                                                   "rank difference per TDMI"};
  return names[static_cast<std::size_t>(ranking)];
}

/// "balance_score", "rank_difference_score", "tdmi_score": the column of rankings.csv.
[[nodiscard]] constexpr std::string_view ranking_column(Ranking ranking) noexcept {
  constexpr std::array<std::string_view, rankings.size()> names = {
      "balance_score", "rank_difference_score", "tdmi_score"};
  return names[static_cast<std::size_t>(ranking)];
}

}  // namespace phiscope::analyze::phiid
