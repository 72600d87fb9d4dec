// SPDX-License-Identifier: MIT
#pragma once

#include "program/run_program.hpp"
#include "report/analysis.hpp"
#include "report/folder.hpp"
#include "shard/run_reader.hpp"

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
  std::string key_figure = {};             ///< the picture that the page begins with; empty: none
  std::vector<std::string> notes = {};     ///< why the reports show less than they could
};

/// Writes for every part its tables as CSV and tables.json, further files, summary.txt and arrays,
/// then its figures and report.html; see NewFolder: the directory holds the old
/// report or the new one.
/// @param threads  draw figures in parallel; no byte depends on them
/// @throws std::runtime_error as NewFolder, and if two files have one name; std::system_error
[[nodiscard]] Written write(std::span<const Part> parts, const std::filesystem::path& directory,
                            Pictures pictures, std::size_t threads);

/// What comes before all work: checks that the report may be written to --out.
/// @return  how runs are read
/// @throws std::runtime_error as expect_report_folder(), and for --png beside --no-figures
[[nodiscard]] shard::ReadOptions prepare(const program::CommonOptions& options);

/// write() as the options say, and a line on standard error for every warning and note.
/// @return  result_line()
[[nodiscard]] std::string write_and_tell(std::span<const Part> parts,
                                         const program::CommonOptions& options);

/// The one line of JSON that a program prints: directory, report, files, claims, findings,
/// warnings.
[[nodiscard]] std::string result_line(const Written& written,
                                      const std::filesystem::path& directory);

}  // namespace phiscope::report
