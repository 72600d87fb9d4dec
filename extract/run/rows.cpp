// SPDX-License-Identifier: MIT
#include "run/rows.hpp"

#include "model/index_tensor.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/embedding_bag.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

/// Whether these are first, first + 1, first + 2, ...: a range can be taken without an index.
bool is_range(const std::vector<std::int64_t>& numbers) {
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] != numbers[0] + static_cast<std::int64_t>(i)) return false;
  }
  return !numbers.empty();
}

}  // namespace

at::ScalarType row_dtype(Hook hook, at::ScalarType model, bool means) {
  const bool half = model == at::kHalf || model == at::kBFloat16;
  return half && is_widened(hook, means) ? at::kFloat : model;
}

RowCollector::RowCollector(const Plan& plan, const RowRoom& room)
    : plan_(plan),
      room_(room),
      pooled_(room.space == 0 && plan.generation.rows == GeneratedRows::pooled),
      arrays_(plan.captures.size()),
      heads_(plan.captures.size()) {}

void RowCollector::begin(const Batch& batch, std::vector<PassRow> rows,
                         const std::vector<const RunTrace*>& before) {
  batch_ = &batch;
  before_ = before;
  before_.resize(batch.lanes.size(), nullptr);
  pass_ = std::move(rows);
  selections_.clear();
  if (pass_.empty()) return;
  std::vector<std::int64_t> to;
  std::vector<std::int64_t> offset;
  std::vector<double> weight;
  for (const PassRow& row : pass_) {
    if (row.slot >= room_.slots || row.row >= room_.rows) {
      throw std::invalid_argument("RowCollector: a row without room");
    }
    to.push_back(static_cast<std::int64_t>(row.slot) * room_.rows + row.row);
    offset.push_back(static_cast<std::int64_t>(weight.size()));
    for (const Span& span : row.spans) {
      const double share = 1.0 / (static_cast<double>(row.spans.size()) * (span.end - span.begin));
      weight.insert(weight.end(), static_cast<std::size_t>(span.end - span.begin), share);
    }
  }
  rows_to_ = is_range(to) ? to.front() : -1;
  const at::Device device = batch.ids.device();
  if (pooled_ || rows_to_ < 0) to_ = index_tensor(to, device);
  if (!means()) return;
  offset_ = index_tensor(offset, device);
  weight_ = number_tensor(weight, device);
}

const RowCollector::Selection& RowCollector::selection(std::size_t lanes) {
  const auto [place, is_new] = selections_.try_emplace(lanes);
  Selection& where = place->second;
  if (!is_new) return where;
  // Positions before the start of a lane that has entered are found before; of another lane, all.
  std::map<const RunTrace*, std::int64_t> counts;
  const auto known = [&](std::size_t lane) {
    const Lane& one = batch_->lanes[lane];
    return lane < lanes ? one.start : one.start + std::ssize(one.tokens);
  };
  for (const PassRow& row : pass_) {
    const RunTrace* trace = before_.at(row.lane);
    for (const Span& span : row.spans) {
      const std::int64_t end = std::min<std::int64_t>(span.end, known(row.lane));
      if (span.begin >= end) continue;
      if (trace == nullptr || span.begin < trace->first) {
        throw std::invalid_argument("RowCollector: a row needs positions of an earlier pass");
      }
      std::int64_t& count = counts[trace];
      count = std::max(count, end - trace->first);
    }
  }
  std::map<const RunTrace*, std::int64_t> begins;
  std::int64_t rows = 0;
  for (const auto& [trace, count] : counts) {
    begins[trace] = rows;
    where.before.push_back({trace, count});
    rows += count;
  }
  std::vector<std::int64_t> index;
  for (const PassRow& row : pass_) {
    const RunTrace* trace = before_[row.lane];
    const std::int64_t first = known(row.lane);
    const std::int64_t start = batch_->lanes[row.lane].start;
    for (const Span& span : row.spans) {
      for (std::int64_t position = span.begin; position < span.end; ++position) {
        index.push_back(position < first ? begins.at(trace) + position - trace->first
                                         : rows + batch_->begin[row.lane] + (position - start));
      }
    }
  }
  where.from = is_range(index) ? index.front() : -1;
  where.tokens = std::ssize(index);
  if (means() || where.from < 0) where.index = index_tensor(index, batch_->ids.device());
  return where;
}

bool RowCollector::holds(const Capture& capture) const {
  return capture.space == room_.space && capture.measure == Measure::values;
}

