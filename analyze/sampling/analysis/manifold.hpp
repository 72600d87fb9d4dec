// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/analysis/flips.hpp"
#include "sampling/input/paths.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::sampling {

/// What is measured of a problem at a layer, |a - b| in activation units.
enum class Apart {
  distance,         ///< the model's solution to the oracle's
  drift,            ///< forced after a prefix of the oracle's, tokens after it, to the oracle's
  drift_all,        ///< likewise, all tokens of the solution
  reference,        ///< the model's solution to those of other problems, mean
  improvement,      ///< distance minus drift
  improvement_all,  ///< distance minus drift_all
};
inline constexpr std::size_t apart_count = 6;

/// "distance", ...: as tables name them.
[[nodiscard]] std::string_view apart_name(Apart apart) noexcept;
[[nodiscard]] constexpr std::array<Apart, apart_count> all_aparts() {
  std::array<Apart, apart_count> all{};
  for (std::size_t i = 0; i < apart_count; ++i) all[i] = static_cast<Apart>(i);
  return all;
}

using Aparts = std::vector<Value>;  // [apart]

/// A layer, over problems.
struct ManifoldLayer {
  std::array<Cell, apart_count> means = {};
  Estimate improved = {};  ///< share of problems with drift < distance, Wilson's interval
  LayerTest test = {};     ///< of the improvement

  [[nodiscard]] const Cell& operator[](Apart apart) const {
    return means[static_cast<std::size_t>(apart)];
  }
};

/// All results of a step manifold.
struct Manifold {
  Paths run = {};
  std::string label = {};                          ///< unique among those of a report
  std::vector<std::vector<Aparts>> measured = {};  ///< [problem][layer][apart]
  std::vector<ManifoldLayer> layers = {};

  [[nodiscard]] const Value& at(std::size_t problem, std::size_t layer, Apart apart) const {
    return measured[problem][layer][static_cast<std::size_t>(apart)];
  }
};

[[nodiscard]] Manifold analyze_manifold(Paths run, const Options& options);

/// Share of the problems in which `drift` is less than `distance`, of those where both are defined.
/// @param distances,drifts  [problem]
[[nodiscard]] Estimate share_improved(const std::vector<Value>& distances,
                                      const std::vector<Value>& drifts);

}  // namespace phiscope::analyze::sampling
