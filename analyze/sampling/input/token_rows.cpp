// SPDX-License-Identifier: MIT
#include "sampling/input/token_rows.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace phiscope::analyze::sampling {

bool rows_are_tokens(const shard::Run& run) {
  const auto& spaces = run.plan().row_spaces;
  return std::any_of(spaces.begin(), spaces.end(), [](const shard::RowSpace& space) {
    return space.name == "pooled" && !space.key.empty() && space.key.back() == "token";
  });
}

std::optional<RowPlace> pool_last(const TokenRows& rows, TokenRange range, std::uint64_t window,
                                  Latents& latents) {
  std::vector<RowPlace> places;
  const auto first = rows.upper_bound(range.begin);
  for (auto row = rows.upper_bound(range.end); row != first && places.size() < window;) {
    --row;
    places.push_back(row->second);
  }
  if (places.empty()) return std::nullopt;
  std::reverse(places.begin(), places.end());
  return latents.pool(places);
}

}  // namespace phiscope::analyze::sampling
