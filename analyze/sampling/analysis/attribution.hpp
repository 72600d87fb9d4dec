// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/analysis/flips.hpp"
#include "sampling/input/points.hpp"

#include <phiscope/logit_attribution.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::sampling {

inline constexpr std::array<AttributionNorm, 3> all_norms = {
    AttributionNorm::frozen, AttributionNorm::raw, AttributionNorm::published};

/// "frozen", "raw", "published"
[[nodiscard]] std::string_view norm_name(AttributionNorm norm) noexcept;

/// Contributions at a point by one norm.
struct PointAttribution {
  std::vector<Value> entries = {};  ///< [entry]: the embedding, then one per layer, then the bias
  Value total = Status::too_few_rows;
  Value error = Status::too_few_rows;  ///< |total - the model's difference of logits|
  Value scale = Status::too_few_rows;  ///< sum of |entries|, at least 1: what rounding goes with
};

/// All results of a step attribution.
struct Attribution {
  Points run = {};
  std::string label = {};  ///< unique among those of a report
  std::vector<std::array<PointAttribution, all_norms.size()>> points = {};  ///< [point][norm]
  std::array<std::vector<Cell>, all_norms.size()> means = {};  ///< [norm][entry], over problems
  std::size_t entries = 0;   ///< the embedding, layers, and the bias of a LayerNorm
  std::size_t measured = 0;  ///< points whose residuals are there
  std::size_t problems = 0;  ///< with such a point

  /// "embedding", "0", "1", ..., "bias"
  [[nodiscard]] std::string entry_name(std::size_t entry) const;
};

/// Points of one problem are not independent: they are averaged before the mean over problems.
[[nodiscard]] Attribution analyze_attribution(Points run, const Options& options);

}  // namespace phiscope::analyze::sampling
