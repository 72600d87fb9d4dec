// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/bootstrap_mean.hpp>
#include <phiscope/value.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace phiscope::analyze::loo {

/// Sign patterns that a test draws where there are too many to count them all.
inline constexpr std::size_t sign_flips = 4999;

/// Is the mean of one number per walk zero? One context length and layer.
struct PairedCell {
  Estimate difference;                 ///< mean over the walks that have one
  Value p = Status::too_few_rows;      ///< sign-flip, two-sided, of this cell alone
  Value p_max = Status::too_few_rows;  ///< corrected over layers and lengths (max-statistic)
  double least_p = 1.0;                ///< the smallest p that so many walks can give
  std::int64_t walks = 0;              ///< all, with a difference or without
};

/// Tests the differences of every length and layer, each walk against itself. A walk is one unit:
/// its layers change sign together, and walks of different lengths are different walks.
/// @param differences  [length][walk][layer]
/// @return  [length * layers + layer]
/// @throws std::invalid_argument if walks differ in their number of layers
[[nodiscard]] std::vector<PairedCell> test_pairs(
    const std::vector<std::vector<std::vector<Value>>>& differences, std::size_t layers,
    const BootstrapOptions& options);

}  // namespace phiscope::analyze::loo
