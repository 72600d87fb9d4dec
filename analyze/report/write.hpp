// SPDX-License-Identifier: MIT
#pragma once

#include "report/analysis.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace phiscope::report {

/// An analysis and the folder it is written to.
struct Part {
  std::string folder = {};  ///< below the directory; empty: the directory itself
  Analysis analysis = {};
};

/// What write() has done.
struct Written {
  std::vector<std::string> files = {};  ///< relative to the directory, in the order written
  std::vector<Judged> claims = {};      ///< of the analysis in the directory itself
  std::vector<std::string> findings =
      {};  ///< all sentences of the analysis in the directory itself
  std::vector<std::string> warnings = {};  ///< likewise
  std::vector<std::string> notes = {};     ///< why the reports show less than they could
};

/// Writes for every part its tables as CSV and tables.json, figures as SVG and PNG, further files,
/// summary.txt, report.html and arrays. All texts and figures are made before the first file is
/// written, and every file appears complete or not at all.
/// @param draw  false: tables and a page without figures
/// @param threads  draw figures in parallel; no byte depends on them
/// @throws figure::GnuplotError, std::runtime_error if two files have one name, std::system_error
[[nodiscard]] Written write(std::span<const Part> parts, const std::filesystem::path& directory,
                            bool draw, std::size_t threads);

/// write(), and a line on standard error for every warning and note.
/// @return  result_line()
[[nodiscard]] std::string write_and_tell(std::span<const Part> parts,
                                         const std::filesystem::path& directory, bool draw,
                                         std::size_t threads);

/// The one line of JSON that a program prints: directory, report, files, claims, findings,
/// warnings.
[[nodiscard]] std::string result_line(const Written& written,
                                      const std::filesystem::path& directory);

}  // namespace phiscope::report
