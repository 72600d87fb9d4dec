// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/input/latents.hpp"
#include "sampling/input/run.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// A generated token.
struct Token {
  std::int32_t id = 0;
  float log_probability = 0.0F;  ///< before any filter, nats
};

/// A branch of a problem: after `t` tokens of the greedy text the second-best one is forced.
struct Branch {
  std::uint64_t tokens = 0;          ///< generated, the forced one among them; 0: none
  std::optional<Token> forced = {};  ///< the second-best token, token t + 1
  std::optional<Token> kept = {};    ///< what the greedy text has in its place
  /// Of its tokens t + window_stride, t + 2 window_stride, ... up to t + lookahead or its end.
  std::vector<RowPlace> latents = {};
  std::vector<RowPlace> baseline = {};  ///< of the greedy text's
  std::optional<std::string> text = {};
};

struct ProblemBranches {
  std::uint64_t tokens = 0;  ///< of the greedy text
  std::optional<std::string> text = {};
  std::vector<Branch> branches = {};  ///< [point]
};

/// A run directory of step sensitivity.
struct Branches {
  RunInfo info = {};
  std::vector<std::uint64_t> points = {};  ///< t, ascending
  std::uint64_t lookahead = 0;
  std::uint64_t window_stride = 1;
  bool to_the_end = false;  ///< branches were generated until they ended
  std::vector<ProblemBranches> problems = {};
  Latents latents = {};
};

/// @param reading  of an unfinished run: read the branches that it has
/// @throws shard::FormatError if the directory is no such run or contradicts itself
[[nodiscard]] Branches read_branches(const std::filesystem::path& path,
                                     const shard::ReadOptions& reading = {});

}  // namespace phiscope::analyze::sampling
