// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/pieces.hpp"
#include "program/parallel.hpp"

#include <phiscope/value.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace phiscope::analyze::phiid {

/// What is summed over the pairs of a head.
enum HeadSum : std::size_t {
  sum_sts,
  sum_rtr,
  sum_balance,   ///< of sts / (sts + rtr), where that is above 0
  sum_sts_tdmi,  ///< of sts / TDMI, where the TDMI is above 0
  sum_rtr_tdmi,
  count_pairs,
  count_balance,
  count_tdmi,
  head_sums
};

/// Sums over the pairs of each head, in one or several resamples.
class HeadTotals {
 public:
  HeadTotals() = default;
  HeadTotals(std::size_t resamples, std::size_t heads)
      : heads_(heads), values_(resamples * head_sums * heads, 0.0) {}

  [[nodiscard]] std::size_t heads() const noexcept { return heads_; }
  [[nodiscard]] std::size_t resamples() const noexcept {
    return heads_ == 0 ? 0 : values_.size() / (head_sums * heads_);
  }
  /// [head]
  [[nodiscard]] std::span<double> of(std::size_t resample, HeadSum sum) {
    return std::span(values_).subspan((resample * head_sums + sum) * heads_, heads_);
  }
  [[nodiscard]] std::span<const double> of(std::size_t resample, HeadSum sum) const {
    return std::span(values_).subspan((resample * head_sums + sum) * heads_, heads_);
  }
  /// Mean over the pairs that count; no_pairs where there is none.
  [[nodiscard]] std::vector<Value> means(std::size_t resample, HeadSum sum, HeadSum count) const;

  /// Adds the totals of some heads. @param heads  [head of `part`]
  void add(const HeadTotals& part, std::span<const std::size_t> heads);

 private:
  std::size_t heads_ = 0;
  std::vector<double> values_;  // [resample, sum, head]
};

/// How often each prompt is drawn in each resample.
struct Weights {
  std::size_t resamples = 0;
  std::size_t prompts = 0;
  std::vector<float> drawn;  ///< [resample, prompt], whole numbers
};

/// As many prompts as there are, drawn with replacement, for each resample.
[[nodiscard]] Weights draw_prompts(std::size_t resamples, std::size_t prompts, std::uint64_t seed);

/// Totals of the heads of a piece, from the means of its pairs.
[[nodiscard]] HeadTotals totals(const PieceNumbers& numbers);

/// Totals of the heads of a piece in every resample, as if its recordings had been those drawn.
/// @param numbers  with by_recording
[[nodiscard]] HeadTotals totals(const PieceNumbers& numbers, const Weights& weights);

/// Totals of all heads of some recordings, from all pairs or the chosen ones.
[[nodiscard]] HeadTotals all_totals(std::span<const MatrixView<double>> recordings,
                                    const PhiidPairsOptions& options, std::span<const Pair> chosen,
                                    std::size_t threads);

/// Calls make(0), ..., make(count - 1) in parallel and take(i, made) on this thread in ascending
/// order, with no more than a few results a thread waiting.
template <class Make, class Take>
void in_order(std::size_t count, std::size_t threads, Make make, Take take) {
  const std::size_t wave = 4 * std::max<std::size_t>(threads, 1);
  for (std::size_t begin = 0; begin < count; begin += wave) {
    std::vector<decltype(make(begin))> made(std::min(wave, count - begin));
    for_each_tile(made.size(), threads, [&](std::size_t k) { made[k] = make(begin + k); });
    for (std::size_t k = 0; k < made.size(); ++k) take(begin + k, made[k]);
  }
}

}  // namespace phiscope::analyze::phiid
