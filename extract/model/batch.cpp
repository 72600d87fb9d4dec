// SPDX-License-Identifier: MIT
#include "model/batch.hpp"

#include <ATen/ops/tensor.h>

#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

void check_cache(const Lane& lane) {
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument("make_batch: a lane starts at " + std::to_string(lane.start) +
                                " but " + what);
  };
  if (lane.own != nullptr) {
    if (lane.prefix != nullptr) refuse("has both a prefix and a cache of its own");
    if (lane.own->length() != lane.start) refuse("its cache is not as long");
    if (lane.own->capacity() < lane.start + std::ssize(lane.tokens)) refuse("its cache is full");
  } else if (lane.start > 0 && (lane.prefix == nullptr || lane.prefix->length() < lane.start)) {
    refuse("its prefix is shorter");
  }
}

}  // namespace

Batch make_batch(std::vector<Lane> lanes, at::Device device) {
  if (lanes.empty()) throw std::invalid_argument("make_batch: no lanes");
  Batch batch;
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> positions;
  for (const Lane& lane : lanes) {
    if (lane.tokens.empty()) throw std::invalid_argument("make_batch: a lane without tokens");
    check_cache(lane);
    batch.begin.push_back(static_cast<std::int64_t>(ids.size()));
    for (std::size_t i = 0; i < lane.tokens.size(); ++i) {
      ids.push_back(lane.tokens[i]);
      positions.push_back(lane.start + static_cast<std::int64_t>(i));
    }
  }
  batch.begin.push_back(static_cast<std::int64_t>(ids.size()));
  ids.resize((ids.size() + 7) / 8 * 8, 0);
  positions.resize(ids.size(), 0);
  batch.rows = static_cast<std::int64_t>(ids.size());
  batch.lanes = std::move(lanes);
  batch.ids = at::tensor(ids, at::kLong).to(device);
  batch.positions = at::tensor(positions, at::kLong).to(device);
  return batch;
}

}  // namespace phiscope::extract
