// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace phiscope::extract {

/// Philox4x32-10: 128 random bits as a function of a counter and a key, without state, so that a
/// draw does not depend on any other draw.
/// @see Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, SC '11
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox4x32(
    std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  constexpr int rounds = 10;
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(second >> 32U) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(second),
               static_cast<std::uint32_t>(first >> 32U) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(first)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// Which random number: no two places of a run share one.
struct DrawPlace {
  std::uint64_t prompt = 0;
  std::uint32_t sample = 0;  ///< of the prompt
  std::uint32_t step = 0;    ///< generated token, from 0
};

/// Uniform in [0, 1) with 53 random bits: a function of its arguments alone, the same on every
/// platform, whatever else is drawn and in whatever order.
[[nodiscard]] constexpr double uniform_at(std::uint64_t seed, const DrawPlace& place) {
  const auto low = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
  const auto high = [](std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32U); };
  const auto bits = philox4x32({place.step, place.sample, low(place.prompt), high(place.prompt)},
                               {low(seed), high(seed)});
  const std::uint64_t both = (std::uint64_t{bits[0]} << 32U) | bits[1];
  return static_cast<double>(both >> 11U) * 0x1.0p-53;
}

}  // namespace phiscope::extract
