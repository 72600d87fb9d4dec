// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"

namespace phiscope::extract {

/// The next input of a latent model, in the place of a token's embedding: the projection of the
/// last hidden state (Linear, exact GELU, Linear and, where there is one, LayerNorm) or, without a
/// projection, that state itself. In the model's dtype. A row has the same bits among any others.
/// @param hidden  [row, hidden] after the final norm
/// @return        [row, hidden]
at::Tensor feedback(const Model& model, const at::Tensor& hidden);

}  // namespace phiscope::extract
