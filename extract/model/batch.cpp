// SPDX-License-Identifier: MIT
#include "model/batch.hpp"

#include <ATen/ops/tensor.h>

#include <stdexcept>
#include <string>

namespace phiscope::extract {

Batch make_batch(std::vector<Lane> lanes, at::Device device) {
  if (lanes.empty()) throw std::invalid_argument("make_batch: no lanes");
  Batch batch;
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> positions;
  for (const Lane& lane : lanes) {
    if (lane.tokens.empty()) throw std::invalid_argument("make_batch: a lane without tokens");
    const bool prefix_too_short =
        lane.start > 0 && (lane.prefix == nullptr || lane.prefix->keys.empty() ||
                           lane.prefix->keys.front().size(0) < lane.start);
    if (prefix_too_short) {
      throw std::invalid_argument("make_batch: a lane starts at " + std::to_string(lane.start) +
                                  " but its prefix is shorter");
    }
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
