// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/input/latents.hpp"
#include "sampling/input/run.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace phiscope::analyze::sampling {

/// The solutions of a problem whose latents are compared.
struct ProblemPaths {
  std::optional<RowPlace> oracle = {};        ///< the oracle's solution
  std::optional<RowPlace> local = {};         ///< the model's greedy one
  std::optional<RowPlace> forced = {};        ///< greedy after a prefix of the oracle's: all tokens
  std::optional<RowPlace> after_prefix = {};  ///< likewise: the tokens after the prefix
  std::uint64_t oracle_tokens = 0;
  std::uint64_t prefix_tokens = 0;
};

/// A run directory of step manifold.
struct Paths {
  RunInfo info = {};
  double share = 0.0;  ///< of the oracle's tokens that is the prefix
  std::vector<ProblemPaths> problems = {};
  Latents latents = {};
};

/// @param reading  of an unfinished run: read the paths that it has
/// @throws shard::FormatError if the directory is no such run or contradicts itself
[[nodiscard]] Paths read_paths(const std::filesystem::path& path,
                               const shard::ReadOptions& reading = {});

}  // namespace phiscope::analyze::sampling
