// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "run/rows.hpp"
#include "run/trace.hpp"

#include <span>

namespace phiscope::extract {

/// What a pass looks at and changes.
struct Visit {
  RowCollector& rows;             ///< begin() was called with the batch
  std::span<const Edit> edits{};  ///< in the batch's rows
  RunTrace* keep = nullptr;       ///< receives the values of the batch's only lane at its places
  bool to_the_end = false;        ///< compute every block even if nothing there is looked at
};

/// Runs every lane through the model, from its first block up to the last hook that anyone reads.
///
/// @return  the residual stream after the final norm, [row, hidden]; undefined unless to_the_end
/// @throws std::runtime_error naming hook and layer when a value is not finite
at::Tensor forward(const Model& model, const Batch& batch, const Visit& visit);

}  // namespace phiscope::extract
