// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace phiscope::extract {

/// What some shards took, and what others of the same run will take by that: so much for a shard
/// and so much for a token, by least squares, neither below 0.
class ShardCosts {
 public:
  /// @param tokens  that the shard sends through the model, at most
  void add(std::uint64_t tokens, double seconds);

  [[nodiscard]] bool empty() const noexcept { return costs_.empty(); }

  /// Seconds of `shards` shards with `tokens` tokens in all. @pre !empty()
  [[nodiscard]] double seconds_for(std::size_t shards, std::uint64_t tokens) const;

 private:
  struct Cost {
    double tokens = 0.0;
    double seconds = 0.0;
  };

  std::vector<Cost> costs_;
};

}  // namespace phiscope::extract
