// SPDX-License-Identifier: MIT
#pragma once

#include "model/kv_cache.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::extract {

/// The number of rows of a matrix product that takes `rows`: a multiple of eight, at least 16. With
/// so many a row has the same bits among any others (measured on LibTorch 2.11, with and without
/// AVX-512, where eight rows are summed in another order).
std::int64_t filled_rows(std::int64_t rows);

/// Tokens of one run that enter the model together: positions start .. start + size - 1. The
/// positions before `start` are those of `prefix`, which is not changed: it can be forked freely;
/// or those of the lane's own cache, which takes the new positions up as well.
///
/// A lane may enter at a later block with the values that another run had there. Its own cache, if
/// it has one, then holds that run's keys and values of its tokens in the blocks below.
struct Lane {
  std::span<const int> tokens;
  std::int64_t start = 0;
  const KvCache* prefix = nullptr;  ///< at least `start` long; or null
  KvCache* own = nullptr;           ///< exactly `start` long, with room for the tokens; or null
  int from_layer = 0;               ///< first block to compute; 0: from the tokens on
  at::Tensor entering{};            ///< [token, hidden] the residual stream into that block
};

/// Where a kernel finds the lanes' caches on a GPU, for all layers in one upload; undefined for
/// other batches than steps there.
struct CacheTable {
  at::Tensor keys;    ///< [layer, lane] int64, addresses of KvCache::all_keys()
  at::Tensor values;  ///< likewise
  at::Tensor tokens;  ///< [lane] int64, with the new one
};

/// Lanes of different lengths laid end to end, so that nothing is padded within a lane. On the CPU
/// the end is filled to filled_rows(): then a matrix product gives each row the same bits whatever
/// its neighbours, so a run's numbers do not depend on what else is in the batch.
struct Batch {
  std::vector<Lane> lanes;          ///< in ascending order of from_layer
  std::vector<std::int64_t> begin;  ///< [lane + 1] first row of each lane; last: rows in use
  at::Tensor ids;                   ///< [row] int64
  at::Tensor positions;             ///< [row] int64
  at::Tensor row_begin;    ///< [lane + 1] int32, `begin` on the device; undefined for a step
  at::Tensor token_begin;  ///< likewise, of all tokens up to a lane's last one
  bool filled = true;      ///< to filled_rows()
  bool step = false;       ///< see Pace::step
  CacheTable caches{};

  [[nodiscard]] std::int64_t used() const { return begin.back(); }
};

/// What of a batch a block computes: its first lanes.
struct Stage {
  std::size_t lanes = 0;
  std::int64_t used = 0;  ///< their rows
  std::int64_t rows = 0;  ///< with the filling
};
Stage stage_of(const Batch& batch, int layer);

/// How tokens enter. The two round differently, so which one computes a position must depend on
/// nothing but the position: those of given tokens enter together, latents and generated tokens
/// step by step.
enum class Pace {
  together,
  step,  ///< one token of every lane, after its own cache: products of few rows, not filled
};

/// Packs lanes.
/// @throws std::invalid_argument for no lanes, an empty lane, a prefix that is too short, an own
///         cache that is not as long as `start` or has no room, lanes that are not in the order of
///         their blocks, one that enters late without values, or a step that is none
Batch make_batch(std::vector<Lane> lanes, at::Device device, Pace pace = Pace::together);

}  // namespace phiscope::extract
