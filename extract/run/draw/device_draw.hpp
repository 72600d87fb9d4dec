// SPDX-License-Identifier: MIT
#pragma once

#include "plan/token_drawing.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace phiscope::extract {

/// Ids of rows that undoubted_tokens() leaves open.
inline constexpr std::int64_t in_doubt = -1;
inline constexpr std::int64_t among_others = -2;

/// Draws a token of each row where the scores are, so that only ids leave the device: the tokens of
/// drawn_token() without a penalty. Sums of masses differ by roundings from those of the
/// definition; where a rounding could decide which token it is, or a row cannot be drawn from, its
/// id is in_doubt.
/// @param logits  [row, vocab] float32
/// @param temperatures  [row], above 0
/// @param quantiles  [row], in [0, 1)
/// @param options  top_k and top_p; temperature and penalty are not looked at
/// @param candidates  for top_p only so many of the best tokens are sorted; where they are too few
///                    to tell what is drawn from, the id is among_others
/// @return  [row] int64, on the device
[[nodiscard]] at::Tensor undoubted_tokens(const at::Tensor& logits,
                                          std::span<const double> temperatures,
                                          std::span<const double> quantiles,
                                          const DrawOptions& options, std::int64_t candidates);

}  // namespace phiscope::extract
