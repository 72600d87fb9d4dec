// SPDX-License-Identifier: MIT
#pragma once

#include "command/choice.hpp"
#include "command/options.hpp"
#include "command/prompt_runs.hpp"
#include "files/model/config.hpp"
#include "plan/token_drawing.hpp"
#include "sampling/plan.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

/// The parts of a sampling experiment, a run directory each.
enum class SamplingStep { variance, manifold, sensitivity, attribution, clustering };
inline constexpr Choices<SamplingStep, 5> sampling_steps{
    {{"variance", SamplingStep::variance},
     {"manifold", SamplingStep::manifold},
     {"sensitivity", SamplingStep::sensitivity},
     {"attribution", SamplingStep::attribution},
     {"clustering", SamplingStep::clustering}}};

/// What of an oracle's text is its solution: a block <think>...</think> at its head is reasoning.
enum class OraclePart { solution, reasoning, all };
inline constexpr Choices<OraclePart, 3> oracle_parts{{{"solution", OraclePart::solution},
                                                      {"reasoning", OraclePart::reasoning},
                                                      {"all", OraclePart::all}}};

/// The options of `extract sampling`.
struct SamplingOptions {
  RunOptions run;  ///< out: the folder that holds a run directory for each step
  std::filesystem::path problems;
  std::vector<std::string> steps{"variance", "manifold", "sensitivity", "attribution",
                                 "clustering"};
  std::size_t limit = 0;
  std::filesystem::path prompt_template;
  std::filesystem::path prompts;  ///< of the problems, by id; empty: the template makes them
  std::vector<double> temperatures{0.0, 0.5, 0.8, 1.0};
  int samples = 16;
  std::vector<int> checkpoints{32, 64, 128};
  int stride = 32;
  int pooling_window = 0;  ///< 0: all of these; else the last ones
  int target_layer = -1;   ///< -1: that of two thirds
  int max_new_tokens = 128;
  int variance_max_new_tokens = 0;  ///< 0: max_new_tokens
  std::string variance_layers;      ///< empty: those of all steps
  int top_k = 0;
  double top_p = 1.0;
  double repetition_penalty = 1.0;
  std::filesystem::path texts;  ///< solutions generated elsewhere; empty: they are generated
  std::filesystem::path oracle;
  OraclePart oracle_part = OraclePart::solution;
  std::string solution_prefix;
  double prefix_share = 0.3;
  int interval = 32;
  int lookahead = 64;
  int window_stride = 8;
  bool to_end = false;
  std::filesystem::path points;  ///< empty: those that the step sensitivity wrote
  std::size_t top_points = 200;
  double cluster_temperature = 0.8;
  int cluster_max_new_tokens = 0;  ///< 0: max_new_tokens
  int cluster_layer = -1;          ///< -1: the target layer
  std::size_t clusters = 0;        ///< for the analysis; 0: it chooses
  std::string primary;             ///< the claim that the run is to decide; empty: none is named
  bool smoke = false;
  std::string task_name;  ///< for plan.json
  std::size_t problems_per_shard = 4;
};

/// The steps that were asked for, by name or by the number they have in the published experiment
/// (2 variance, 3 and 4 manifold, 5 sensitivity, 6 attribution,
/// 7 clustering), in the order in which they run: attribution, which needs points, is the last.
/// @throws std::runtime_error for anything else
std::vector<SamplingStep> asked_steps(const SamplingOptions& options);

/// Checks what the steps need of the options.
/// @throws std::runtime_error naming the option, what was found and what is expected
void check_sampling(const SamplingOptions& options, const std::vector<SamplingStep>& steps,
                    const ModelConfig& config);

/// Tokens of a step's solutions, at most.
int step_tokens(const SamplingOptions& options, SamplingStep step);

/// The layers of a step, ascending: with --variance-layers those of the step variance, and the
/// target layer where that is given.
std::vector<int> step_layers(const SamplingOptions& options, SamplingStep step,
                             const ModelConfig& config);

/// The layer that the report of a step looks at first: the one that was asked for, else that of two
/// thirds of --layers.
int step_target(const SamplingOptions& options, SamplingStep step, const ModelConfig& config);

/// How tokens are drawn; every run has a temperature of its own.
DrawOptions draw_options(const SamplingOptions& options);
SampleLayout sample_layout(const SamplingOptions& options, SamplingStep step);
BranchLayout branch_layout(const SamplingOptions& options);

}  // namespace phiscope::extract
