// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "run/rows.hpp"
#include "run/trace.hpp"

#include <span>
#include <string>
#include <vector>

namespace phiscope::extract {

/// What is kept of a lane: values of its rows from `skip` on are appended to the trace's, at each
/// place that it has.
struct Keep {
  std::size_t lane = 0;
  std::int64_t skip = 0;
  RunTrace* trace = nullptr;
  const RunTrace* before = nullptr;  ///< with the values in blocks that the lane skips; or null
};

/// What a pass looks at and changes.
struct Visit {
  std::span<RowCollector> rows{};  ///< begin() was called with the batch
  std::span<const Edit> edits{};   ///< in the batch's rows
  std::span<const Keep> keep{};
  bool to_the_end = false;               ///< compute every block even if nothing is looked at
  bool scores_later = true;              ///< keep() what scores follow from in their place
  std::int64_t longest = 0;              ///< positions of a run, at most, for hook_pattern
  std::span<const std::string> names{};  ///< [lane] for messages, e.g. "prompt 3"
};

/// Runs every lane through the model, from its first block up to the last hook that anyone reads.
///
/// @return  the residual stream after the final norm, [row, hidden]; undefined unless to_the_end
/// @throws std::runtime_error naming hook and layer when a value is not finite
at::Tensor forward(const Model& model, const Batch& batch, const Visit& visit);

}  // namespace phiscope::extract
