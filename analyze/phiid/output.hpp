// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::analyze::phiid {

/// What write_outputs() has done.
struct Written {
  std::vector<std::string> files;     ///< relative to the directory, in the order written
  std::vector<std::string> findings;  ///< of all inputs, with their names if there are several
  std::vector<std::string> warnings;  ///< likewise
  std::vector<std::string> notes;     ///< why something is missing
};

/// Writes the tables, sts.npy, rtr.npy (and atoms.npy), figures as SVG and PNG, diagnostics.json,
/// summary.txt and report.html: into the directory for one input, into a folder each for several,
/// beside a report.html and profiles.csv over all of them. Every file appears complete or not at
/// all, and nothing is written before all texts and figures are made.
/// @param draw  false: tables and a report without pictures
/// @throws figure::GnuplotError, std::system_error
[[nodiscard]] Written write_outputs(const std::vector<RunResult>& runs, const Options& options,
                                    const std::filesystem::path& directory, bool draw);

}  // namespace phiscope::analyze::phiid
