// SPDX-License-Identifier: MIT
#pragma once

#include "command/run.hpp"
#include "sampling/inputs.hpp"
#include "sampling/options.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Where a greedy solution was made to take another token.
struct BranchPoint {
  std::string problem;
  int t = 0;  ///< tokens of the solution that are kept
  int top1 = 0;
  int top2 = 0;
  double distance = 0.0;
  std::vector<int> ids{};  ///< prompt and these tokens
};

/// The points of a file that write_points() wrote, at most `count`, the largest distances first.
/// @param problems  those that are run: the ids of a point are those of its prompt and t more
/// @throws shard::FormatError if the file is no list of points, if model or prompts are others, or
///         if the run beside it is incomplete
std::vector<BranchPoint> read_branch_points(const std::filesystem::path& file, std::size_t count,
                                            const CheckedModel& model,
                                            const SamplingProblems& problems);

/// Runs to the position that predicts the token after each point: the residual stream before and
/// after every block (array resid), and the scores of both tokens (token_score). Beside them in
/// float64 what analysis needs of the model: directions.npy, [point, unit], the difference of the
/// two tokens' rows of the output matrix, and final_norm.npy, [2, unit], what the final norm
/// multiplies with (Gemma's without the 1 that is added) and adds.
RunRequest attribution_request(const std::vector<BranchPoint>& points,
                               const SamplingOptions& options, const CheckedModel& model,
                               const std::filesystem::path& file);

}  // namespace phiscope::extract
