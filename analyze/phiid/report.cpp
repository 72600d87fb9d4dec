// SPDX-License-Identifier: MIT
#include "phiid/report.hpp"

#include "phiid/figures.hpp"
#include "report/provenance.hpp"

#include <phiscope/head_scores.hpp>

#include <algorithm>

namespace phiscope::analyze::phiid {
namespace {

std::string options_text(const Options& options) {
  std::string text = method_text(options) + " Seed " + std::to_string(options.seed) + "; " +
                     std::to_string(options.resample_count()) + " resamples; " +
                     std::to_string(options.surrogates) + " surrogates";
  if (options.surrogates > 0) {
    text += options.surrogate_kind == SurrogateKind::circular ? " (circular shifts)"
                                                              : " (random phases)";
  }
  if (options.max_pairs > 0) text += "; at most " + std::to_string(options.max_pairs) + " pairs";
  return text + ".";
}

std::vector<Fact> facts(const std::vector<const RunResult*>& runs, const Options& options) {
  std::vector<Fact> result = {{"Program", "analyze-phiid " PHISCOPE_VERSION},
                              {"Analysis", options_text(options)}};
  std::vector<std::string> labels, sizes, versions, models, extraction;
  for (const RunResult* run : runs) {
    const auto& details = run->input.details;
    labels.push_back(run->input.label);
    sizes.push_back(std::to_string(run->input.prompts.size()) + " prompts, " +
                    std::to_string(run->input.layers.size()) + " layers of " +
                    std::to_string(run->input.heads_per_layer) + " heads");
    versions.push_back(details.is_null() ? "a plain array" : version_text(details));
    models.push_back(model_text(plan_member(details, "model")));
    extraction.push_back(members_text(plan_member(details, "options")));
  }
  add_fact("Series", sizes, labels, result);
  add_fact("Extracted by", versions, labels, result);
  add_fact("Model", models, labels, result);
  add_fact("Options of the extraction", extraction, labels, result);
  return result;
}

figure::Section lines_section(const std::string& title, std::vector<std::string> lines,
                              const std::string& otherwise) {
  if (lines.empty()) lines.push_back(otherwise);
  return {.title = title, .blocks = {figure::Points{std::move(lines)}}};
}

Table provenance(const RunResult& run, const Options& options) {
  Table table{.columns = {"run", "what", "value"}, .rows = {}};
  table.rows.push_back({std::string("analysis"), std::string("program"),
                        std::string("analyze-phiid " PHISCOPE_VERSION)});
  table.rows.push_back({std::string("analysis"), std::string("options"), options_text(options)});
  if (!run.input.details.is_null()) {
    add_plan_rows(run.input.details, run.input.label, "", table);
  }
  return table;
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

}  // namespace

figure::Report report(const RunResult& run, const Options& options,
                      const std::vector<NamedTable>& tables,
                      const std::vector<figure::FigureBlock>& drawn,
                      const std::vector<std::string>& notes) {
  figure::Report result;
  result.title = "Synergy and redundancy of attention heads";
  result.subtitle = run.input.label;
  result.facts = facts({&run}, options);
  result.sections.push_back(lines_section("Warnings", run.warnings, "None."));
  result.sections.push_back(lines_section("Findings", findings(run, options), ""));
  figure::Section figures{.title = "Figures", .blocks = {}};
  for (const std::string& note : notes) figures.blocks.emplace_back(figure::Paragraph{note});
  for (const auto& block : drawn) figures.blocks.emplace_back(block);
  result.sections.push_back(std::move(figures));
  figure::Section shown{.title = "Tables", .blocks = {}};
  figure::Downloads files;
  for (const NamedTable& table : tables) {
    files.files.emplace_back(table.file, table.about);
    if (table.file == "rankings.csv") {
      shown.blocks.emplace_back(
          figure::TableBlock{.caption = "The twenty heads with the highest balance score",
                             .file = "first_heads.csv",
                             .table = top_heads(table.table, run),
                             .folded = true});
    } else if (table.file != "undefined_series.csv" && !table.table.rows.empty()) {
      shown.blocks.emplace_back(figure::TableBlock{.caption = table.about,
                                                   .file = table.file,
                                                   .table = table.table,
                                                   .folded = table.file != "graph.csv"});
    }
  }
  files.files.emplace_back("sts.npy", "[head, head], NaN where a pair is not ok");
  files.files.emplace_back("rtr.npy", "[head, head]");
  if (options.all_atoms) {
    files.files.emplace_back("atoms.npy",
                             "[16, pair], pairs (0,1) (0,2) ... (1,2) ..., NaN where not ok");
  }
  shown.blocks.emplace_back(std::move(files));
  result.sections.push_back(std::move(shown));
  result.sections.push_back({.title = "Provenance",
                             .blocks = {figure::TableBlock{.caption = "Options and plan",
                                                           .file = "provenance.csv",
                                                           .table = provenance(run, options),
                                                           .folded = true}}});
  return result;
}

figure::Report overview(const std::vector<RunResult>& runs, const Options& options,
                        const NamedTable& profiles, const std::vector<figure::FigureBlock>& drawn,
                        const std::vector<std::string>& notes) {
  figure::Report result;
  result.title = "Synergy and redundancy of attention heads";
  std::vector<const RunResult*> all;
  for (const RunResult& run : runs) {
    result.subtitle += (result.subtitle.empty() ? "" : " \u00b7 ") + run.input.label;
    all.push_back(&run);
  }
  result.facts = facts(all, options);
  figure::Section figures{.title = "Profiles", .blocks = {}};
  for (const std::string& note : notes) figures.blocks.emplace_back(figure::Paragraph{note});
  for (const auto& block : drawn) figures.blocks.emplace_back(block);
  result.sections.push_back(std::move(figures));
  for (const RunResult& run : runs) {
    figure::Section section = lines_section(run.input.label, findings(run, options), "");
    section.blocks.emplace_back(figure::Paragraph{"Warnings:"});
    std::vector<std::string> lines = run.warnings;
    if (lines.empty()) lines.emplace_back("None.");
    section.blocks.emplace_back(figure::Points{std::move(lines)});
    section.blocks.emplace_back(figure::Downloads{
        {{run.input.label + "/report.html", "its own report, with all figures and tables"}}});
    result.sections.push_back(std::move(section));
  }
  result.sections.push_back({.title = "Tables",
                             .blocks = {figure::TableBlock{.caption = profiles.about,
                                                           .file = profiles.file,
                                                           .table = profiles.table,
                                                           .folded = true}}});
  return result;
}

}  // namespace phiscope::analyze::phiid
