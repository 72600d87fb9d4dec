// SPDX-License-Identifier: MIT
#pragma once

#include "ahead/row_kinds.hpp"
#include "model/batch.hpp"
#include "plan/plan.hpp"
#include "run/trace.hpp"

#include <ATen/core/Tensor.h>

#include <map>
#include <span>
#include <string>
#include <vector>

namespace phiscope::extract {

/// A row that one pass through the model yields.
struct PassRow {
  std::size_t slot = 0;         ///< of the collector: that of the row's run
  std::int64_t row = 0;         ///< of the slot; a pooled row is added to what is there
  std::size_t lane = 0;         ///< lane of the batch
  std::span<const Span> spans;  ///< positions of the run
};

/// The dtype of a capture's rows, wherever they are computed or stored: that of the model, but
/// means and norms of a 16-bit model are float32.
/// @param model  the model's dtype, or that of the hook's values  @param means  see has_means()
at::ScalarType row_dtype(Hook hook, at::ScalarType model, bool means);

/// Room for the rows of one row space.
struct RowRoom {
  std::size_t space = 0;
  std::size_t slots = 1;  ///< runs at a time
  std::int64_t rows = 0;  ///< of a run, at most
  bool means = false;     ///< see has_means()
};

/// Gathers the rows that a plan keeps of some runs, layer by layer and pass by pass, so that
/// nothing but these rows outlives a layer. A run has a slot, whose rows are adjacent.
///
/// Scores take more room than anything else. Where rows are single tokens, take(Hook::logits) may
/// be given the normed residual stream that they follow from.
class RowCollector {
 public:
  RowCollector(const Plan& plan, const RowRoom& room);

  /// Begins a pass. `batch` and what `rows` and `before` point to must live until its last take().
  /// @param before  [lane] trace with the rows of positions before the lane's start, and of all its
  ///                positions in blocks that it skips; null where nothing of these is wanted
  void begin(const Batch& batch, std::vector<PassRow> rows,
             const std::vector<const RunTrace*>& before = {});

  /// True if some capture wants this place and the pass has rows.
  [[nodiscard]] bool wants(Hook hook, int layer) const;
  /// The last block whose values are wanted, -1 for none; beyond it nothing need be computed.
  [[nodiscard]] int last_block() const;
  /// Takes the rows of `values` [row of the batch, ...], of which the first `lanes` lanes are
  /// there; those of lanes that have not entered yet are those of `before`.
  void take(Hook hook, int layer, std::size_t lanes, const at::Tensor& values);

  /// Rows of a slot, per capture of the plan [row, ...] or [row, layer, ...] in row_dtype(), where
  /// the model is; undefined for captures of other spaces, for measures and without rows. A copy.
  [[nodiscard]] std::vector<at::Tensor> rows(std::size_t slot, std::int64_t count) const;
  /// Prepares a slot for pooled rows: they are sums.
  void clear(std::size_t slot);
  /// Ends pooling: each of a slot's pooled rows becomes a mean. @param added  [row] tokens in it
  void divide(std::size_t slot, std::span<const int> added);

 private:
  /// Where the rows of a pass are found: in values of earlier passes followed by the batch's.
  struct Selection {
    struct Before {
      const RunTrace* trace;
      std::int64_t count;  ///< leading rows of the trace
    };
    std::vector<Before> before;
    std::int64_t from = -1;   ///< first entry of index if it is a range, else -1
    std::int64_t tokens = 0;  ///< used
    at::Tensor index;         ///< [used token] row of these and the batch; where it is read
  };
  const Selection& selection(std::size_t lanes);
  [[nodiscard]] bool means() const { return room_.means || pooled_; }
  [[nodiscard]] bool holds(const Capture& capture) const;
  [[nodiscard]] at::Tensor gather(Hook hook, const Selection& where,
                                  const at::Tensor& source) const;
  const at::Tensor& chosen_heads(std::size_t capture, at::Device device);
  void put(std::size_t capture, std::size_t layer, const at::Tensor& rows);

  const Plan& plan_;
  RowRoom room_;
  bool pooled_;
  std::vector<at::Tensor> arrays_;  ///< [capture] of [slot * rows + row, ...]

  const Batch* batch_ = nullptr;  ///< this and what follows: of the current pass
  std::vector<const RunTrace*> before_;
  std::vector<PassRow> pass_;
  std::map<std::size_t, Selection> selections_;  ///< by the lanes that have entered
  std::int64_t rows_to_ = -1;                    ///< first entry of to_ if it is a range, else -1
  at::Tensor to_;                                ///< [row] where it goes; where it is read
  at::Tensor offset_;                            ///< [row] its first used token; for means
  at::Tensor weight_;                            ///< [used token] float64; for means
  std::vector<at::Tensor> heads_;                ///< [capture] numbers of chosen heads; where read
};

}  // namespace phiscope::extract
