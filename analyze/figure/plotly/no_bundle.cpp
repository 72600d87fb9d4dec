// SPDX-License-Identifier: MIT
// Built when CMake found no plotly.min.js.
#include "figure/plotly/bundle.hpp"

namespace phiscope::figure {

std::string_view plotly_bundle() {
  return {};
}

}  // namespace phiscope::figure
