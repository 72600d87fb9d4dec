// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace phiscope::extract {

/// What a model computes and stores in.
enum class ComputeDtype { float32, bfloat16, float16, float64 };

/// Bytes of a number.
constexpr std::size_t item_bytes(ComputeDtype dtype) {
  switch (dtype) {
    case ComputeDtype::float64:
      return 8;
    case ComputeDtype::float32:
      return 4;
    case ComputeDtype::bfloat16:
    case ComputeDtype::float16:
      break;
  }
  return 2;
}

}  // namespace phiscope::extract
