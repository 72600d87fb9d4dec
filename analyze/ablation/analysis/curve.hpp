// SPDX-License-Identifier: MIT
#pragma once

#include "ablation/analysis/data.hpp"

#include <span>
#include <vector>

namespace phiscope::analyze::ablation {

/// Part of the axis of heads removed.
struct Stretch {
  double from = 0.0;  ///< heads
  double to = 0.0;
  [[nodiscard]] bool contains(const Stretch& other) const noexcept {
    return from <= other.from && other.to <= to;
  }
};

/// From the first point of the curve to its last. @pre the curve has a point
[[nodiscard]] Stretch stretch_of(const Curve& curve);

/// The curve read off at a number of heads removed, by straight lines between its points.
/// @return  [prompt], nats
/// @throws std::invalid_argument outside of the curve: nothing is extrapolated
[[nodiscard]] std::vector<double> values_at(const Curve& curve, double removed);

/// Area under the curve over a part of the axis, by the trapezoid rule over the fraction of heads
/// removed, removed / heads. Over all heads it is the mean KL of the sweep.
/// @return  [prompt], nats
/// @throws std::invalid_argument if the part is empty or is outside the curve
[[nodiscard]] std::vector<double> areas(const Curve& curve, Stretch part, std::int64_t heads);

/// Mean of curves read off at the same place. @return [prompt]; @pre there is a curve
[[nodiscard]] std::vector<double> mean_values_at(std::span<const Curve* const> curves,
                                                 double removed);

/// Mean, prompt by prompt, of lists of equal length. @pre there is a list
[[nodiscard]] std::vector<double> mean_by_prompt(const std::vector<std::vector<double>>& lists);

}  // namespace phiscope::analyze::ablation
