// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "plan/cache_tile.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace phiscope::extract {

/// Keys and values of one run, per layer [token, kv_head, unit], with room for a fixed number of
/// tokens. The room is a multiple of `tile` and zero where no token is yet, so that attention reads
/// whole tiles without a copy.
class KvCache {
 public:
  static constexpr std::int64_t tile = cache_tile;

  KvCache() = default;
  /// @param tokens  the most tokens it will hold
  KvCache(const ModelConfig& config, std::int64_t tokens, at::ScalarType dtype, at::Device device);

  /// A cache of its own with the first `tokens` of these. Keys and values that stand here after
  /// them, up to `known`, come along without being counted, for a lane that enters late.
  /// @param room  the most tokens it will hold, at least `known`
  [[nodiscard]] KvCache fork(std::int64_t tokens, std::int64_t known, std::int64_t room) const;

  [[nodiscard]] std::int64_t length() const { return length_; }      ///< tokens that are complete
  [[nodiscard]] std::int64_t capacity() const { return capacity_; }  ///< tokens that fit
  /// Writes tokens of one layer after those that are complete. [token, kv_head, unit]
  void write(std::size_t layer, const at::Tensor& keys, const at::Tensor& values);
  /// Declares `tokens` more tokens complete, once every layer has them.
  void advance(std::int64_t tokens) { length_ += tokens; }
  /// The first `tokens` tokens of a layer, and up to a whole tile what follows: tokens or zeros.
  [[nodiscard]] at::Tensor keys(std::size_t layer, std::int64_t tokens) const;
  [[nodiscard]] at::Tensor values(std::size_t layer, std::int64_t tokens) const;

  /// [layer] of [capacity, kv_head, unit], without gaps: for kernels that are given addresses.
  [[nodiscard]] const std::vector<at::Tensor>& all_keys() const { return keys_; }
  [[nodiscard]] const std::vector<at::Tensor>& all_values() const { return values_; }

 private:
  explicit KvCache(at::Tensor room);

  std::int64_t length_ = 0;
  std::int64_t capacity_ = 0;
  at::Tensor room_;                 ///< [layer, keys and values, capacity, kv_head, unit]
  std::vector<at::Tensor> keys_;    ///< [layer] of [capacity, kv_head, unit], parts of room_
  std::vector<at::Tensor> values_;  ///< likewise
};

}  // namespace phiscope::extract
