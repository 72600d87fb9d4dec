// SPDX-License-Identifier: MIT
#pragma once

#include "report/analysis.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope::test {

/// The page of an analysis without pictures, with one note.
inline report::Page page_of(const report::Analysis& analysis) {
  report::DrawnFigures drawn;
  for (const auto& figure : analysis.figures) drawn.blocks.push_back({.figure = figure});
  drawn.notes = {"a note"};
  return report::page(analysis, drawn);
}

inline std::vector<std::string> titles(const report::Page& page) {
  std::vector<std::string> all;
  for (const auto& section : page.sections) all.push_back(section.title);
  return all;
}

inline const report::PageSection& section_of(const report::Page& page, const std::string& title) {
  for (const auto& section : page.sections) {
    if (section.title == title) return section;
  }
  throw std::runtime_error("no section " + title);
}

inline const report::TableBlock& block_of(const report::Page& page, const std::string& title,
                                          const std::string& file) {
  for (const auto& block : section_of(page, title).blocks) {
    const auto* table = std::get_if<report::TableBlock>(&block);
    if (table != nullptr && table->file == file) return *table;
  }
  throw std::runtime_error("no table " + file);
}

inline const Table& block_table(const report::Page& page, const std::string& title,
                                const std::string& file) {
  return block_of(page, title, file).table;
}

inline const std::vector<std::string>& lines_of(const report::Page& page,
                                                const std::string& title) {
  return std::get<report::Points>(section_of(page, title).blocks.front()).lines;
}

/// What the page says: its leads, then all findings.
inline std::vector<std::string> told_of(const report::Page& page) {
  std::vector<std::string> lines;
  for (const auto& lead : page.leads) lines.push_back(lead.text);
  for (const auto& section : page.sections) {
    if (section.title != "Findings") continue;
    for (const auto& block : section.blocks) {
      const auto& more = std::get<report::Points>(block).lines;
      lines.insert(lines.end(), more.begin(), more.end());
    }
  }
  return lines;
}

/// The warnings of a page_of(), whose last alert is the note.
inline std::vector<std::string> warnings_of(const report::Page& page) {
  if (page.alerts.back() != "a note") throw std::runtime_error("the note is not the last alert");
  return {page.alerts.begin(), page.alerts.end() - 1};
}

/// Names of the figures that a section shows, in its order, without the key figure.
inline std::vector<std::string> figures_of(const report::Page& page, const std::string& title) {
  std::vector<std::string> names;
  for (const auto& block : section_of(page, title).blocks) {
    const auto* figure = std::get_if<report::FigureBlock>(&block);
    if (figure != nullptr) names.push_back(figure->figure.name);
  }
  return names;
}

/// The files that the section "Tables" lists.
inline std::vector<std::string> listed_files(const report::Page& page) {
  std::vector<std::string> names;
  for (const auto& [file, about] :
       std::get<report::Downloads>(section_of(page, "Tables").blocks.back()).files) {
    names.push_back(file);
  }
  return names;
}

}  // namespace phiscope::test
