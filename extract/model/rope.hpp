// SPDX-License-Identifier: MIT
#pragma once

#include "files/config.hpp"

#include <ATen/core/Tensor.h>

namespace phiscope::extract {

/// Rotation frequencies [units / 2], float32, in the order of operations of Hugging Face, so that
/// both round alike. @param units  leading units of a head that are rotated, even
/// @see Su et al. 2021; Llama 3.1's scaling by wavelength
at::Tensor rope_frequencies(const RopeParameters& rope, std::int64_t units, at::Device device);

/// Cosine and sine of the angles of some positions, [row, 1, units], in `dtype`; undefined where
/// nothing is rotated.
struct Rotation {
  at::Tensor cosine;
  at::Tensor sine;
};
/// @param frequencies  undefined: nothing is rotated
Rotation rotation(const at::Tensor& frequencies, const at::Tensor& positions, at::ScalarType dtype);

/// The first `rows` rows of a rotation.
Rotation first_rows(const Rotation& by, std::int64_t rows);

/// Queries or keys [row, head, head_dim], their leading units turned by their positions (halves,
/// not pairs).
at::Tensor rotate(const at::Tensor& x, const Rotation& by);

}  // namespace phiscope::extract
