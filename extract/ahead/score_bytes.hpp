// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace phiscope::extract {

/// Bytes of scores that runs are compared with, beyond which no further group is taken on while
/// runs are on their way: they take more room than anything else.
constexpr std::uint64_t most_reference_bytes(bool on_cpu) {
  return on_cpu ? 128'000'000 : 4'000'000'000;
}

/// Bytes of scores that measures_of() makes at once; on a GPU it may take more where memory is
/// free.
constexpr std::uint64_t scored_bytes(bool on_cpu) {
  return on_cpu ? 32'000'000 : 256'000'000;
}

}  // namespace phiscope::extract
