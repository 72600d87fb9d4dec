// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/input.hpp"
#include "phiid/analysis/options.hpp"
#include "program/run_program.hpp"

#include <cstddef>
#include <filesystem>
#include <vector>

namespace phiscope::analyze::phiid {

/// The command line of analyze-phiid.
struct Command {
  std::vector<std::filesystem::path> runs;
  std::filesystem::path null_weights;  ///< a run of the same model with random weights, or empty
  std::filesystem::path series;        ///< a plain array instead of runs
  std::size_t layers = 1;              ///< that the array's series are divided into
  program::CommonOptions common;
  shard::ReadOptions reading;  ///< how runs are read
  Options options;
};

/// Adds all options to the program.
void add_options(program::CommandLine& line, Command& command);

/// @throws program::UsageError if options contradict each other
void check_usage(const Command& command);

/// Reads the run with random weights. @param like  the run that it is compared with
/// @throws shard::FormatError, also if it has other layers or heads
[[nodiscard]] Input read_null_weights(const Command& command, const Input& like);

/// Reads runs or the array, with labels that differ. All are read before the first is analysed.
/// @throws shard::FormatError
[[nodiscard]] std::vector<Input> read_inputs(const Command& command);

}  // namespace phiscope::analyze::phiid
