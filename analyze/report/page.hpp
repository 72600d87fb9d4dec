// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"
#include "figure/table.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace phiscope::report {

/// Plain text, one paragraph.
struct Paragraph {
  std::string text = {};
};

/// Short statements, one line each.
struct Points {
  std::vector<std::string> lines = {};
  std::string summary = {};  ///< not empty: shown in their place until it is opened
};

/// A table, shown rounded; the page holds all its digits as a download.
struct TableBlock {
  std::string caption = {};
  std::string file = {};  ///< name of the download
  Table table = {};
  bool folded = false;  ///< shown only when opened
};

/// A figure. A page with Plotly draws it; one without shows the picture, or says that there is
/// none.
struct FigureBlock {
  figure::Figure figure;
  bool drawn = true;     ///< false: only its texts are shown
  std::string svg = {};  ///< its picture, may be empty
  std::vector<std::pair<std::string, std::string>> downloads =
      {};  ///< text, file beside the report
};

/// Files beside the report.
struct Downloads {
  std::vector<std::pair<std::string, std::string>> files = {};  ///< file, what it holds
};

using Block = std::variant<Paragraph, Points, TableBlock, FigureBlock, Downloads>;

struct PageSection {
  std::string title = {};
  std::vector<Block> blocks = {};
  bool folded = false;  ///< only the title is shown until it is opened
};

/// A sentence that the page begins with.
struct Lead {
  std::string verdict = {};  ///< verdict_name() of a claim, which becomes its badge; may be empty
  std::string text = {};
};

/// A report as it is shown; made from an Analysis by page(). The first screen holds what decides:
/// title, leads, alerts and the key figure; what was asked for and how comes last, folded.
struct Page {
  std::string title = {};
  std::string subtitle = {};
  std::vector<Lead> leads = {};
  std::vector<std::string> alerts = {};  ///< warnings
  std::optional<FigureBlock> key = {};   ///< the figure that the leads are about
  std::vector<PageSection> sections = {};
  std::vector<std::pair<std::string, std::string>> facts = {};  ///< name, value: provenance
};

/// The report as one HTML page that needs no network and no other file to be read: styles, scripts,
/// figures and tables are inside, and its security policy forbids the browser to fetch anything. A
/// function of its arguments alone.
/// @param plotly  plotly.min.js, e.g. plotly_bundle(): figures can be zoomed, show their values and
///                give them as CSV. Empty: the page runs no script and shows the pictures.
/// @throws std::invalid_argument if a figure or table contradicts itself
[[nodiscard]] std::string html_page(const Page& page, std::string_view plotly);

}  // namespace phiscope::report
