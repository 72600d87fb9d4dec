// SPDX-License-Identifier: MIT
#include "run/stored_rows.hpp"

#include "ahead/row_kinds.hpp"
#include "model/scalar_type.hpp"
#include "run/finite.hpp"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope::extract {
namespace {

/// Rows of scores that are made at once: about 16 MB, which allocators give again without asking
/// the system; of a device 128 MB, or it would spend its time on products of few rows.
std::int64_t score_portion(const Model& model) {
  const std::int64_t bytes = model.device.is_cpu() ? 16'000'000 : 128'000'000;
  const auto row = static_cast<std::int64_t>(at::elementSize(model.dtype)) * model.config.vocab;
  return std::max<std::int64_t>(8, bytes / row / 8 * 8);
}

at::Tensor checked_scores(const Model& model, const at::Tensor& rows) {
  at::Tensor scores = logits(model, rows);
  if (scores.is_cpu() && !all_finite(scores)) {
    throw std::runtime_error("logits: not finite in " + std::string(c10::toString(model.dtype)) +
                             ", expected finite values");
  }
  return scores;
}

}  // namespace

StoredRows::StoredRows(const Model& model, const Plan& plan, std::size_t capture,
                       std::span<const FinishedRun> runs)
    : model_(model),
      as_scores_(stored_as_scores(plan, capture)),
      portion_(as_scores_ ? score_portion(model) : std::numeric_limits<std::int64_t>::max()) {
  const Capture& one = plan.captures[capture];
  const bool is_measure = one.measure != Measure::values;
  if (one.stored && !is_measure && !is_widened(one.hook, has_means(plan, one.space))) {
    dtype_ = scalar_type(*one.stored);
  }
  std::vector<at::Tensor> all;
  for (const FinishedRun& run : runs) {
    const at::Tensor rows = run.rows_of(capture);
    if (rows.defined() && rows.size(0) > 0) all.push_back(rows);
  }
  if (as_scores_ && all.size() > 1) all = {at::cat(all, 0)};
  left_.assign(all.begin(), all.end());
}

std::optional<at::Tensor> StoredRows::next() {
  if (left_.empty()) return std::nullopt;
  at::Tensor& first = left_.front();
  const std::int64_t count = std::min(portion_, first.size(0));
  at::Tensor rows = first.narrow(0, 0, count);
  if (count == first.size(0)) {
    left_.pop_front();
  } else {
    first = first.narrow(0, count, first.size(0) - count);
  }
  if (as_scores_) rows = checked_scores(model_, rows);
  return dtype_ ? rows.to(*dtype_) : rows;
}

}  // namespace phiscope::extract
