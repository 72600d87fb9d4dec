// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/kl_divergence.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::extract {

/// Scores as score_divergences() takes them: where the CUDA kernels are built in those of a GPU
/// stay there as they are, others come to the CPU as float32 or float64.
/// @param scores  [row, vocab]
at::Tensor comparable_scores(const at::Tensor& scores);

/// Divergences of rows of scores from others, in portions. A GPU computes them while the next
/// portion is being made: only take() waits for it, once for all.
class ScoreDivergences {
 public:
  /// Rows of b from rows of a: its row i from row rows_a[i] of a. A GPU may not have read them yet
  /// when this returns; their memory can be given back all the same.
  /// @param a, b  [row, vocab], of comparable_scores(), with one dtype and on one device
  void add(const at::Tensor& a, std::span<const std::int64_t> rows_a, const at::Tensor& b);
  /// Of all rows that were added, in their order.
  [[nodiscard]] std::vector<LogitDivergence> take();

 private:
  std::vector<LogitDivergence> known_;  ///< of the CPU
  std::vector<at::Tensor> queued_;      ///< of a GPU: kernel::LogitMeasures as bytes
  std::int64_t vocab_ = 0;
};

}  // namespace phiscope::extract