bool RowCollector::wants(Hook hook, int layer) const {
  if (pass_.empty()) return false;
  return std::ranges::any_of(plan_.captures, [&](const Capture& capture) {
    return capture.hook == hook && holds(capture) &&
           (!hook_name(hook).in_block || std::ranges::count(capture.layers, layer) > 0);
  });
}

int RowCollector::last_block() const {
  int last = -1;
  for (const Capture& capture : plan_.captures) {
    if (!holds(capture)) continue;
    for (const int layer : capture.layers) last = std::max(last, layer);
  }
  return last;
}

at::Tensor RowCollector::gather(Hook hook, const Selection& where, const at::Tensor& source) const {
  const at::ScalarType dtype = row_dtype(hook, source.scalar_type(), means());
  if (!means()) {
    const at::Tensor rows = where.from >= 0 ? source.narrow(0, where.from, where.tokens)
                                            : source.index_select(0, where.index);
    return rows.to(dtype);
  }
  std::vector<std::int64_t> shape = source.sizes().vec();
  shape[0] = offset_.size(0);
  const at::Tensor flat = source.reshape({source.size(0), -1}).to(dtype);
  constexpr std::int64_t sum = 0;
  return std::get<0>(at::embedding_bag(flat, where.index, offset_, /*scale_grad_by_freq=*/false,
                                       sum,
                                       /*sparse=*/false, weight_.to(dtype)))
      .view(shape);
}

const at::Tensor& RowCollector::chosen_heads(std::size_t capture, at::Device device) {
  at::Tensor& heads = heads_.at(capture);
  if (!heads.defined()) {
    const std::vector<int>& chosen = plan_.captures[capture].heads;
    heads = index_tensor({chosen.begin(), chosen.end()}, device);
  }
  return heads;
}

void RowCollector::put(std::size_t capture, std::size_t layer, const at::Tensor& rows) {
  at::Tensor& array = arrays_.at(capture);
  const bool layered = !plan_.captures[capture].layers.empty();
  if (!array.defined()) {
    std::vector<std::int64_t> shape = rows.sizes().vec();
    shape[0] = static_cast<std::int64_t>(room_.slots) * room_.rows;
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
  if (!where.before.empty()) {
    std::vector<at::Tensor> parts;
    parts.reserve(where.before.size() + 1);
    for (const Selection::Before& before : where.before) {
      parts.push_back(before.trace->rows({hook, layer}, before.trace->first, before.count));
    }
    if (values.defined()) parts.push_back(values);
    source = parts.size() == 1 ? parts.front() : at::cat(parts, 0);
  }
  const at::Tensor rows = gather(hook, where, source);
  for (std::size_t c = 0; c < arrays_.size(); ++c) {
    const Capture& capture = plan_.captures[c];
    if (capture.hook != hook || !holds(capture)) continue;
    const at::Tensor chosen =
        capture.heads.empty() ? rows : rows.index_select(1, chosen_heads(c, rows.device()));
    if (capture.layers.empty()) put(c, 0, chosen);
    for (std::size_t i = 0; i < capture.layers.size(); ++i) {
      if (capture.layers[i] == layer) put(c, i, chosen);
    }
  }
}

std::vector<at::Tensor> RowCollector::rows(std::size_t slot, std::int64_t count) const {
  std::vector<at::Tensor> found(arrays_.size());
  for (std::size_t c = 0; c < arrays_.size() && count > 0; ++c) {
    if (!arrays_[c].defined()) continue;
    found[c] = arrays_[c].narrow(0, static_cast<std::int64_t>(slot) * room_.rows, count).clone();
  }
  return found;
}

void RowCollector::clear(std::size_t slot) {
  if (!pooled_) return;
  for (const at::Tensor& array : arrays_) {
    if (array.defined()) {
      array.narrow(0, static_cast<std::int64_t>(slot) * room_.rows, room_.rows).zero_();
    }
  }
}

void RowCollector::divide(std::size_t slot, std::span<const int> added) {
  for (std::size_t row = 0; row < added.size(); ++row) {
    if (added[row] == 0) continue;
    for (const at::Tensor& array : arrays_) {
      if (!array.defined()) continue;
      array.select(0, static_cast<std::int64_t>(slot) * room_.rows + static_cast<std::int64_t>(row))
          .div_(added[row]);
    }
  }
}

}  // namespace phiscope::extract
