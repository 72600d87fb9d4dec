// SPDX-License-Identifier: MIT
#include "ahead/shard_time.hpp"

#include "files/model/tensors.hpp"
#include "plan/sharing.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::extract {

std::size_t groups_in_time(const Plan& plan, const ModelConfig& config, double seconds,
                           bool on_cpu) {
  if (!(seconds > 0.0) || !plan.divisible) return plan.groups_per_shard;
  const auto layers = static_cast<std::uint64_t>(config.layers);
  std::vector<std::uint64_t> before{0};  // [group] token-layers of those before it
  for (const Group& group : plan.groups) {
    const TokenCount count = count_tokens(std::span(&group, 1), static_cast<int>(config.layers));
    const std::uint64_t steps =
        count.continued * static_cast<std::uint64_t>(plan.generation.tokens);
    before.push_back(before.back() + count.token_layers_shared + steps * layers);
  }
  const double rate = on_cpu ? 1e11 : 2e13;
  const double operations =
      2.0 * static_cast<double>(count_parameters(config)) / static_cast<double>(config.layers);
  // At most what 64 bits hold: beyond that the conversion gives any number.
  const auto most = static_cast<std::uint64_t>(std::min(seconds * rate / operations, 1e18));
  const auto fits = [&](std::size_t size) {
    for (std::size_t first = 0; first < plan.groups.size(); first += size) {
      const std::size_t end = std::min(first + size, plan.groups.size());
      if (before[end] - before[first] > most) return false;
    }
    return true;
  };
  std::size_t size = plan.groups_per_shard;
  while (size > 1 && !fits(size)) size /= 2;
  return size;
}

}  // namespace phiscope::extract
