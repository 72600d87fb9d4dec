// SPDX-License-Identifier: MIT
#include "run/rows.hpp"

#include "model/index_tensor.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/embedding_bag.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

bool is_single_token(const Row& row) {
  return row.spans.size() == 1 && row.spans.front().end - row.spans.front().begin == 1;
}

/// Whether these are first, first + 1, first + 2, ...: a range can be taken without an index.
bool is_range(const std::vector<std::int64_t>& numbers) {
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] != numbers[0] + static_cast<std::int64_t>(i)) return false;
  }
  return !numbers.empty();
}

}  // namespace

bool has_means(std::span<const Run* const> runs) {
  return std::ranges::any_of(
      runs, [](const Run* run) { return !std::ranges::all_of(run->rows, is_single_token); });
}

at::ScalarType row_dtype(Hook hook, at::ScalarType model, bool means) {
  const bool half = model == at::kHalf || model == at::kBFloat16;
  return half && (means || hook == Hook::head_norm) ? at::kFloat : model;
}

RowCollector::RowCollector(const Plan& plan, std::span<const Run* const> runs,
                           const std::vector<std::int64_t>& room)
    : plan_(plan),
      runs_(runs.begin(), runs.end()),
      pooled_(plan.generation.rows == GeneratedRows::pooled),
      means_(pooled_ || has_means(runs)),
      count_(runs.size(), 0),
      arrays_(plan.captures.size()) {
  if (runs.size() != room.size()) throw std::invalid_argument("RowCollector: room for each run");
  for (const std::int64_t rows : room) {
    first_.push_back(room_);
    room_ += rows;
  }
}

void RowCollector::begin(const Batch& batch, std::span<const PassRow> rows,
                         const RunTrace* prefix) {
  batch_ = &batch;
  prefix_ = prefix;
  pass_ = rows;
  selections_.clear();
  lane_run_.assign(batch.lanes.size(), 0);
  std::vector<std::int64_t> to;
  std::vector<std::int64_t> offset;
  std::vector<double> weight;
  for (const PassRow& row : rows) {
    if (pooled_) {
      to.push_back(first_.at(row.run) + row.slot);
    } else {
      to.push_back(first_.at(row.run) + count_.at(row.run)++);
    }
    lane_run_.at(row.lane) = row.run;
    offset.push_back(static_cast<std::int64_t>(weight.size()));
    for (const Span& span : row.spans) {
      const double share = 1.0 / (static_cast<double>(row.spans.size()) * (span.end - span.begin));
      weight.insert(weight.end(), static_cast<std::size_t>(span.end - span.begin), share);
    }
  }
  rows_to_ = is_range(to) ? to.front() : -1;
  const at::Device device = batch.ids.device();
  to_ = index_tensor(to, device);
  offset_ = index_tensor(offset, device);
  weight_ = at::tensor(weight, at::kDouble).to(device, /*non_blocking=*/true);
}

const RowCollector::Selection& RowCollector::selection(std::size_t lanes) {
  const auto [place, is_new] = selections_.try_emplace(lanes);
  Selection& where = place->second;
  if (!is_new) return where;
  // Positions before the start of a lane that has entered are the prefix's; of another lane, all.
  const auto known = [&](std::size_t lane) {
    const Lane& one = batch_->lanes[lane];
    if (lane >= lanes) return one.start + std::ssize(one.tokens);
    return one.own == nullptr ? one.start : 0;
  };
  for (std::size_t lane = 0; lane < batch_->lanes.size(); ++lane) {
    where.prefix = std::max(where.prefix, known(lane));
  }
  std::vector<std::int64_t> index;
  for (const PassRow& row : pass_) {
    const std::int64_t first = known(row.lane);
    const std::int64_t start = batch_->lanes.at(row.lane).start;
    for (const Span& span : row.spans) {
      for (std::int64_t position = span.begin; position < span.end; ++position) {
        index.push_back(position < first
                            ? position
                            : where.prefix + batch_->begin[row.lane] + (position - start));
      }
    }
  }
  where.from = is_range(index) ? index.front() : -1;
  where.index = index_tensor(index, batch_->ids.device());
  return where;
}

