// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"

#include <cstddef>

namespace phiscope::extract {

/// Whether some row of a plan's row space is the mean of several tokens; a pooled one always is.
[[nodiscard]] bool has_means(const Plan& plan, std::size_t space);

/// Whether a plan's row space has measures.
[[nodiscard]] bool has_measures(const Plan& plan, std::size_t space);

/// True if rows of a capture are kept as what scores follow from.
[[nodiscard]] bool stored_as_scores(const Plan& plan, std::size_t capture);

/// True for rows that are float32 where a model computes in 16 bits: means and norms.
/// @param means  see has_means()
[[nodiscard]] constexpr bool is_widened(Hook hook, bool means) {
  return means || hook == Hook::head_norm;
}

}  // namespace phiscope::extract
