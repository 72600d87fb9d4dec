// SPDX-License-Identifier: MIT
#pragma once

#include "model/batch.hpp"
#include "plan/plan.hpp"

#include <ATen/core/Tensor.h>

#include <map>
#include <span>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// Values of a run at every place that the plan captures, [token, ...], for later runs that share
/// its prefix.
using RunTrace = std::map<std::pair<Hook, int>, at::Tensor>;

/// Gathers the rows that a plan keeps of the lanes of one batch, layer by layer, so that nothing
/// but these rows outlives a layer.
class RowCollector {
 public:
  /// @param runs   the run behind each lane of `batch`, whose rows are wanted, in this order
  /// @param prefix the trace of the run that lanes with start > 0 continue from; may be null
  /// @param keep   receives the trace of the batch's only lane; may be null
  RowCollector(const Plan& plan, const Batch& batch, std::span<const Run* const> runs,
               const RunTrace* prefix, RunTrace* keep);

  /// True if some capture wants this place.
  [[nodiscard]] bool wants(Hook hook, int layer) const;
  /// The last block whose values are wanted, -1 for none; beyond it nothing need be computed.
  [[nodiscard]] int last_block() const;
  /// Takes the rows of `values` [row of the batch, ...].
  void take(Hook hook, int layer, const at::Tensor& values);
  /// One tensor per capture of the plan, [row, ...] or [row, layer, ...], in float32 or float64.
  [[nodiscard]] std::vector<at::Tensor> arrays() const;
  /// Number of rows in each of arrays().
  [[nodiscard]] std::int64_t rows() const { return rows_; }

 private:
  [[nodiscard]] at::Tensor gather(const at::Tensor& source) const;

  const Plan& plan_;
  const Batch& batch_;
  const RunTrace* prefix_;
  RunTrace* keep_;
  std::int64_t rows_ = 0;
  std::int64_t prefix_length_ = 0;  ///< tokens of the prefix run that precede the batch's rows
  bool single_tokens_ = true;       ///< every row is one token: copied, not averaged
  at::Tensor index_;                ///< [used token] row of prefix + batch
  at::Tensor offset_;               ///< [row] first entry of index_
  at::Tensor weight_;               ///< [used token] float64
  std::vector<std::vector<at::Tensor>> taken_;  ///< [capture][layer]
};

}  // namespace phiscope::extract
