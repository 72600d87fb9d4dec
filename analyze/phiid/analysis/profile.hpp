// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/input.hpp"

#include <phiscope/estimate.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace phiscope::analyze::phiid {

/// A number of the heads over the layers. Depth is 0 at the first layer and 1 at the last one.
struct Profile {
  std::string measure;               ///< column of rankings.csv
  std::vector<double> depth;         ///< [layer]
  std::vector<Estimate> layers;      ///< [layer]: mean over its heads
  std::vector<std::size_t> n_ok;     ///< [layer]: heads with a number
  Estimate first, middle, last;      ///< mean over the heads of each third of the layers
  Estimate contrast;                 ///< middle - mean of first and last
  Estimate curvature;                ///< of the parabola through the layers' means, by depth
  Estimate first_slope, last_slope;  ///< of the parabola at depth 0 and 1
  Estimate vertex;                   ///< depth of its extremum
  Estimate explained;                ///< R^2
};

/// Which third of the layers a layer is in: 0, 1 or 2, as equal as can be.
[[nodiscard]] constexpr std::size_t third_of(std::size_t layer, std::size_t layers) noexcept {
  return 3 * layer / layers;
}

/// Depth of each layer, [layer]; all 0 for one layer.
[[nodiscard]] std::vector<double> depths(std::span<const std::int64_t> layers);

/// The profile of one number per head.
/// @param values  [head], layer-major
/// @param resampled  [resample][head]: the same number in every resample of the prompts
/// @param prompts  how many a resample draws from
[[nodiscard]] Profile profile(std::string measure, std::span<const Value> values,
                              const std::vector<std::vector<Value>>& resampled, std::size_t prompts,
                              std::span<const std::int64_t> layers);

/// The estimate whose interval comes from the same number in every resample of the prompts.
[[nodiscard]] inline Estimate over_prompts(const Value& value, std::span<const Value> resampled,
                                           std::size_t prompts) {
  return percentile_estimate(value, resampled, prompts, {.covers = "prompts"});
}

}  // namespace phiscope::analyze::phiid
