// SPDX-License-Identifier: MIT
#pragma once

#include "command/options.hpp"
#include "files/model/files.hpp"
#include "plan/sharing.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace phiscope::extract {

/// What a subcommand adds to a run: its plan and how the run directory describes it.
struct RunRequest {
  std::string experiment;  ///< the subcommand's name
  Plan plan;
  std::string row_formula;                     ///< what a row is the mean of; empty: one token
  std::string row_space;                       ///< name of the row space of the plan's rows
  std::vector<std::string> row_key;            ///< names of the entries of a row's key
  std::string prompts_jsonl;                   ///< one line per prompt
  std::map<std::string, std::string> files{};  ///< bytes of further ones, by name
  nlohmann::ordered_json options;              ///< resolved options of the subcommand
  nlohmann::ordered_json details;              ///< further fields of plan.json, may be null
};

/// The model directory, checked whole (every tensor present, used, shaped and finite) and open:
/// what is computed with is what was checked.
struct CheckedModel {
  std::shared_ptr<const ModelFiles> files;
  ModelConfig config;
  nlohmann::ordered_json description;  ///< family, sizes and digests, for plan.json
  std::int64_t context = 0;            ///< positions it was trained for; with --allow-long
                                       ///< config.max_positions is more
};

/// Checks what the common flags name before anything is written.
/// @throws std::runtime_error for a device or directory that cannot be used
CheckedModel check_run(const RunOptions& options);

/// Runs the plan into options.out, or prints it with --dry-run: estimate, model, shards, log, and
/// one line of JSON on standard output.
void run(const RunOptions& options, const CheckedModel& model, RunRequest request,
         const std::string& command_line);

}  // namespace phiscope::extract
