// SPDX-License-Identifier: MIT
#include "run/shard_costs.hpp"

namespace phiscope::extract {

void ShardCosts::add(std::uint64_t tokens, double seconds) {
  costs_.push_back({.tokens = static_cast<double>(tokens), .seconds = seconds});
}

double ShardCosts::seconds_for(std::size_t shards, std::uint64_t tokens) const {
  const auto count = static_cast<double>(costs_.size());
  Cost mean;
  for (const Cost& cost : costs_) {
    mean.tokens += cost.tokens / count;
    mean.seconds += cost.seconds / count;
  }
  double squares = 0.0;
  double products = 0.0;
  for (const Cost& cost : costs_) {
    const double from_mean = cost.tokens - mean.tokens;
    squares += from_mean * from_mean;
    products += from_mean * (cost.seconds - mean.seconds);
  }
  // Shards of one size do not tell the two costs apart: tokens take it all.
  const double by_size = squares > 0.0 ? products / squares : mean.seconds / mean.tokens;
  if (by_size < 0.0) return mean.seconds * static_cast<double>(shards);
  const double a_shard = mean.seconds - by_size * mean.tokens;
  if (a_shard < 0.0) return mean.seconds / mean.tokens * static_cast<double>(tokens);
  return a_shard * static_cast<double>(shards) + by_size * static_cast<double>(tokens);
}

}  // namespace phiscope::extract
