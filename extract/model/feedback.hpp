// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"

namespace phiscope::extract {

/// What enters the model as the next thought, [row, hidden], from the hidden state after the final
/// norm. A row's bits depend on nothing but the row.
at::Tensor feedback(const Model& model, const at::Tensor& hidden);

}  // namespace phiscope::extract
