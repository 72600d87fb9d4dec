// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "files/problems.hpp"
#include "sampling/options.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Problems with the tokens of their prompts.
struct SamplingProblems {
  std::vector<Problem> problems;
  std::vector<std::vector<int>> prompts;  ///< [problem]
  std::set<std::string> left_out;         ///< ids of those that --limit leaves out
};

/// The prompt of a problem where no template is given.
inline constexpr const char* published_template =
    "User: {problem}\nPlease solve this step by step.\nAssistant:";

/// @throws shard::FormatError for a problem that the context does not hold with the tokens that are
///         generated, and for a template that is no UTF-8 or has {problem} not once
SamplingProblems sampling_problems(const SamplingOptions& options,
                                   const std::vector<SamplingStep>& steps,
                                   const ModelConfig& config);

/// Known solutions as tokens, by the id of their problem. A file of JSON lines or a JSON list of
/// objects: `id`, `unique_id` or `problem_id`; `solution`, `text` or `answer`, a string, a number
/// or a list of them; perhaps `reasoning`.
/// @throws shard::FormatError naming file and entry
std::map<std::string, std::vector<int>> read_oracle(const SamplingOptions& options,
                                                    const ModelConfig& config);

/// The part of a known solution's text; a block <think>...</think> at its head is its reasoning.
std::string oracle_text(const std::string& text, OraclePart part);

}  // namespace phiscope::extract
