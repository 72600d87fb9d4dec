// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>
#include <stdexcept>

namespace phiscope {

/// Uniform integer in [0, n), unbiased. std::mt19937_64 is specified bit for bit by the standard,
/// std::uniform_int_distribution and std::shuffle are not; so we use only the former.
/// @throws std::invalid_argument if n is 0
[[nodiscard]] inline std::uint64_t uniform_below(std::mt19937_64& engine, std::uint64_t n) {
  if (n == 0) throw std::invalid_argument("uniform_below: n is 0, expected at least 1");
  const std::uint64_t limit = std::mt19937_64::max() - std::mt19937_64::max() % n;
  std::uint64_t draw = engine();
  while (draw >= limit) draw = engine();
  return draw % n;
}

}  // namespace phiscope
