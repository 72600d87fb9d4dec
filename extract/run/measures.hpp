// SPDX-License-Identifier: MIT
#pragma once

#include "ahead/row_kinds.hpp"
#include "ahead/score_bytes.hpp"
#include "model/model.hpp"
#include "plan/plan.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::extract {

/// Scores of a run that others are compared with.
struct Reference {
  std::int64_t first = 0;  ///< position of the first row
  at::Tensor scores{};     ///< [position, vocab] of comparable_scores()
};

/// A row whose measures a pass yields.
struct ScoredRow {
  const Row* row = nullptr;
  std::int64_t start = 0;                ///< first position of the run's lane
  std::int64_t batch_row = 0;            ///< row of that position
  const Reference* reference = nullptr;  ///< null: the run is compared with itself
  std::int64_t shift = 0;                ///< from the run's positions to the reference's
};

/// The plan's measures of some rows, [capture][row]; empty for captures that are none. What a run
/// shares with the one it comes from has the same bits: there a divergence is zero without being
/// computed. All rows are scored in one product, in portions of about 16 MB, on a GPU of what its
/// free memory takes; there all are waited for at once.
/// @param normed  [row of the batch, hidden] after the final norm
/// @throws std::runtime_error where scores are not finite
/// @throws std::invalid_argument for targets at positions that the run shares, and for a row
/// without
///         targets where a capture scores them
std::vector<std::vector<double>> measures_of(const Model& model, const Plan& plan,
                                             std::span<const ScoredRow> rows,
                                             const at::Tensor& normed);

}  // namespace phiscope::extract
