// SPDX-License-Identifier: MIT
#pragma once

#include "figure/gnuplot/gnuplot.hpp"
#include "figure/table.hpp"
#include "report/page.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::report {

/// A table, the file it is written to, and what a row of it is.
struct NamedTable {
  std::string file = {};
  std::string about = {};
  Table table = {};
};

/// A file that is to be written.
struct OutputFile {
  std::string name = {};
  std::string bytes = {};
};

/// Which files are made of every figure.
enum class Pictures {
  none,  ///< and the page shows none either
  svg,
  svg_and_png,
};

/// Figures as a report shows them.
struct DrawnFigures {
  std::vector<FigureBlock> blocks = {};
  std::vector<OutputFile> files = {};   ///< SVG and perhaps PNG of every figure
  std::vector<std::string> notes = {};  ///< why the report shows less than it could
};

/// Draws the figures, several at a time; the bytes do not depend on `threads`. A gnuplot that fails
/// or hangs costs pictures, and a note says so.
/// @param pictures  none: nothing is drawn, the blocks hold only the texts
/// @param limit  for one picture
[[nodiscard]] DrawnFigures draw_figures(const std::vector<figure::Figure>& figures,
                                        Pictures pictures, std::size_t threads,
                                        std::chrono::milliseconds limit = figure::picture_limit);

/// The CSV files of the tables, and tables.json: what a row is, rows, columns.
[[nodiscard]] std::vector<OutputFile> table_files(const std::vector<NamedTable>& tables);

/// Writes a folder of these files alone, see NewFolder.
/// @return  the names in the order written, the list last
/// @throws std::runtime_error as NewFolder, and if two have one name; std::system_error
std::vector<std::string> write_files(const std::vector<OutputFile>& files,
                                     const std::filesystem::path& directory);

/// The names with "_2", "_3", ... after those that stood before; an empty one is "run".
[[nodiscard]] std::vector<std::string> unique_labels(const std::vector<std::string>& names);

/// A label as a part of a file's name: what is no letter, digit, `-` or `.` becomes `_`.
[[nodiscard]] std::string file_part(const std::string& label);

}  // namespace phiscope::report
