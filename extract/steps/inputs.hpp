// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "files/problems.hpp"
#include "steps/plan.hpp"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// How problems become tokens.
struct ProblemReading {
  std::string answer_prefix;  ///< precedes " " and the answer
  int thoughts = 0;           ///< that are computed
  int ends = 1;               ///< times that the end of the thoughts is fed, at most
  int generated = 0;          ///< tokens of a free answer, at most
  bool skip_bad = false;      ///< leave out problems that do not fit, and count them
};

/// A problem of the file that does not run.
struct DroppedProblem {
  std::string id;
  std::string status;  ///< no_gold, too_long, no_answer_tokens, prefix_retokenised, no_steps
};

/// Problems that can run, in the order of the file.
struct TokenProblems {
  std::vector<Problem> problems;
  std::vector<StepProblem> tokens;  ///< [problem]
  std::vector<DroppedProblem> dropped;
};

/// The problems of `file` named in `chosen`: a list or lines of ids, or of objects with `id`,
/// `unique_id`, `gsm8k_id` or `problem_id`, or an object whose `results` are such; each once.
/// @return  ids of `chosen` that the file does not have
/// @throws shard::FormatError for a file without an id, or if none of its ids is there
std::vector<std::string> select_problems(const std::filesystem::path& chosen,
                                         const std::filesystem::path& file,
                                         std::vector<Problem>& problems);

/// @param file   that the problems were read from
/// @param model  directory of a model of latent thoughts
/// @throws shard::FormatError for a problem that the context does not hold, unless skip_bad, and if
///         none can run
TokenProblems tokenise_problems(const std::filesystem::path& file, std::vector<Problem> problems,
                                const std::filesystem::path& model, const ModelConfig& config,
                                const ProblemReading& how);

}  // namespace phiscope::extract
