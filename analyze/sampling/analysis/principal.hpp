// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

#include <array>
#include <vector>

namespace phiscope::analyze::sampling {

/// Rows along the two directions of their largest variance.
struct PrincipalPlane {
  std::vector<std::array<double, 2>> rows = {};  ///< [row], activation units
  Value share = 0.0;  ///< of the total variance; constant if all rows are equal
};

/// The sign of a direction is the one that makes the largest component positive, so that equal rows
/// give equal pictures.
[[nodiscard]] PrincipalPlane principal_plane(MatrixView<float> rows);

}  // namespace phiscope::analyze::sampling
