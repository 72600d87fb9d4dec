// SPDX-License-Identifier: MIT
#pragma once

#include "model/batch.hpp"
#include "plan/plan.hpp"
#include "run/trace.hpp"

#include <ATen/core/Tensor.h>

#include <map>
#include <span>
#include <vector>

namespace phiscope::extract {

/// A row that one pass through the model yields.
struct PassRow {
  std::size_t run = 0;          ///< which of the collector's runs it belongs to, after its others
  std::size_t lane = 0;         ///< lane of the batch
  std::span<const Span> spans;  ///< positions of the run
  int slot = -1;                ///< of a pooled row: which of the run's rows it is added to
};

/// Whether some row of these runs is the mean of several tokens.
bool has_means(std::span<const Run* const> runs);

/// The dtype of a capture's rows: that of the model, but means and norms of a 16-bit model are
/// float32. @param means  rows are means, see has_means()
at::ScalarType row_dtype(Hook hook, at::ScalarType model, bool means);

/// Gathers the rows that a plan keeps of some runs, layer by layer and pass by pass, so that
/// nothing but these rows outlives a layer. Rows of a run are adjacent.
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
  /// @param prefix  trace of the run that lanes continue which have no cache of their own and begin
  ///                after its first tokens or above its first blocks; or null
  void begin(const Batch& batch, std::span<const PassRow> rows, const RunTrace* prefix = nullptr);

  /// True if some capture wants this place and the pass has rows.
  [[nodiscard]] bool wants(Hook hook, int layer) const;
  /// The last block whose values are wanted, -1 for none; beyond it nothing need be computed.
  [[nodiscard]] int last_block() const;
  /// True if scores are kept as what they follow from: take(Hook::logits) wants final_norm().
  [[nodiscard]] bool scores_later() const { return !means_; }
  /// Takes the rows of `values` [row of the batch, ...], of which the first `lanes` lanes are
  /// there; those of lanes that have not entered yet are the prefix's own.
  void take(Hook hook, int layer, std::size_t lanes, const at::Tensor& values);

  /// Per capture [row, ...] or [row, layer, ...] in row_dtype(), where the model is.
  [[nodiscard]] const std::vector<at::Tensor>& arrays() const { return arrays_; }
  [[nodiscard]] const std::vector<std::int64_t>& first_row() const { return first_; }  ///< [run]
  [[nodiscard]] const std::vector<std::int64_t>& row_count() const { return count_; }  ///< [run]
  /// Ends pooling: each of a run's pooled rows becomes a mean. @param added  [slot] rows added to
  /// it
  void divide(std::size_t run, std::span<const int> added);
  /// "run 3 (prompt 17)", for messages about a lane of the current pass.
  [[nodiscard]] std::string lane_name(std::size_t lane) const;

 private:
  /// Where the rows of a pass are found: in the prefix's values followed by the batch's.
  struct Selection {
    std::int64_t prefix = 0;  ///< tokens of the prefix that precede the batch's rows
    std::int64_t from = -1;   ///< first entry of index if it is a range, else -1
    at::Tensor index;         ///< [used token] row of prefix + batch
  };
  const Selection& selection(std::size_t lanes);
  [[nodiscard]] at::Tensor gather(const Selection& where, const at::Tensor& source) const;
  void put(std::size_t capture, std::size_t layer, const at::Tensor& rows);

  const Plan& plan_;
  std::vector<const Run*> runs_;
  bool pooled_;
  bool means_;
  std::vector<std::int64_t> first_;  ///< [run] where its rows begin
  std::vector<std::int64_t> count_;  ///< [run] rows so far
  std::int64_t room_ = 0;            ///< rows of all runs, at most
  std::vector<at::Tensor> arrays_;   ///< [capture]

  const Batch* batch_ = nullptr;  ///< this and what follows: of the current pass
  const RunTrace* prefix_ = nullptr;
  std::span<const PassRow> pass_;
  std::map<std::size_t, Selection> selections_;  ///< by the lanes that have entered
  std::vector<std::size_t> lane_run_;            ///< [lane]
  std::int64_t rows_to_ = -1;                    ///< first entry of to_ if it is a range, else -1
  at::Tensor to_;                                ///< [row] where it goes
  at::Tensor offset_;                            ///< [row] its first used token
  at::Tensor weight_;                            ///< [used token] float64
};

}  // namespace phiscope::extract
