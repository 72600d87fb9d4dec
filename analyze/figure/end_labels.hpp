// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace phiscope::figure {

/// The name of a curve to the right of a panel, at the height of the curve's last point or near it.
struct EndLabel {
  std::size_t series = 0;  ///< into Lines::series
  double x = 0.0;          ///< where the horizontal axis ends
  double y = 0.0;          ///< on the vertical axis, inside its range
  std::string text;        ///< what the legend says of the curve's colour and dashes
};

inline constexpr double end_label_size = 10.0;  ///< of the letters, in pixels

/// From the lowest to the highest, far enough apart to be read, and as near to their points as that
/// allows. Empty where names would not help: fewer than two curves that the legend names, more than
/// fit the height of a panel, or one too long for the room beside it.
[[nodiscard]] std::vector<EndLabel> end_labels(const Figure& figure, const Lines& lines);

}  // namespace phiscope::figure
