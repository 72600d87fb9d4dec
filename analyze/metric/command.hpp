// SPDX-License-Identifier: MIT
#pragma once

#include "program/command_line.hpp"

#include <phiscope/pairs.hpp>
#include <phiscope/phiid_options.hpp>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::analyze::metric {

/// What the command line of `analyze-metric` says; a metric reads the members of its own options.
struct Arguments {
  std::array<std::filesystem::path, 2> files;      ///< positional; empty if optional and absent
  std::optional<std::filesystem::path> clusters;   ///< --clusters
  std::optional<std::filesystem::path> groups;     ///< --groups
  std::optional<std::filesystem::path> adjacency;  ///< --adjacency
  std::optional<Cross> cross;                      ///< --cross
  std::size_t clusters_sought = 8;                 ///< --k
  std::size_t restarts = 10;                       ///< --n-init
  std::uint64_t seed = 0;                          ///< --seed
  PhiidOptions phiid;                              ///< --redundancy --kind --lag
  std::size_t threads = 1;                         ///< --threads; no number depends on it
  bool bf16 = false;                               ///< --bf16: u2 files hold bfloat16
};

/// One metric of `analyze-metric`, as data: the program adds a subcommand for each.
struct Command {
  std::string name;                  ///< "phi-ratio"
  std::string about;                 ///< a line for the list of all metrics
  std::string details;               ///< for NAME --help: formula, shapes, members of the answer
  std::string example;               ///< for NAME --help: arguments that work
  std::vector<std::string> files;    ///< names of the positional files; "[Y]" is optional
  std::vector<std::string> options;  ///< of those that add_command() knows
  std::string (*run)(const Arguments&);  ///< @return  one line of strict JSON, without its end
};

using UsageError = program::UsageError;

[[nodiscard]] std::vector<Command> array_commands();  ///< describe, kmeans and measures of all rows
[[nodiscard]] std::vector<Command> structure_commands();  ///< phi-ratio and its neighbours
[[nodiscard]] std::vector<Command> logit_commands();      ///< kl
[[nodiscard]] std::vector<Command> series_commands();     ///< phiid, autocorrelation
[[nodiscard]] std::vector<Command> head_commands();       ///< pair-balance, rank-difference

/// All metrics, in the order of --help. A new group of names is added here.
[[nodiscard]] std::vector<Command> all_commands();

/// Adds the command with its files and options, which are parsed into `arguments`.
/// @throws std::invalid_argument if the command names an option that does not exist
program::CommandLine& add_command(program::CommandLine& line, const Command& command,
                                  Arguments& arguments);

}  // namespace phiscope::analyze::metric
