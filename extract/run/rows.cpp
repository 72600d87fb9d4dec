// SPDX-License-Identifier: MIT
#include "run/rows.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/embedding_bag.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <stdexcept>

namespace phiscope::extract {

RowCollector::RowCollector(const Plan& plan, const Batch& batch, std::span<const Run* const> runs,
                           const RunTrace* prefix, RunTrace* keep)
    : plan_(plan), batch_(batch), prefix_(prefix), keep_(keep), taken_(plan.captures.size()) {
  if (runs.size() != batch.lanes.size()) {
    throw std::invalid_argument("RowCollector: one run per lane");
  }
  for (const Lane& lane : batch.lanes) prefix_length_ = std::max(prefix_length_, lane.start);

  std::vector<std::int64_t> index;
  std::vector<std::int64_t> offset;
  std::vector<double> weight;
  for (std::size_t l = 0; l < runs.size(); ++l) {
    const std::int64_t start = batch.lanes[l].start;
    for (const Row& row : runs[l]->rows) {
      offset.push_back(static_cast<std::int64_t>(index.size()));
      for (const Span& span : row.spans) {
        const double share =
            1.0 / (static_cast<double>(row.spans.size()) * (span.end - span.begin));
        for (std::int64_t position = span.begin; position < span.end; ++position) {
          index.push_back(position < start ? position
                                           : prefix_length_ + batch.begin[l] + (position - start));
          weight.push_back(share);
        }
      }
      ++rows_;
    }
  }
  single_tokens_ = static_cast<std::int64_t>(index.size()) == rows_;
  const at::Device device = batch.ids.device();
  index_ = at::tensor(index, at::kLong).to(device);
  offset_ = at::tensor(offset, at::kLong).to(device);
  weight_ = at::tensor(weight, at::kDouble).to(device);
  for (std::size_t c = 0; c < taken_.size(); ++c) {
    taken_[c].resize(std::max<std::size_t>(1, plan.captures[c].layers.size()));
  }
}

bool RowCollector::wants(Hook hook, int layer) const {
  return std::ranges::any_of(plan_.captures, [&](const Capture& capture) {
    return capture.hook == hook &&
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

at::Tensor RowCollector::gather(const at::Tensor& source) const {
  const at::ScalarType dtype = source.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  if (single_tokens_) return source.index_select(0, index_).to(dtype);
  std::vector<std::int64_t> shape = source.sizes().vec();
  shape[0] = rows_;
  const at::Tensor flat = source.reshape({source.size(0), -1}).to(dtype);
  constexpr std::int64_t sum = 0;
  return std::get<0>(at::embedding_bag(flat, index_, offset_, /*scale_grad_by_freq=*/false, sum,
                                       /*sparse=*/false, weight_.to(dtype)))
      .view(shape);
}

void RowCollector::take(Hook hook, int layer, const at::Tensor& values) {
  if (!wants(hook, layer)) return;
  if (keep_ != nullptr) (*keep_)[{hook, layer}] = values.narrow(0, 0, batch_.begin.back());
  at::Tensor source = values;
  if (prefix_length_ > 0) {
    source = at::cat({prefix_->at({hook, layer}).narrow(0, 0, prefix_length_), values}, 0);
  }
  const at::Tensor rows = gather(source);
  for (std::size_t c = 0; c < taken_.size(); ++c) {
    const Capture& capture = plan_.captures[c];
    if (capture.hook != hook) continue;
    if (capture.layers.empty()) taken_[c][0] = rows;
    for (std::size_t i = 0; i < capture.layers.size(); ++i) {
      if (capture.layers[i] == layer) taken_[c][i] = rows;
    }
  }
}

std::vector<at::Tensor> RowCollector::arrays() const {
  std::vector<at::Tensor> arrays;
  for (std::size_t c = 0; c < taken_.size(); ++c) {
    if (plan_.captures[c].layers.empty()) {
      arrays.push_back(taken_[c][0].contiguous());
    } else {
      arrays.push_back(at::stack(taken_[c], 1));
    }
  }
  return arrays;
}

}  // namespace phiscope::extract
