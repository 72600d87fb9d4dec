// SPDX-License-Identifier: MIT
#pragma once

#include "run/stepper.hpp"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>

namespace phiscope::extract {

/// Rows of a capture as they are stored, of finished runs one after another. Scores that follow
/// only then (stored_as_scores()) take more room than anything else and are made in portions, of
/// all runs together: a product of few rows takes almost as long as one of many. Rows are rounded
/// to Capture::stored here.
class StoredRows {
 public:
  StoredRows(const Model& model, const Plan& plan, std::size_t capture,
             std::span<const FinishedRun> runs);

  /// The next of them, [row, ...], where the model is; none after the last.
  /// @throws std::runtime_error where scores on the CPU are not finite; whoever writes those of a
  /// device looks at them there, since it would wait for the answer
  std::optional<at::Tensor> next();

 private:
  const Model& model_;
  bool as_scores_;
  std::int64_t portion_;
  std::optional<at::ScalarType> dtype_;  ///< that they are rounded to
  std::deque<at::Tensor> left_;
};

}  // namespace phiscope::extract
