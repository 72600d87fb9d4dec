// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace phiscope::extract {

/// Keys and values have room for a multiple of so many tokens, so that attention reads whole tiles.
inline constexpr std::int64_t cache_tile = 16;

}  // namespace phiscope::extract
