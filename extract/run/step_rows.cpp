// SPDX-License-Identifier: MIT
// The rows that passes yield and that finished runs leave.
#include "model/index_tensor.hpp"
#include "run/stepper.hpp"

#include <ATen/ops/tensor.h>

#include <algorithm>

namespace phiscope::extract {
namespace {

bool has_window(const Run& run, std::size_t window) {
  return run.windows.empty() || std::ranges::count(run.windows, static_cast<int>(window)) > 0;
}

}  // namespace

/// Rows whose last position the pass computes, or that lie before all that the run computes.
void Stepper::add_rows(Walk& walk, std::size_t lane, int end,
                       std::vector<std::vector<PassRow>>& rows) {
  if (walk.position >= walk.length()) return;
  for (std::size_t r = 0; r < walk.run->rows.size(); ++r) {
    const Row& row = walk.run->rows[r];
    const auto reached = [&](const Span& span) { return span.end <= end; };
    if (walk.row_of[r] < 0 || walk.yielded[r] || !std::ranges::all_of(row.spans, reached)) continue;
    walk.yielded[r] = true;
    rows[row.space].push_back(
        {.slot = walk.slot, .row = walk.row_of[r], .lane = lane, .spans = row.spans});
    if (measures_[row.space]) walk.scoring.push_back(r);
  }
}

void Stepper::add_generated_rows(Walk& walk, std::size_t lane, int end,
                                 std::vector<PassRow>& rows) {
  if (plan_.captures.empty() || !walk.continued) return;
  const bool generated = walk.position >= walk.length();
  const bool predicting = keeps(GeneratedRows::predicting) && end >= walk.length();
  if (!predicting && !(keeps(GeneratedRows::tokens) && generated)) return;
  spans_.push_back({end - 1, end});
  rows.push_back(
      {.slot = walk.slot, .row = walk.rows[0]++, .lane = lane, .spans = {&spans_.back(), 1}});
}

void Stepper::add_pooled_rows(Walk& walk, std::size_t lane, int end, std::vector<PassRow>& rows) {
  const Pooling& pooling = plan_.generation.pooling;
  const int start = pooling.from_origin ? walk.run->origin : walk.length();
  for (int position = std::max(walk.position, start); position < end; ++position) {
    const int number = position + 1 - start;
    for (std::size_t w = 0; w < pooling.windows.size(); ++w) {
      const PoolWindow& window = pooling.windows[w];
      const int nth = number - window.counted_from;
      if (number <= window.begin || number > window.end || nth <= 0) continue;
      if (nth % pooling.stride != 0 || !has_window(*walk.run, w)) continue;
      spans_.push_back({position, position + 1});
      rows.push_back({.slot = walk.slot,
                      .row = static_cast<std::int64_t>(w),
                      .lane = lane,
                      .spans = {&spans_.back(), 1}});
      ++walk.added[w];
    }
  }
}

void Stepper::score(std::span<Walk* const> walks, const Batch& batch, const at::Tensor& normed) {
  std::vector<ScoredRow> scored;
  for (std::size_t l = 0; l < walks.size(); ++l) {
    const Walk& walk = *walks[l];
    for (const std::size_t r : walk.scoring) {
      scored.push_back({.row = &walk.run->rows[r],
                        .start = walk.position,
                        .batch_row = batch.begin[l],
                        .reference = walk.reference == nullptr ? nullptr : &walk.reference->scores,
                        .shift = walk.reference == nullptr
                                     ? 0
                                     : walk.reference->run->origin - walk.run->origin});
    }
  }
  if (scored.empty()) return;
  const std::vector<std::vector<double>> found = measures_of(model_, plan_, scored, normed);
  std::size_t i = 0;
  for (Walk* walk : walks) {
    for (const std::size_t r : walk->scoring) {
      for (std::size_t c = 0; c < found.size(); ++c) {
        if (found[c].empty() || plan_.captures[c].space != walk->run->rows[r].space) continue;
        walk->measured[c].at(static_cast<std::size_t>(walk->row_of[r])) = found[c][i];
      }
      ++i;
    }
    walk->scoring.clear();
  }
}

bool Stepper::keeps(GeneratedRows rows) const {
  return plan_.generation.rows == rows && !plan_.captures.empty();
}

FinishedRun Stepper::leave(const Walk& walk) {
  FinishedRun left{.run = walk.run,
                   .arrays = std::vector<at::Tensor>(plan_.captures.size()),
                   .keys = std::vector<std::vector<std::int64_t>>(rows_.size()),
                   .rows = 0,
                   .generated = walk.generated,
                   .log_probabilities = walk.log_probabilities};
  const auto add = [&](std::size_t space, const std::vector<std::int64_t>& key) {
    left.keys[space].insert(left.keys[space].end(), key.begin(), key.end());
  };
  for (std::size_t r = 0; r < walk.run->rows.size(); ++r) {
    if (walk.row_of[r] >= 0) add(walk.run->rows[r].space, walk.run->rows[r].key);
  }
  std::vector<std::int64_t> counts = walk.rows;
  if (keeps(GeneratedRows::tokens)) {
    for (int step = 0; step < static_cast<int>(walk.generated.size()); ++step) {
      add(0, walk.run->key);
      left.keys[0].push_back(walk.length() + step);
    }
  }
  std::vector<std::int64_t> pooled;  // windows that have a token
  if (keeps(GeneratedRows::pooled)) {
    rows_[0].divide(walk.slot, walk.added);
    for (std::size_t w = 0; w < walk.added.size(); ++w) {
      if (walk.added[w] == 0) continue;
      pooled.push_back(static_cast<std::int64_t>(w));
      add(0, walk.run->key);
      left.keys[0].push_back(plan_.generation.pooling.windows[w].key);
    }
    if (!pooled.empty()) counts[0] = pooled.back() + 1;
  }
  left.rows = static_cast<std::uint64_t>(pooled.empty() ? counts[0] : std::ssize(pooled));
  for (std::size_t space = 0; space < rows_.size(); ++space) {
    const std::vector<at::Tensor> found = rows_[space].rows(walk.slot, counts[space]);
    for (std::size_t c = 0; c < found.size(); ++c) {
      if (!found[c].defined()) continue;
      const bool gaps = space == 0 && !pooled.empty() && counts[0] != std::ssize(pooled);
      left.arrays[c] =
          gaps ? found[c].index_select(0, index_tensor(pooled, found[c].device())) : found[c];
    }
  }
  for (std::size_t c = 0; c < plan_.captures.size(); ++c) {
    if (!walk.measured[c].empty()) left.arrays[c] = at::tensor(walk.measured[c], at::kDouble);
  }
  return left;
}

}  // namespace phiscope::extract
