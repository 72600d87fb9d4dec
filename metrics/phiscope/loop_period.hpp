// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>

namespace phiscope {

/// What counts as a loop at the end of generated text.
struct LoopOptions {
  std::size_t tail = 50;        ///< last tokens that must repeat
  std::size_t max_period = 25;  ///< at most half of tail: the loop is seen twice
};

/// Smallest period with which the last `tail` tokens repeat exactly, token t equal to token t -
/// period; nothing if there is none or the text is shorter than `tail`.
/// @param tokens  [step], generated ids
/// @throws std::invalid_argument if max_period is 0 or above half of tail
template <std::integral Id>
[[nodiscard]] std::optional<std::size_t> loop_period(std::span<const Id> tokens,
                                                     LoopOptions options = {}) {
  if (options.max_period == 0 || options.max_period > options.tail / 2) {
    throw std::invalid_argument("loop_period: max_period must be in 1 .. tail / 2");
  }
  if (tokens.size() < options.tail) return std::nullopt;
  const std::span<const Id> tail = tokens.last(options.tail);
  for (std::size_t period = 1; period <= options.max_period; ++period) {
    bool repeats = true;
    for (std::size_t t = period; t < tail.size() && repeats; ++t) {
      repeats = tail[t] == tail[t - period];
    }
    if (repeats) return period;
  }
  return std::nullopt;
}

/// The same for a vector, array or non-const span of ids.
template <class Tokens>
requires std::integral<ElementOf<Tokens>>
[[nodiscard]] std::optional<std::size_t> loop_period(const Tokens& tokens,
                                                     LoopOptions options = {}) {
  return loop_period(std::span<const ElementOf<Tokens>>(tokens), options);
}

}  // namespace phiscope
