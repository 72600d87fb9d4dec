// SPDX-License-Identifier: MIT
#pragma once

#include "plan/compute_dtype.hpp"

#include <c10/core/ScalarType.h>

#include <stdexcept>

namespace phiscope::extract {

/// What a model computes or stores in, in LibTorch's words.
[[nodiscard]] inline at::ScalarType scalar_type(ComputeDtype dtype) {
  switch (dtype) {
    case ComputeDtype::float32:
      return at::kFloat;
    case ComputeDtype::bfloat16:
      return at::kBFloat16;
    case ComputeDtype::float16:
      return at::kHalf;
    case ComputeDtype::float64:
      return at::kDouble;
  }
  throw std::logic_error("scalar_type: no such dtype");
}

}  // namespace phiscope::extract
