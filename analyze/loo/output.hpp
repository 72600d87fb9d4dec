// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::analyze::loo {

/// Opens and analyses runs in the order given; their labels are made unique.
/// @throws shard::FormatError naming the file that is not as it should be
[[nodiscard]] std::vector<RunResult> analyze_runs(const std::vector<std::filesystem::path>& paths,
                                                  bool allow_partial, const Options& options);

/// What write_outputs() has done.
struct Written {
  std::vector<std::string> files;     ///< relative to the directory, in the order written
  std::vector<std::string> findings;  ///< the lines of summary.txt
  std::vector<std::string> notes;     ///< why something is missing
};

/// Writes tables, results_<condition>.json (results_<run>_<condition>.json with several runs),
/// figures as SVG and PNG, summary.txt and report.html. Everything is made before the first file is
/// written, and every file appears complete or not at all.
/// @param draw  false: tables and a report without pictures
/// @throws figure::GnuplotError, std::system_error
[[nodiscard]] Written write_outputs(const std::vector<RunResult>& runs, const Options& options,
                                    const std::filesystem::path& directory, bool draw);

}  // namespace phiscope::analyze::loo