bool RowCollector::wants(Hook hook, int layer) const {
  if (to_.numel() == 0) return false;
  return std::ranges::any_of(plan_.captures, [&](const Capture& capture) {
    return capture.hook == hook && capture.measure == Measure::values &&
           (!hook_name(hook).in_block || std::ranges::count(capture.layers, layer) > 0);
  });
}

int RowCollector::last_block() const {
  int last = -1;
  for (const Capture& capture : plan_.captures) {
    for (const int layer : capture.layers) last = std::max(last, layer);
  }
  return last;
}

at::Tensor RowCollector::gather(const Selection& where, const at::Tensor& source) const {
  if (!means_ && where.from >= 0) return source.narrow(0, where.from, where.index.size(0));
  if (!means_) return source.index_select(0, where.index);
  const at::ScalarType dtype = source.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  std::vector<std::int64_t> shape = source.sizes().vec();
  shape[0] = offset_.size(0);
  const at::Tensor flat = source.reshape({source.size(0), -1}).to(dtype);
  constexpr std::int64_t sum = 0;
  return std::get<0>(at::embedding_bag(flat, where.index, offset_, /*scale_grad_by_freq=*/false,
                                       sum,
                                       /*sparse=*/false, weight_.to(dtype)))
      .view(shape);
}

void RowCollector::put(std::size_t capture, std::size_t layer, const at::Tensor& rows) {
  at::Tensor& array = arrays_.at(capture);
  const bool layered = !plan_.captures[capture].layers.empty();
  if (!array.defined()) {
    std::vector<std::int64_t> shape = rows.sizes().vec();
    shape[0] = room_;
    if (layered) {
      shape.insert(shape.begin() + 1, std::ssize(plan_.captures[capture].layers));
    }
    array = pooled_ ? at::zeros(shape, rows.options()) : at::empty(shape, rows.options());
  }
  at::Tensor place = layered ? array.select(1, static_cast<std::int64_t>(layer)) : array;
  if (pooled_) {
    place.index_add_(0, to_, rows);
  } else if (rows_to_ >= 0) {
    place.narrow(0, rows_to_, rows.size(0)).copy_(rows);
  } else {
    place.index_copy_(0, to_, rows);
  }
}

void RowCollector::take(Hook hook, int layer, std::size_t lanes, const at::Tensor& values) {
  if (!wants(hook, layer)) return;
  const Selection& where = selection(lanes);
  at::Tensor source = values;
  if (where.prefix > 0) {
    source = prefix_->at({hook, layer}).narrow(0, 0, where.prefix);
    if (values.defined()) source = at::cat({source, values}, 0);
  }
  const at::Tensor rows = gather(where, source);
  for (std::size_t c = 0; c < arrays_.size(); ++c) {
    const Capture& capture = plan_.captures[c];
    if (capture.hook != hook || capture.measure != Measure::values) continue;
    if (capture.layers.empty()) put(c, 0, rows);
    for (std::size_t i = 0; i < capture.layers.size(); ++i) {
      if (capture.layers[i] == layer) put(c, i, rows);
    }
  }
}

void RowCollector::divide(std::size_t run, std::span<const int> added) {
  for (std::size_t slot = 0; slot < added.size(); ++slot) {
    if (added[slot] == 0) continue;
    for (const at::Tensor& array : arrays_) {
      if (!array.defined()) continue;
      array.select(0, first_.at(run) + static_cast<std::int64_t>(slot)).div_(added[slot]);
    }
    ++count_.at(run);
  }
}

std::string RowCollector::lane_name(std::size_t lane) const {
  const std::size_t run = lane_run_.at(lane);
  const std::vector<std::int64_t>& key = runs_.at(run)->key;
  return key.empty() ? "run " + std::to_string(run) + " of its batch"
                     : "prompt " + std::to_string(key.front());
}

}  // namespace phiscope::extract
