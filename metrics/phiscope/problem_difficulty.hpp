// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/answer_text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace phiscope {

/// Steps of a worked answer: calculations `<<...>>` in it, or else matches of `=\s*\d+`; nothing
/// where it has neither.
[[nodiscard]] inline std::optional<std::size_t> count_steps(std::string_view answer) {
  std::size_t marked = 0;
  for (std::size_t at = answer.find("<<"); at != std::string_view::npos;) {
    // `<<[^>]+>>`: at least one character, none of them '>'.
    const std::size_t end = answer.find('>', at + 2);
    const bool closed =
        end != std::string_view::npos && end > at + 2 && answer.substr(end).starts_with(">>");
    marked += closed ? 1U : 0U;
    at = answer.find("<<", closed ? end + 2 : at + 1);
  }
  if (marked > 0) return marked;
  std::size_t equations = 0;
  for (std::size_t at = answer.find('='); at != std::string_view::npos;
       at = answer.find('=', at + 1)) {
    const std::size_t number = answer.find_first_not_of(" \t\r\n\f\v", at + 1);
    if (number != std::string_view::npos && detail::digits_end(answer, number) > number) {
      ++equations;
    }
  }
  if (equations > 0) return equations;
  return std::nullopt;
}

/// Strata of difficulty: 2 (and fewer), 3, 4, 5 (and more) steps.
inline constexpr std::array<std::string_view, 4> stratum_names{"2", "3", "4", "5+"};

/// Number of a stratum in stratum_names.
[[nodiscard]] constexpr std::size_t stratum_of(std::size_t steps) {
  return std::clamp<std::size_t>(steps, 2, 5) - 2;
}

}  // namespace phiscope
