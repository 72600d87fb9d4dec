// SPDX-License-Identifier: MIT
#pragma once

#include "files/config.hpp"

#include <ATen/core/Tensor.h>

namespace phiscope::extract {

/// Rotation frequencies [units / 2] in the order of operations of Hugging Face, so that both round
/// alike: in float32, but for a model in float64, whose angles would be no better than float32.
/// @param units  leading units of a head that are rotated, even
/// @param dtype  of the model
/// @see Su et al. 2021; Llama 3.1's scaling by wavelength
at::Tensor rope_frequencies(const RopeParameters& rope, std::int64_t units, at::Device device,
                            at::ScalarType dtype = at::kFloat);

/// Cosine and sine of the angles of some positions, [row, 1, units], computed in the dtype of the
/// frequencies and given in `dtype`; undefined where nothing is rotated.
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
