// SPDX-License-Identifier: MIT
#include "report/analysis.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace phiscope::report {
namespace {

std::string program_text(const Analysis& analysis) {
  return analysis.program + " " PHISCOPE_VERSION;
}

/// "cross pairs groups; seed 0"
std::string options_text(const Analysis& analysis) {
  std::string text;
  for (const auto& [name, value] : analysis.options) {
    if (!text.empty()) text += "; ";
    text.append(name).append(" ").append(value);
  }
  return text;
}

std::vector<std::string> lines_or_none(const std::vector<std::string>& lines) {
  return lines.empty() ? std::vector<std::string>{"None."} : lines;
}

/// The drawing of a figure of the analysis.
const FigureBlock& block_of(const std::string& name, const Analysis& analysis,
                            const DrawnFigures& drawn) {
  const auto found =
      std::find_if(analysis.figures.begin(), analysis.figures.end(),
                   [&name](const figure::Figure& figure) { return figure.name == name; });
  if (found == analysis.figures.end()) {
    throw std::invalid_argument("page: found figure " + name +
                                " named, which the analysis does not have");
  }
  return drawn.blocks.at(static_cast<std::size_t>(found - analysis.figures.begin()));
}

/// What a reader came for: the claims that were not made up afterwards, else the first finding.
std::vector<Lead> leads(const Analysis& analysis) {
  std::vector<Lead> lines;
  for (const Judged& judged : judge(analysis.claims)) {
    if (judged.claim.role == Role::exploratory) continue;
    lines.push_back({.verdict = verdict_name(judged.verdict), .text = sentence(judged)});
  }
  if (!lines.empty()) return lines;
  const std::vector<std::string> all = told(analysis);
  if (all.empty()) return {{.verdict = "", .text = "No findings."}};
  const std::vector<Judged> judged = judge(analysis.claims);
  return {
      {.verdict = judged.empty() ? "" : verdict_name(judged.front().verdict), .text = all.front()}};
}

/// The first findings, and the others to be opened.
std::vector<Block> findings_blocks(const std::vector<std::string>& lines) {
  constexpr std::size_t most = 6;
  if (lines.size() <= most + 1) return {Points{lines}};
  const auto middle = lines.begin() + most;
  return {Points{{lines.begin(), middle}},
          Points{.lines = {middle, lines.end()},
                 .summary = std::to_string(lines.end() - middle) + " more findings"}};
}

/// A section of the analysis; the key figure, which is above, is left out.
PageSection shown(const Section& section, const Analysis& analysis, const DrawnFigures& drawn,
                  std::set<std::string>& seen) {
  PageSection result{.title = section.title, .blocks = {}, .folded = section.folded};
  if (!section.lines.empty()) result.blocks.emplace_back(Points{section.lines});
  for (const std::string& name : section.figures) {
    const FigureBlock& block = block_of(name, analysis, drawn);
    if (!seen.insert(name).second) {
      throw std::invalid_argument("page: figure " + name + " is in two sections, expected one");
    }
    if (name != key_figure(analysis)) result.blocks.emplace_back(block);
  }
  for (const TableBlock& table : section.tables) result.blocks.emplace_back(table);
  if (!section.links.empty()) result.blocks.emplace_back(Downloads{section.links});
  return result;
}

/// The definitions; where there are claims, what decides them.
std::vector<std::string> defined(const Analysis& analysis) {
  std::vector<std::string> lines = analysis.definitions;
  if (analysis.claims.empty()) return lines;
  const auto exploratory = std::count_if(
      analysis.claims.begin(), analysis.claims.end(),
      [](const Claim& claim) { return claim.role == Role::exploratory && claim.p.ok(); });
  const bool over_runs =
      std::any_of(analysis.claims.begin(), analysis.claims.end(),
                  [](const Claim& claim) { return claim.p_over_runs.has_value(); });
  std::string text = "Shown: the p-value is at most 0.05 for the primary claim";
  if (over_runs) text += ", after Holm's correction over the runs";
  if (exploratory > 0) {
    text += "; for the exploratory ones at most 0.01 after Holm's correction of the " +
            std::to_string(exploratory) +
            " of this report that have one, since they were not named before the run";
  }
  lines.push_back(text + ". Not shown is no evidence of the contrary.");
  return lines;
}

PageSection files_section(const Analysis& analysis) {
  Downloads files;
  for (const NamedTable& table : all_tables(analysis))
    files.files.emplace_back(table.file, table.about);
  for (const NamedArray& array : analysis.arrays) files.files.emplace_back(array.file, array.about);
  return {.title = "Tables",
          .blocks = {Paragraph{"Full precision, beside this report. An empty cell is an undefined "
                               "number; its row counts or names the reasons."},
                     std::move(files)},
          .folded = true};
}

}  // namespace

Table provenance_table(const Analysis& analysis) {
  Table table{.columns = {"run", "what", "value"}, .rows = {}};
  const std::string own = "analysis";
  table.rows.push_back({own, std::string("program"), program_text(analysis)});
  for (const auto& [name, value] : analysis.options) table.rows.push_back({own, name, value});
  for (const Source& source : analysis.sources) {
    if (!source.plan.is_null()) add_plan_rows(source.plan, source.label, analysis.left_out, table);
  }
  return table;
}

