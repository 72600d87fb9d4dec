// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"
#include "table.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace phiscope::figure {

/// Plain text, one paragraph.
struct Paragraph {
  std::string text;
};

/// Short statements, one line each.
struct Points {
  std::vector<std::string> lines;
};

/// A table, shown rounded; the page holds all its digits as a download.
struct TableBlock {
  std::string caption;
  std::string file;  ///< name of the download
  Table table;
  bool folded = false;  ///< shown only when opened
};

/// A figure with its picture; `svg` empty: it was not drawn.
struct FigureBlock {
  Figure figure;
  std::string svg;
  std::vector<std::pair<std::string, std::string>> downloads;  ///< text, file beside the report
};

/// Files that lie beside the report.
struct Downloads {
  std::vector<std::pair<std::string, std::string>> files;  ///< file, what it holds
};

using Block = std::variant<Paragraph, Points, TableBlock, FigureBlock, Downloads>;

struct Section {
  std::string title;
  std::vector<Block> blocks;
};

struct Report {
  std::string title;
  std::string subtitle;
  std::vector<Section> sections;
};

/// The report as one HTML page that needs no network and no other file to be read: styles, pictures
/// and tables are inside. A function of its argument alone.
/// @throws std::invalid_argument if a figure or table contradicts itself
[[nodiscard]] std::string html_report(const Report& report);

}  // namespace phiscope::figure
