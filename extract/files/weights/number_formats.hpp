// SPDX-License-Identifier: MIT
// Stored numbers as float64, and back with one rounding.
#pragma once

#include "files/weights/safetensors.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace phiscope::extract {

/// Elements [first, first + count) of a float tensor, exactly.
/// @throws std::invalid_argument for other dtypes than F64, F32, BF16 and F16
[[nodiscard]] std::vector<double> widened(const TensorView& tensor, std::size_t first,
                                          std::size_t count);

/// Writes the nearest numbers of a float dtype (ties to even). From float64 to a type of 16 bits
/// this is not what a conversion by way of float32 gives, which rounds twice.
/// @param out  room for as many items; need not be aligned
void store_rounded(std::span<const double> values, TensorDtype dtype, std::byte* out);

}  // namespace phiscope::extract
