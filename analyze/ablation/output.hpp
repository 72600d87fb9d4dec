// SPDX-License-Identifier: MIT
#pragma once

#include "ablation/analysis.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::analyze::ablation {

/// Reads and analyses runs and tables in the order given; their labels are made unique. All are
/// read before the first is analysed.
/// @throws shard::FormatError naming the file that is not as it should be
[[nodiscard]] std::vector<Result> analyze_paths(const std::vector<std::filesystem::path>& paths,
                                                const ReadOptions& read, const Options& options);

/// What write_outputs() has done.
struct Written {
  std::vector<std::string> files;     ///< relative to the directory, in the order written
  std::vector<std::string> findings;  ///< the lines of summary.txt
  std::vector<std::string> notes;     ///< warnings, and why something is missing
};

/// Writes tables, figures as SVG and PNG, summary.txt and report.html. Everything is made before
/// the first file is written, and every file appears complete or not at all.
/// @param draw  false: tables and a report without pictures
/// @throws figure::GnuplotError, std::system_error
[[nodiscard]] Written write_outputs(const std::vector<Result>& results, const Options& options,
                                    const std::filesystem::path& directory, bool draw);

}  // namespace phiscope::analyze::ablation
