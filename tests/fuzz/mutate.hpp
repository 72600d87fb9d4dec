// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <random>
#include <span>
#include <string>

namespace phiscope::fuzz {

/// `seed` with one to four changes: bits, bytes, pieces erased, doubled or moved, numbers and texts
/// at which readers break, the end of another seed. The same on every platform.
[[nodiscard]] std::string mutated(const std::string& seed, std::span<const std::string> others,
                                  std::mt19937_64& random);

}  // namespace phiscope::fuzz
