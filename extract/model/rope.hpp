// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "model/batch.hpp"

#include <ATen/core/Tensor.h>

namespace phiscope::extract {

/// Rotation frequencies [units / 2] in the order of operations of Hugging Face, so that both round
/// alike: in float32, but for a model in float64, whose angles would be no better than float32.
/// @param units   leading units of a head that are rotated, even
/// @param dtype   of the model
/// @param length  tokens of the pass, those of a cache included; of no meaning for types that do
/// not
///                depend on it
/// @see Su et al. 2021; Llama 3.1's scaling by wavelength; Peng et al. 2023 (yarn); Ding et al.
/// 2024
///      (longrope)
at::Tensor rope_frequencies(const RopeParameters& rope, std::int64_t units, at::Device device,
                            at::ScalarType dtype = at::kFloat, std::int64_t length = 0);

/// The rotary embedding of some layers of a model; undefined tensors: nothing is rotated.
struct RotaryEmbedding {
  RopeParameters rope{};
  std::int64_t units = 0;
  at::Tensor within{};  ///< frequencies in passes up to the trained context, or in any
  at::Tensor beyond{};  ///< longrope: those of longer passes
};
RotaryEmbedding rotary_embedding(const RopeParameters& rope, std::int64_t units, at::Device device,
                                 at::ScalarType dtype);

/// Cosine and sine of the angles of some positions, [row, 1, units], computed in the dtype of the
/// frequencies and given in `dtype`; undefined where nothing is rotated.
struct Rotation {
  at::Tensor cosine;
  at::Tensor sine;
};
/// @param frequencies  undefined: nothing is rotated
/// @param factor       of cosine and sine
Rotation rotation(const at::Tensor& frequencies, const at::Tensor& positions, at::ScalarType dtype,
                  double factor = 1.0);

/// That of a batch. Where frequencies depend on the length of a pass, each lane has those of a pass
/// that ends with it, as in a model of transformers that computes its tokens alone: together if
/// they enter together, else after their cache.
Rotation rotation(const RotaryEmbedding& embedding, const Batch& batch, at::ScalarType dtype);

/// The first `rows` rows of a rotation.
Rotation first_rows(const Rotation& by, std::int64_t rows);

/// Queries or keys [row, head, head_dim], their leading units turned by their positions (halves,
/// not pairs) in the dtype of the rotation.
at::Tensor rotate(const at::Tensor& x, const Rotation& by);

}  // namespace phiscope::extract
