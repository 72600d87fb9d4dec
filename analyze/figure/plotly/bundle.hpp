// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace phiscope::figure {

/// plotly.min.js as it was when the program was built, with its licence notice; empty if CMake
/// found none (PHISCOPE_PLOTLY).
[[nodiscard]] std::string_view plotly_bundle();

}  // namespace phiscope::figure
