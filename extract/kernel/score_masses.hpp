// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace phiscope::extract::kernel {

// The parts of drawing a token that look at the whole vocabulary. The bits are the same on every
// machine. S is float or double.

/// Scores are summed and compared in blocks of so many; the last one may be shorter.
inline constexpr std::size_t score_block = 128;

[[nodiscard]] constexpr std::size_t score_blocks(std::size_t scores) {
  return (scores + score_block - 1) / score_block;
}

/// Scores values[i] / temperature, none of them above `best`. The mass of one is e^(score - best),
/// in double: its probability times a constant.
template <class S>
struct ScoreRow {
  std::span<const S> values;
  double temperature = 1.0;  ///< above 0
  double best = 0.0;
};

/// Sums of masses by how far a score is below the best one: bin b holds those from b to b + 1
/// sixteenths, the last one also all below.
struct MassBins {
  static constexpr std::size_t count = 1024;
  static constexpr double per_unit = 16.0;
  std::array<double, count> mass{};
};

/// The highest value of each block, [block]; infinity where one is not below it (or not a number).
template <class S>
void highest_values(std::span<const S> values, std::span<S> highest);

/// Masses of the scores from place `first` on, as many as there is room for.
template <class S>
void score_masses(const ScoreRow<S>& row, std::size_t first, std::span<double> masses);

/// The sum of the masses of each block, [block].
template <class S>
void block_masses(const ScoreRow<S>& row, std::span<double> sums);

/// All masses, the bin of each, [score], and their sums by bin.
template <class S>
MassBins binned_masses(const ScoreRow<S>& row, std::span<double> masses,
                       std::span<std::uint16_t> bins);

/// Sets the masses to 0 of values below that of place `worst`, and of those equal to it before that
/// place. Fills in the sum of each block, [block].
template <class S>
void drop_masses(std::span<const S> values, std::size_t worst, std::span<double> masses,
                 std::span<double> sums);

}  // namespace phiscope::extract::kernel
