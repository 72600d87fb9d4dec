// SPDX-License-Identifier: MIT
#pragma once

#include "files/config.hpp"

#include <ATen/core/Tensor.h>

namespace phiscope::extract {

/// Rotation frequencies [head_dim / 2], float32, in the order of operations of Hugging Face, so
/// that both round alike. @see Su et al. 2021; Llama 3.1's scaling by wavelength
at::Tensor rope_frequencies(const ModelConfig& config, at::Device device);

/// Cosine and sine of the angles of some positions, [row, 1, head_dim], in `dtype`.
struct Rotation {
  at::Tensor cosine;
  at::Tensor sine;
};
Rotation rotation(const at::Tensor& frequencies, const at::Tensor& positions, at::ScalarType dtype);

/// Queries or keys [row, head, head_dim] turned by their positions (halves, not pairs).
at::Tensor rotate(const at::Tensor& x, const Rotation& by);

}  // namespace phiscope::extract
