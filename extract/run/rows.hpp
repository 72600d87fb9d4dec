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

/// A row that one pass through the model yields.
struct PassRow {
  std::size_t run = 0;          ///< which of the collector's runs it belongs to, behind its others
  std::size_t lane = 0;         ///< lane of the batch
  std::span<const Span> spans;  ///< positions of the run
};

/// Whether some row of these runs is the mean of several tokens.
bool has_means(std::span<const Run* const> runs);

/// The dtype of a capture's rows: that of the model, but means and norms of a 16-bit model are
/// float32. @param means  rows are means, see has_means()
at::ScalarType row_dtype(Hook hook, at::ScalarType model, bool means);

/// Gathers the rows that a plan keeps of some runs, layer by layer and pass by pass, so that
/// nothing but these rows outlives a layer. Rows of a run stand together.
///
/// Scores take more room than anything else. Where rows are single tokens, those of Hook::logits
/// are kept as the normed residual stream they follow from.
class RowCollector {
 public:
  /// @param runs  the runs whose rows are wanted
  /// @param room  most rows of a run
  RowCollector(const Plan& plan, std::span<const Run* const> runs,
               const std::vector<std::int64_t>& room);

  /// Begins a pass. `batch` and what `rows` point to must live until its last take().
  /// @param prefix  trace of the run that lanes with start > 0 and no own cache continue; or null
  /// @param keep    receives the trace of the batch's only lane; or null
  void begin(const Batch& batch, std::span<const PassRow> rows, const RunTrace* prefix = nullptr,
             RunTrace* keep = nullptr);

  /// True if some capture wants this place and the pass has rows.
  [[nodiscard]] bool wants(Hook hook, int layer) const;
  /// The last block whose values are wanted, -1 for none; beyond it nothing need be computed.
  [[nodiscard]] int last_block() const;
  /// True if scores are kept as what they follow from: take(Hook::logits) wants final_norm().
  [[nodiscard]] bool scores_later() const { return !means_; }
  /// Takes the rows of `values` [row of the batch, ...].
  void take(Hook hook, int layer, const at::Tensor& values);

  /// Per capture [row, ...] or [row, layer, ...] in row_dtype(), on the CPU.
  [[nodiscard]] const std::vector<at::Tensor>& arrays() const { return arrays_; }
  [[nodiscard]] const std::vector<std::int64_t>& first_row() const { return first_; }  ///< [run]
  [[nodiscard]] const std::vector<std::int64_t>& row_count() const { return count_; }  ///< [run]
  /// "run 3 (prompt 17)", for messages about a lane of the current pass.
  [[nodiscard]] std::string lane_name(std::size_t lane) const;

 private:
  [[nodiscard]] at::Tensor gather(const at::Tensor& source) const;
  void put(std::size_t capture, std::size_t layer, const at::Tensor& rows);

  const Plan& plan_;
  std::vector<const Run*> runs_;
  bool means_;
  std::vector<std::int64_t> first_;  ///< [run] where its rows begin
  std::vector<std::int64_t> count_;  ///< [run] rows so far
  std::int64_t room_ = 0;            ///< rows of all runs, at most
  std::vector<at::Tensor> arrays_;   ///< [capture]

  const Batch* batch_ = nullptr;  ///< this and what follows: of the current pass
  const RunTrace* prefix_ = nullptr;
  RunTrace* keep_ = nullptr;
  std::int64_t prefix_length_ = 0;     ///< tokens of the prefix run that precede the batch's rows
  std::vector<std::size_t> lane_run_;  ///< [lane]
  std::int64_t rows_from_ = -1;        ///< first entry of index_ if it is a range, else -1
  std::int64_t rows_to_ = -1;          ///< first entry of to_ if it is a range, else -1
  at::Tensor to_;                      ///< [row] where it goes
  at::Tensor index_;                   ///< [used token] row of prefix + batch
  at::Tensor offset_;                  ///< [row] first entry of index_
  at::Tensor weight_;                  ///< [used token] float64
};

}  // namespace phiscope::extract
