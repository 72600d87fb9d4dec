// SPDX-License-Identifier: MIT
#include "model/batch.hpp"

#include "model/index_tensor.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

[[noreturn]] void refuse(const Lane& lane, const std::string& what) {
  throw std::invalid_argument("make_batch: a lane starts at " + std::to_string(lane.start) +
                              " but " + what);
}

void check_cache(const Lane& lane) {
  if (lane.own != nullptr) {
    if (lane.prefix != nullptr) refuse(lane, "has both a prefix and a cache of its own");
    if (lane.own->length() != lane.start) refuse(lane, "its cache is not as long");
    if (lane.own->capacity() < lane.start + std::ssize(lane.tokens))
      refuse(lane, "its cache is full");
  } else if (lane.start > 0 && (lane.prefix == nullptr || lane.prefix->length() < lane.start)) {
    refuse(lane, "its prefix is shorter");
  }
}

void check_entry(const Lane& lane) {
  if (lane.from_layer == 0) return;
  if (!lane.entering.defined() || lane.entering.size(0) != std::ssize(lane.tokens)) {
    refuse(lane, "enters late without a value for each token");
  }
}

/// Where lanes begin, of rows and of tokens, by one upload.
void add_begins(Batch& batch, at::Device device) {
  const std::int64_t count = std::ssize(batch.begin);
  const auto options = at::TensorOptions().dtype(at::kInt).pinned_memory(device.is_cuda());
  const at::Tensor both = at::empty({2, count}, options);
  auto* const rows = both.mutable_data_ptr<std::int32_t>();
  std::int32_t* token = rows + count;
  std::copy(batch.begin.begin(), batch.begin.end(), rows);
  *token = 0;
  for (const Lane& lane : batch.lanes) {
    const std::int64_t end = *token + lane.start + std::ssize(lane.tokens);
    *++token = static_cast<std::int32_t>(end);
  }
  const at::Tensor there = both.to(device, /*non_blocking=*/true);
  batch.row_begin = there.select(0, 0);
  batch.token_begin = there.select(0, 1);
}

/// Everything that a step's kernels read of its lanes, as one upload.
void upload_step(Batch& batch, std::vector<std::int64_t> numbers, at::Device device) {
  const std::int64_t lanes = std::ssize(batch.lanes);
  const std::int64_t layers = std::ssize(batch.lanes.front().own->all_keys());
  numbers.reserve(static_cast<std::size_t>((3 + 2 * layers) * lanes));
  for (const Lane& lane : batch.lanes) numbers.push_back(lane.start + 1);
  const auto address = [](const at::Tensor& room) {
    return reinterpret_cast<std::int64_t>(room.const_data_ptr());  // NOLINT: read by a kernel
  };
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(layers); ++layer) {
    for (const Lane& lane : batch.lanes) numbers.push_back(address(lane.own->all_keys()[layer]));
  }
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(layers); ++layer) {
    for (const Lane& lane : batch.lanes) numbers.push_back(address(lane.own->all_values()[layer]));
  }
  const at::Tensor all = index_tensor(numbers, device);
  batch.ids = all.narrow(0, 0, lanes);
  batch.positions = all.narrow(0, lanes, lanes);
  batch.caches = {
      .keys = all.narrow(0, 3 * lanes, layers * lanes).view({layers, lanes}),
      .values = all.narrow(0, (3 + layers) * lanes, layers * lanes).view({layers, lanes}),
      .tokens = all.narrow(0, 2 * lanes, lanes)};
}

}  // namespace

std::int64_t filled_rows(std::int64_t rows) {
  return std::max<std::int64_t>(16, (rows + 7) / 8 * 8);
}

Stage stage_of(const Batch& batch, int layer) {
  Stage stage;
  while (stage.lanes < batch.lanes.size() && batch.lanes[stage.lanes].from_layer <= layer) {
    ++stage.lanes;
  }
  stage.used = batch.begin[stage.lanes];
  stage.rows = batch.filled ? filled_rows(stage.used) : stage.used;
  return stage;
}

Batch make_batch(std::vector<Lane> lanes, at::Device device, Pace pace) {
  if (lanes.empty()) throw std::invalid_argument("make_batch: no lanes");
  Batch batch;
  batch.step = pace == Pace::step;
  batch.filled = !batch.step && !device.is_cuda();
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> positions;
  int from_layer = 0;
  for (const Lane& lane : lanes) {
    if (lane.tokens.empty()) throw std::invalid_argument("make_batch: a lane without tokens");
    check_cache(lane);
    check_entry(lane);
    if (lane.from_layer < from_layer) refuse(lane, "enters before the lane ahead of it");
    from_layer = lane.from_layer;
    if (batch.step && (lane.own == nullptr || lane.start == 0 || lane.tokens.size() != 1)) {
      refuse(lane, "a step takes one token after a cache of the lane's own");
    }
    batch.begin.push_back(static_cast<std::int64_t>(ids.size()));
    for (std::size_t i = 0; i < lane.tokens.size(); ++i) {
      ids.push_back(lane.tokens[i]);
      positions.push_back(lane.start + static_cast<std::int64_t>(i));
    }
  }
  batch.begin.push_back(static_cast<std::int64_t>(ids.size()));
  if (batch.filled) ids.resize(static_cast<std::size_t>(filled_rows(std::ssize(ids))), 0);
  positions.resize(ids.size(), 0);
  batch.lanes = std::move(lanes);
  if (batch.step && device.is_cuda()) {
    ids.insert(ids.end(), positions.begin(), positions.end());
    upload_step(batch, std::move(ids), device);
    return batch;
  }
  batch.ids = index_tensor(ids, device);
  batch.positions = index_tensor(positions, device);
  if (!batch.step) add_begins(batch, device);
  return batch;
}

}  // namespace phiscope::extract
