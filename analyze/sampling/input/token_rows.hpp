// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/input/latents.hpp"

#include <cstdint>
#include <map>
#include <optional>

namespace phiscope::analyze::sampling {

/// Rows of single tokens of a solution, by the token's number from 1.
using TokenRows = std::map<std::uint64_t, RowPlace>;

/// Tokens with numbers above `begin` and not above `end`.
struct TokenRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Whether rows of the space `pooled` are single tokens: its key ends with `token`.
[[nodiscard]] bool rows_are_tokens(const shard::Run& run);

/// The mean of the last `window` of these rows in the range, or of all where there are fewer; a row
/// that `latents` keeps. Nothing where there is none.
[[nodiscard]] std::optional<RowPlace> pool_last(const TokenRows& rows, TokenRange range,
                                                std::uint64_t window, Latents& latents);

}  // namespace phiscope::analyze::sampling
