// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/lagged_rows.hpp>
#include <phiscope/detail/phiid_tile.hpp>
#include <phiscope/discrete_phiid.hpp>
#include <phiscope/phiid_options.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::detail {

/// Pasts and futures of all series, binarised by the mean of each segment, 64 transitions a word.
struct BinarySeries {
  std::size_t transitions = 0;
  std::size_t words = 0;              ///< of one segment
  std::vector<std::uint64_t> past;    ///< [series, word]
  std::vector<std::uint64_t> future;  ///< [series, word]
  std::vector<Status> status;         ///< [series]: too_short | nonfinite | ok
};

template <std::floating_point T>
[[nodiscard]] BinarySeries binary_series(const LaggedRows<T>& data) {
  BinarySeries result;
  result.transitions = data.transitions;
  result.words = (data.transitions + 63) / 64;
  result.past.assign(data.series * result.words, 0);
  result.future.assign(data.series * result.words, 0);
  result.status.assign(data.series, data.transitions > 0 ? Status::ok : Status::too_short);
  if (data.transitions == 0) return result;
  std::vector<T> past(data.transitions);
  std::vector<T> future(data.transitions);
  for (std::size_t j = 0; j < data.series; ++j) {
    std::size_t k = 0;
    for (std::size_t t = 0; t < data.rows.size(); ++t) {
      if (data.begins[t] == 0) continue;
      past[k] = data.rows[t][j];
      future[k++] = data.rows[t + data.lag][j];
    }
    const auto store = [&](const std::vector<T>& segment, std::vector<std::uint64_t>& to) {
      const std::vector<char> bits = above_mean(std::span<const T>(segment));
      for (std::size_t t = 0; t < bits.size(); ++t) {
        if (!std::isfinite(segment[t])) result.status[j] = Status::nonfinite;
        to[j * result.words + t / 64] |= static_cast<std::uint64_t>(bits[t]) << (t % 64);
      }
    };
    store(past, result.past);
    store(future, result.future);
  }
  return result;
}

/// How often the series i and j are in each state. Counts of the transitions in which all of some
/// bits are set are taken, and the states follow by inclusion and exclusion.
[[nodiscard]] inline BinaryCounts state_counts(const BinarySeries& series, std::size_t i,
                                               std::size_t j) {
  const std::uint64_t* const x = series.past.data() + i * series.words;
  const std::uint64_t* const y = series.past.data() + j * series.words;
  const std::uint64_t* const a = series.future.data() + i * series.words;
  const std::uint64_t* const b = series.future.data() + j * series.words;
  std::array<std::size_t, 16> set{};
  set[0] = series.transitions;
  for (std::size_t w = 0; w < series.words; ++w) {
    const std::array<std::uint64_t, 4> bits{x[w], y[w], a[w], b[w]};
    std::array<std::uint64_t, 16> all{};
    all[0] = ~std::uint64_t{0};
    for (std::size_t state = 1; state < 16; ++state) {
      const auto lowest = static_cast<std::size_t>(std::countr_zero(state));
      all[state] = all[state & (state - 1)] & bits[lowest];
      set[state] += static_cast<std::size_t>(std::popcount(all[state]));
    }
  }
  for (std::size_t bit = 1; bit < 16; bit *= 2) {
    for (std::size_t state = 0; state < 16; ++state) {
      if ((state & bit) == 0) set[state] -= set[state | bit];
    }
  }
  return set;
}

/// Adds the discrete decompositions of one recording to a tile.
inline void add_discrete(const BinarySeries& series, const PhiidOptions& options,
                         PhiidOutput output, PhiidTile& tile) {
  const PairBlock& block = tile.block();
  for (std::size_t i = 0; i < block.count_i; ++i) {
    for (std::size_t j = block.first_i == block.first_j ? i + 1 : 0; j < block.count_j; ++j) {
      const std::size_t one = block.first_i + i;
      const std::size_t other = block.first_j + j;
      const Status status = first_reason(series.status[one], series.status[other]);
      if (status != Status::ok) {
        tile.refuse(i, j, status);
        continue;
      }
      const Phiid found = binary_phiid(state_counts(series, one, other), options).mean;
      tile.add(i, j, outputs_of(found.atoms, found.information.xytab, output));
    }
  }
}

}  // namespace phiscope::detail
