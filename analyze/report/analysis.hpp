// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"
#include "report/claim.hpp"
#include "report/folder.hpp"
#include "report/page.hpp"
#include "report/provenance.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace phiscope::report {

/// One input of an analysis: a run directory, a table or a plain array.
struct Source {
  std::string label = {};    ///< unique among the sources, see unique_labels()
  std::string about = {};    ///< what it is and how large: "60 prompts, 4 layers of 4 heads"
  std::string missing = {};  ///< of a partial run: "2 of 5 shards are missing"
  /// What plan.json says; null for what no program of ours extracted.
  nlohmann::ordered_json plan = {};
};

/// A part of the page between the findings and the tables, in the order of the members.
struct Section {
  std::string title = {};
  std::vector<std::string> lines = {};                          ///< statements, one line each
  std::vector<std::string> figures = {};                        ///< names of Analysis::figures
  std::vector<TableBlock> tables = {};                          ///< shown in the page
  std::vector<std::pair<std::string, std::string>> links = {};  ///< file, what it holds
  bool folded = false;  ///< for readers who check: only the title is shown until it is opened
};

/// An array that is written as .npy. The values are borrowed, since they can be large.
struct NamedArray {
  std::string file = {};
  std::string about = {};  ///< axes and what NaN means
  std::span<const double> values = {};
  std::vector<std::uint64_t> shape = {};
};

/// What an experiment hands over to be written: everything that its page, its tables and its line
/// of JSON say. Plain data, so that a test compares a sentence or a curve without reading a file.
struct Analysis {
  std::string program = {};  ///< "analyze-loo"
  std::string title = {};
  std::vector<Source> sources = {};
  std::string left_out = {};  ///< member of the plans that the provenance leaves out: the words
  std::vector<Fact> options = {};  ///< of the analysis
  std::vector<std::string> warnings = {};
  std::vector<Claim> claims = {};             ///< told first, the primary one before all others
  std::vector<std::string> findings = {};     ///< what describes the data and claims nothing
  std::vector<std::string> definitions = {};  ///< of the terms that the report uses
  std::vector<NamedTable> tables = {};        ///< each is a CSV file
  std::vector<figure::Figure> figures = {};
  std::string key_figure = {};  ///< shown with the claims; empty: the first of the sections
  std::vector<Section> sections = {};
  std::vector<OutputFile> files = {};  ///< further texts: results_*.json, diagnostics.json
  std::vector<NamedArray> arrays = {};
};

/// The provenance as rows `run`, `what`, `value`: program and options of the analysis, then every
/// number and text of the plans.
[[nodiscard]] Table provenance_table(const Analysis& analysis);

/// The facts below the title: program, options, and for each source what it is, who extracted it,
/// its model, options and numerics; once where all sources agree.
[[nodiscard]] std::vector<Fact> facts(const Analysis& analysis);

/// The sentences of the claims, then the findings.
[[nodiscard]] std::vector<std::string> told(const Analysis& analysis);

/// What every program says of a partial run, in the same words, then the analysis' warnings.
[[nodiscard]] std::vector<std::string> all_warnings(const Analysis& analysis);

/// The tables of the analysis, claims.csv where it claims anything, and partial.csv where a run is
/// partial.
[[nodiscard]] std::vector<NamedTable> all_tables(const Analysis& analysis);

/// The text of summary.txt: sources, options, findings, warnings.
[[nodiscard]] std::string summary_text(const Analysis& analysis);

/// The figure of the first screen; empty without figures.
[[nodiscard]] std::string key_figure(const Analysis& analysis);

/// The page: the claims that are not exploratory (else the first finding), warnings, the key
/// figure; then the other findings and the sections; folded, definitions, tables, provenance,
/// facts.
/// @param drawn  the figures of the analysis, in its order
/// @throws std::invalid_argument if a section names a figure that there is not, or a figure is in
///         no section or in two
[[nodiscard]] Page page(const Analysis& analysis, const DrawnFigures& drawn);

/// The table of that file.
/// @throws std::invalid_argument if there is none
[[nodiscard]] const NamedTable& table_named(std::span<const NamedTable> tables,
                                            const std::string& file);

/// That table as it is, opened by a click on `caption` (empty: what a row is).
[[nodiscard]] TableBlock folded(const NamedTable& table, std::string caption = {});

}  // namespace phiscope::report
