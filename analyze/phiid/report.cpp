// SPDX-License-Identifier: MIT
#include "phiid/report.hpp"

#include "phiid/claims.hpp"
#include "phiid/figures.hpp"
#include "phiid/findings.hpp"
#include "phiid/tables.hpp"

#include <phiscope/head_scores.hpp>

#include <algorithm>
#include <array>

namespace phiscope::analyze::phiid {
namespace {

std::vector<report::Fact> option_facts(const Options& options) {
  std::string surrogates = std::to_string(options.surrogates);
  if (options.surrogates > 0) {
    constexpr std::array<const char*, 3> kinds = {" (other prompts)", " (circular shifts)",
                                                  " (random phases)"};
    surrogates += kinds[static_cast<std::size_t>(options.surrogate_kind)];
  }
  std::string method = method_text(options);
  if (method.ends_with('.')) method.pop_back();  // a sentence elsewhere, here a part of one
  std::vector<report::Fact> facts = {
      {"method", std::move(method)},
      {"bootstrap resamples", std::to_string(options.resample_count())},
      {"surrogates", std::move(surrogates)},
      {"seed", std::to_string(options.seed)}};
  if (options.max_pairs > 0) facts.emplace_back("most pairs", std::to_string(options.max_pairs));
  return facts;
}

report::Source source(const RunResult& run) {
  const Input& input = run.input;
  return {.label = input.label,
          .about = std::string(input.details.is_null() ? "a plain array, " : "") +
                   count_text(input.prompts.size(), "prompt") + ", " +
                   count_text(input.layers.size(), "layer") + " of " +
                   count_text(input.heads_per_layer, "head"),
          .missing = input.missing,
          .plan = input.details};
}

report::Analysis empty_analysis(const Options& options) {
  return {.program = "analyze-phiid",
          .title = "Synergy and redundancy of attention heads",
          .sources = {},
          .left_out = "",
          .options = option_facts(options),
          .warnings = {},
          .findings = {},
          .tables = {},
          .figures = {},
          .sections = {},
          .files = {},
          .arrays = {}};
}

std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// The twenty heads that the balance score puts first.
Table top_heads(const Table& all, const RunResult& run) {
  Table table{.columns = all.columns, .rows = {}};
  const auto order = descending_order(run.scores.of(Ranking::balance));
  for (std::size_t k = 0; k < std::min<std::size_t>(20, order.size()); ++k) {
    table.rows.push_back(all.rows[order[k]]);
  }
  return table;
}

report::Section numbers(const report::Analysis& analysis, const RunResult& run) {
  report::Section section{.title = "Numbers", .folded = true};
  const auto& rankings_table = report::table_named(analysis.tables, "rankings.csv");
  section.tables.push_back({.caption = "The twenty heads with the highest balance score",
                            .file = "first_heads.csv",
                            .table = top_heads(rankings_table.table, run),
                            .folded = true});
  for (const report::NamedTable& table : analysis.tables) {
    const bool is_elsewhere = table.file == "rankings.csv" || table.file == "undefined_series.csv";
    if (is_elsewhere || table.table.rows.empty()) continue;
    section.tables.push_back(folded(table));
    section.tables.back().folded = table.file != "graph.csv";
  }
  return section;
}

std::vector<report::NamedArray> arrays(const Matrices& matrices) {
  const std::vector<std::uint64_t> square = {matrices.heads, matrices.heads};
  std::vector<report::NamedArray> result = {
      {"sts.npy", "[head, head], NaN where a pair is not ok", matrices.sts, square},
      {"rtr.npy", "[head, head]", matrices.rtr, square}};
  if (!matrices.atoms.empty()) {
    result.push_back({"atoms.npy",
                      "[16, pair], pairs (0,1) (0,2) ... (1,2) ..., NaN where not ok",
                      matrices.atoms,
                      {phiid_atom_count, pair_count(matrices.heads)}});
  }
  return result;
}

/// Appends the lines with the label of their run.
void add_labelled(const std::string& label, const std::vector<std::string>& lines,
                  std::vector<std::string>& all) {
  for (const std::string& line : lines) {
    all.push_back(label);
    all.back().append(": ").append(line);
  }
}

report::Section all_figures(const std::string& title, const report::Analysis& analysis) {
  report::Section section{.title = title};
  for (const figure::Figure& figure : analysis.figures) section.figures.push_back(figure.name);
  return section;
}

}  // namespace

report::Analysis report_of(const RunResult& run, const Options& options) {
  report::Analysis analysis = empty_analysis(options);
  analysis.sources = {source(run)};
  for (const RunResult& other : run.null_weights) analysis.sources.push_back(source(other));
  analysis.warnings = run.warnings;
  for (const RunResult& other : run.null_weights) {
    add_labelled(other.input.label, other.warnings, analysis.warnings);
  }
  analysis.claims = claims(run);
  analysis.findings = findings(run, options);
  analysis.definitions = definitions(run, options);
  analysis.tables = tables(run, options);
  analysis.figures = figures(run, options);
  analysis.files = {{"diagnostics.json", json_text(diagnostics_json(run, options))}};
  analysis.arrays = arrays(run.matrices);
  analysis.sections = {all_figures("Figures", analysis), numbers(analysis, run)};
  return analysis;
}

report::Analysis overview_of(const std::vector<RunResult>& runs, const Options& options) {
  report::Analysis analysis = empty_analysis(options);
  std::vector<const RunResult*> all;
  report::Section reports{.title = "Reports of the runs"};
  for (const RunResult& run : runs) {
    const std::string& label = run.input.label;
    all.push_back(&run);
    analysis.sources.push_back(source(run));
    add_labelled(label, run.warnings, analysis.warnings);
    for (report::Claim& claim : claims(run)) {
      claim.about = label + ": " + claim.about;
      analysis.claims.push_back(std::move(claim));
    }
    add_labelled(label, findings(run, options), analysis.findings);
    if (analysis.definitions.empty()) analysis.definitions = definitions(run, options);
    reports.links.emplace_back(label + "/report.html", "figures and tables of " + label);
  }
  report::correct_primaries(analysis.claims, "runs");
  analysis.tables = {profile_table(runs, true)};
  analysis.figures = profile_figures(all, options);
  report::Section profiles = all_figures("Profiles", analysis);
  profiles.tables = {folded(analysis.tables.front())};
  analysis.sections = {std::move(profiles), std::move(reports)};
  return analysis;
}

std::vector<report::Part> parts_of(const std::vector<RunResult>& runs, const Options& options) {
  if (runs.size() == 1) return {{"", report_of(runs.front(), options)}};
  std::vector<report::Part> parts;
  parts.reserve(runs.size() + 1);
  for (const RunResult& run : runs) {
    parts.push_back({run.input.label, report_of(run, options)});
  }
  parts.push_back({"", overview_of(runs, options)});
  return parts;
}

}  // namespace phiscope::analyze::phiid
