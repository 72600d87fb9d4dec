// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/run.hpp"
#include "shard/run_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::analyze::patching {

/// What a key of a row says.
struct Key {
  std::int64_t pair = 0;
  Site site = {};  ///< its layer is unpatched_layer or clean_layer for the runs without a patch
  std::size_t readout = 0;
};
inline constexpr std::int64_t unpatched_layer = -1;
inline constexpr std::int64_t clean_layer = -2;

/// Recomputes the rows of a shard from its array `logits` with metrics/ and compares them. Rows of
/// the clean run are compared in their scores alone: its logits are of another question.
/// @param keys,rows  [row]
/// @throws shard::FormatError naming the first row, array, both numbers and the tolerance
void check_logits(const shard::Run& run, std::int64_t shard, const Patching& patching,
                  std::span<const Key> keys, std::span<const Row> rows, LogitCheck& check);

}  // namespace phiscope::analyze::patching
