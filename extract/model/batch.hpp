// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::extract {

/// Keys and values of one run, per layer [token, kv_head, unit]; what later runs may continue from.
struct KvCache {
  std::vector<at::Tensor> keys;
  std::vector<at::Tensor> values;
};

/// Tokens of one run that enter the model together: positions start .. start + size - 1. The
/// positions before `start` are those of `prefix`, which is not changed: it can be forked freely.
struct Lane {
  std::span<const int> tokens;
  std::int64_t start = 0;
  const KvCache* prefix = nullptr;  ///< required when start > 0, at least that long
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
/// @throws std::invalid_argument for no lanes, an empty lane or a prefix that is too short
Batch make_batch(std::vector<Lane> lanes, at::Device device);

}  // namespace phiscope::extract