std::vector<Fact> facts(const Analysis& analysis) {
  std::vector<Fact> result = {{"Program", program_text(analysis)},
                              {"Analysis", options_text(analysis)}};
  std::vector<std::string> labels, inputs, versions, models, options, numerics;
  for (const Source& source : analysis.sources) {
    const auto& plan = source.plan;
    labels.push_back(source.label);
    inputs.push_back(source.about);
    versions.push_back(plan.is_null() ? std::string() : version_text(plan));
    models.push_back(model_text(plan_member(plan, "model")));
    options.push_back(members_text(plan_member(plan, "options")));
    numerics.push_back(members_text(plan_member(plan, "numerics")));
  }
  add_fact("Input", inputs, labels, result);
  add_fact("Extracted by", versions, labels, result);
  add_fact("Model", models, labels, result);
  add_fact("Options of the extraction", options, labels, result);
  add_fact("Numerics", numerics, labels, result);
  return result;
}

std::vector<std::string> told(const Analysis& analysis) {
  std::vector<std::string> lines;
  for (const Judged& judged : judge(analysis.claims)) lines.push_back(sentence(judged));
  lines.insert(lines.end(), analysis.findings.begin(), analysis.findings.end());
  return lines;
}

std::vector<std::string> all_warnings(const Analysis& analysis) {
  std::vector<std::string> lines;
  for (const Source& source : analysis.sources) {
    if (source.missing.empty()) continue;
    lines.push_back(source.label + " is a partial run: " + source.missing + ".");
  }
  lines.insert(lines.end(), analysis.warnings.begin(), analysis.warnings.end());
  return lines;
}

std::vector<NamedTable> all_tables(const Analysis& analysis) {
  std::vector<NamedTable> tables = analysis.tables;
  if (!analysis.claims.empty()) {
    tables.push_back({.file = "claims.csv",
                      .about = "each claim with its test and verdict",
                      .table = claims_table(judge(analysis.claims))});
  }
  Table partial{.columns = {"run", "partial"}, .rows = {}};
  for (const Source& source : analysis.sources) {
    if (!source.missing.empty()) partial.rows.push_back({source.label, source.missing});
  }
  if (!partial.rows.empty()) {
    tables.push_back({.file = "partial.csv",
                      .about = "each partial run and what is missing of it",
                      .table = std::move(partial)});
  }
  return tables;
}

std::string summary_text(const Analysis& analysis) {
  std::string text;
  for (const Source& source : analysis.sources) text += source.label + ": " + source.about + "\n";
  text += "Analysis: " + options_text(analysis) + "\n\nFindings\n";
  for (const std::string& line : lines_or_none(told(analysis))) text += "- " + line + "\n";
  text += "\nWarnings\n";
  for (const std::string& line : lines_or_none(all_warnings(analysis))) text += "- " + line + "\n";
  return text;
}

std::string key_figure(const Analysis& analysis) {
  if (!analysis.key_figure.empty()) return analysis.key_figure;
  for (const Section& section : analysis.sections) {
    if (!section.folded && !section.figures.empty()) return section.figures.front();
  }
  return "";
}

Page page(const Analysis& analysis, const DrawnFigures& drawn) {
  Page result{.title = analysis.title, .alerts = all_warnings(analysis), .facts = facts(analysis)};
  for (const Source& source : analysis.sources) {
    result.subtitle += (result.subtitle.empty() ? "" : " \u00b7 ") + source.label;
  }
  result.alerts.insert(result.alerts.end(), drawn.notes.begin(), drawn.notes.end());
  result.leads = leads(analysis);
  const std::vector<std::string> lines = told(analysis);
  const std::vector<std::string> others(
      lines.begin() + static_cast<std::ptrdiff_t>(std::min(result.leads.size(), lines.size())),
      lines.end());
  if (!others.empty()) {
    result.sections.push_back({.title = "Findings", .blocks = findings_blocks(others)});
  }
  std::set<std::string> seen;
  if (const std::string key = key_figure(analysis); !key.empty()) {
    result.key = block_of(key, analysis, drawn);
  }
  for (const Section& section : analysis.sections) {
    result.sections.push_back(shown(section, analysis, drawn, seen));
    if (result.sections.back().blocks.empty()) result.sections.pop_back();  // the key figure alone
  }
  if (seen.size() != analysis.figures.size()) {
    throw std::invalid_argument("page: " + std::to_string(analysis.figures.size()) +
                                " figures, of which the sections name " +
                                std::to_string(seen.size()));
  }
  if (const auto terms = defined(analysis); !terms.empty()) {
    result.sections.push_back({.title = "Definitions", .blocks = {Points{terms}}, .folded = true});
  }
  result.sections.push_back(files_section(analysis));
  result.sections.push_back({.title = "Provenance",
                             .blocks = {TableBlock{.caption = "Options of the analysis, and plans",
                                                   .file = "provenance.csv",
                                                   .table = provenance_table(analysis),
                                                   .folded = true}}});
  return result;
}

const NamedTable& table_named(std::span<const NamedTable> tables, const std::string& file) {
  const auto found = std::find_if(tables.begin(), tables.end(),
                                  [&file](const NamedTable& table) { return table.file == file; });
  if (found == tables.end()) throw std::invalid_argument("table_named: no table " + file);
  return *found;
}

TableBlock folded(const NamedTable& table, std::string caption) {
  if (caption.empty()) caption = table.about;
  return {.caption = std::move(caption), .file = table.file, .table = table.table, .folded = true};
}

}  // namespace phiscope::report
