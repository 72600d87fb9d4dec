// SPDX-License-Identifier: MIT
#pragma once

#include "model/kv_cache.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::extract {

/// Tokens of one run that enter the model together: positions start .. start + size - 1. The
/// positions before `start` are those of `prefix`, which is not changed: it can be forked freely;
/// or those of the lane's own cache, which takes the new positions up as well.
struct Lane {
  std::span<const int> tokens;
  std::int64_t start = 0;
  const KvCache* prefix = nullptr;  ///< at least `start` long; or null
  KvCache* own = nullptr;           ///< exactly `start` long, with room for the tokens; or null
};

/// Lanes of different lengths laid end to end, so that nothing is padded within a lane. The end is
/// filled to a multiple of eight rows: a matrix product of 8 k rows gives each row the same bits
/// whatever its neighbours, so a run's numbers do not depend on what else is in the batch.
struct Batch {
  std::vector<Lane> lanes;
  std::vector<std::int64_t> begin;  ///< [lane + 1] first row of each lane; last: rows in use
  std::int64_t rows = 0;            ///< with the filling
  at::Tensor ids;                   ///< [row] int64
  at::Tensor positions;             ///< [row] int64
};

/// Packs lanes.
/// @throws std::invalid_argument for no lanes, an empty lane, a prefix that is too short, or an own
///         cache that is not as long as `start` or has no room
Batch make_batch(std::vector<Lane> lanes, at::Device device);

}  // namespace phiscope::extract
