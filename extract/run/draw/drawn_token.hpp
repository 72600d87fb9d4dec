// SPDX-License-Identifier: MIT
#pragma once

#include "plan/token_drawing.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace phiscope::extract {

/// Memory that a thread uses for one draw after the other.
struct DrawScratch {
  std::vector<float> highest_logits;   ///< [block]
  std::vector<double> highest_scores;  ///< [block], where a penalty has made scores of logits
  std::vector<double> scores;          ///< [vocab], likewise
  std::vector<double> best;            ///< scores, of which the worst comes first
  std::vector<int> ids;                ///< of what top_k leaves
  std::vector<double> kept;            ///< their scores
  std::vector<double> masses;          ///< [vocab] or [kept]
  std::vector<std::uint16_t> bins;     ///< of each mass
  std::vector<double> sums;            ///< of masses, [block]
  std::vector<std::size_t> doubtful;   ///< places of what top_p may leave out
};

/// draw(token_distribution(logits, earlier, options), u), always, several times faster: nothing is
/// sorted, and nothing listed that cannot be drawn.
/// @throws std::invalid_argument as token_distribution()
[[nodiscard]] int drawn_token(std::span<const float> logits, std::span<const int> earlier,
                              const DrawOptions& options, double u, DrawScratch& scratch);

/// The same token; nothing where roundings could decide which it is, or where the arguments are
/// wrong: token_distribution() then tells.
[[nodiscard]] std::optional<int> undoubted_token(std::span<const float> logits,
                                                 std::span<const int> earlier,
                                                 const DrawOptions& options, double u,
                                                 DrawScratch& scratch);

/// Whether different logits are different scores after the temperature: it makes none too large or
/// too small.
[[nodiscard]] bool keeps_order(double temperature);

/// Above the difference of two sums of so many masses, as a share of all: each rounding of either
/// sum, of the bins' and of the masses is one of 2^-53 at most.
[[nodiscard]] double sum_tolerance(std::size_t masses);

}  // namespace phiscope::extract
