// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"
#include "figure/scale.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::figure {

/// One bar on its axes: it covers `left` to `right` and 0 to `value`.
struct Bar {
  double left = 0.0;
  double right = 0.0;
  std::optional<double> value;
  std::optional<double> low;
  std::optional<double> high;  ///< of the interval; only where both ends and a value are defined
  std::string label;           ///< for people: a name, or "0.5 to 1"

  [[nodiscard]] double middle() const { return 0.5 * (left + right); }
};

/// The bars of a series: those of label i around i, a fifth of the distance left free.
/// @pre the content passes check()
[[nodiscard]] std::vector<Bar> bars_of(const Bars& bars, std::size_t series);
[[nodiscard]] std::vector<Bar> bars_of(const Histogram& histogram, std::size_t series);

/// What the axes cover: all bars, intervals and lines. The vertical one begins at 0 or ends there
/// where all is on one side.
[[nodiscard]] Range x_range(const Bars& bars);
[[nodiscard]] Range x_range(const Histogram& histogram);
[[nodiscard]] Range y_range(const Bars& bars);
[[nodiscard]] Range y_range(const Histogram& histogram);

/// Width of the panel in pixels: room for the labels, less where there are many bars.
[[nodiscard]] double bars_width(const Bars& bars);

/// Every how many bars a label has room.
[[nodiscard]] std::size_t bar_label_step(const Bars& bars);

}  // namespace phiscope::figure
