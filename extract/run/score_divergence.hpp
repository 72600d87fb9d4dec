// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/kl_divergence.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::extract {

/// Scores as score_divergences() takes them: where the CUDA kernels are built in those of a GPU
/// stay there as they are, others come to the CPU as float32 or float64.
/// @param scores  [row, vocab]
at::Tensor comparable_scores(const at::Tensor& scores);

/// Divergences of rows of b from rows of a, [row of b]: its row i from row rows_a[i] of a.
/// @param a, b  [row, vocab], of comparable_scores(), with one dtype and on one device
std::vector<LogitDivergence> score_divergences(const at::Tensor& a,
                                               std::span<const std::int64_t> rows_a,
                                               const at::Tensor& b);

}  // namespace phiscope::extract
