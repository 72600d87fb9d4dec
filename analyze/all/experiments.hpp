// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::analyze::all {

/// Runs of one experiment, which one program compares in one report.
struct Group {
  std::string experiment;  ///< as plan.json names it: "ablate"
  std::string program;     ///< "analyze-ablation"
  std::string folder;      ///< of its report, below the directory of the results: "ablation"
  std::string title;
  std::vector<std::filesystem::path> runs;
};

/// The runs by experiment, experiments in the order in which they are first met. A directory
/// without a plan.json stands for the run directories in it, in the order of their names; a folder
/// with the steps of `sampling` stays one, as its program takes it.
/// @throws shard::FormatError if a directory is no run and holds none, or an experiment has no
/// report of its own
[[nodiscard]] std::vector<Group> grouped(const std::vector<std::filesystem::path>& paths);

}  // namespace phiscope::analyze::all
