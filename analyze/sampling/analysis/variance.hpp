// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/analysis/flips.hpp"
#include "sampling/analysis/grading.hpp"
#include "sampling/input/samples.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phiscope::analyze::sampling {

/// What is measured of the samples of a problem at a temperature, layer and checkpoint.
enum class Spread {
  trace_covariance,     ///< sum of unbiased variances of the units
  cosine,               ///< mean over pairs of samples
  participation_ratio,  ///< effective number of dimensions
  effective_rank,       ///< likewise, by entropy
  within,               ///< variance within final answers, 1 / n
  between,              ///< variance between them
  between_share,        ///< of both
  commitment,           ///< final answer told by the nearest centroid, leave-one-out
  commitment_permuted,  ///< the same with answers permuted
  commitment_excess,    ///< the first minus the second
};
inline constexpr std::size_t spread_count = 10;

/// "trace_covariance", ...: as tables name them.
[[nodiscard]] std::string_view spread_name(Spread spread) noexcept;
[[nodiscard]] constexpr std::array<Spread, spread_count> all_spreads() {
  std::array<Spread, spread_count> all{};
  for (std::size_t i = 0; i < spread_count; ++i) all[i] = static_cast<Spread>(i);
  return all;
}

/// The samples of a problem at a temperature, layer and checkpoint.
struct SpreadCell {
  std::size_t n = 0;          ///< samples that count
  std::size_t ended = 0;      ///< of all: the text ended before the checkpoint
  std::size_t too_short = 0;  ///< of all: no token was pooled, so there is no latent
  std::size_t missing = 0;    ///< of all: not generated (yet)
  std::size_t answered = 0;   ///< of those that count: their final answer is known and not empty
  std::array<Value, spread_count> values = undefined_values();

  [[nodiscard]] const Value& operator[](Spread spread) const {
    return values[static_cast<std::size_t>(spread)];
  }
  [[nodiscard]] Value& operator[](Spread spread) {
    return values[static_cast<std::size_t>(spread)];
  }

 private:
  [[nodiscard]] static std::array<Value, spread_count> undefined_values() {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<Value, spread_count>{((void)I, Value(Status::too_few_rows))...};
    }
    (std::make_index_sequence<spread_count>{});
  }
};

/// Where a cell is among those of a run.
struct SpreadAxes {
  std::size_t problems = 0;
  std::size_t temperatures = 0;
  std::size_t layers = 0;
  std::size_t checkpoints = 0;

  [[nodiscard]] std::size_t means() const { return temperatures * layers * checkpoints; }
  [[nodiscard]] std::size_t mean_index(std::size_t temperature, std::size_t layer,
                                       std::size_t checkpoint) const {
    return (temperature * layers + layer) * checkpoints + checkpoint;
  }
};

/// All results of a step variance.
struct Variance {
  Samples run = {};
  std::string label = {};  ///< unique among those of a report
  SpreadAxes axes = {};
  std::vector<std::vector<SpreadCell>> cells = {};         ///< [problem][mean_index]
  std::vector<std::array<Cell, spread_count>> means = {};  ///< [mean_index], over problems
  Grading grading = {};
  std::vector<LayerTest> warmer = {};      ///< [layer]: variance at the highest temperature minus
                                           ///< that at the lowest above 0, last checkpoint
  std::vector<LayerTest> commitment = {};  ///< [checkpoint]: excess at the target layer, the
                                           ///< highest temperature

  [[nodiscard]] const SpreadCell& cell(std::size_t problem, std::size_t temperature,
                                       std::size_t layer, std::size_t checkpoint) const {
    return cells[problem][axes.mean_index(temperature, layer, checkpoint)];
  }
  [[nodiscard]] const Cell& mean(std::size_t temperature, std::size_t layer, std::size_t checkpoint,
                                 Spread spread) const {
    return means[axes.mean_index(temperature, layer, checkpoint)][static_cast<std::size_t>(spread)];
  }
};

/// Index of the lowest temperature above 0; of 0 where there is no other.
[[nodiscard]] std::size_t lowest_drawn(const std::vector<double>& temperatures);

[[nodiscard]] Variance analyze_variance(Samples run, const Options& options);

}  // namespace phiscope::analyze::sampling
