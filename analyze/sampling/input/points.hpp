// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/input/latents.hpp"
#include "sampling/input/run.hpp"
#include "shard/row_values.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// A position at which two tokens are compared.
struct Point {
  std::string problem = {};  ///< id
  std::uint64_t t = 0;       ///< tokens of the greedy text before it
  std::int64_t top1 = 0;
  std::int64_t top2 = 0;
  std::optional<double> divergence = {};  ///< D(t) by which it was chosen
  std::optional<RowPlace> residuals = {};
  std::optional<double> score_difference = {};  ///< logit(top1) - logit(top2) of the model
};

/// A run directory of step attribution. Layer -1, the embedding, is entry 0 of the residuals.
struct Points {
  RunInfo info = {};
  bool centres = false;                 ///< the final norm is a LayerNorm, which has a bias too
  double epsilon = 0.0;                 ///< of the final norm
  std::vector<double> weight = {};      ///< [unit]: what multiplies (Gemma: 1 + the stored weight)
  std::vector<double> bias = {};        ///< [unit]; empty: none
  std::optional<double> soft_cap = {};  ///< of the logits; none: they are linear in the residual
  std::vector<Point> points = {};
  std::vector<double> directions = {};           ///< [point, unit]: W_U[top1] - W_U[top2]
  std::vector<shard::RowValues> residuals = {};  ///< [shard]: rows [entry, unit]
  std::size_t entries = 0;                       ///< the embedding and the model's layers
  std::size_t units = 0;
};

/// @param reading  of an unfinished run: read the points that it has
/// @throws shard::FormatError if the directory is no such run or contradicts itself
[[nodiscard]] Points read_points(const std::filesystem::path& path,
                                 const shard::ReadOptions& reading = {});

}  // namespace phiscope::analyze::sampling
