// SPDX-License-Identifier: MIT
#include "sampling/report.hpp"

#include "report/folder.hpp"
#include "sampling/claims.hpp"
#include "sampling/definitions.hpp"
#include "sampling/figures.hpp"
#include "sampling/findings.hpp"
#include "sampling/tables.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace phiscope::analyze::sampling {
namespace {

std::vector<report::Source> sources_of(const std::vector<Study>& studies) {
  std::vector<report::Source> sources;
  for (const Study& study : studies) {
    for (const RunInfo* info : study.runs()) {
      const std::string step(step_name(info->step));
      sources.push_back({.label = study.label == step ? step : study.label + "/" + step,
                         .about = std::to_string(info->problems.size()) + " problems, " +
                                  std::to_string(info->dropped.size()) + " dropped, " +
                                  std::to_string(info->layers.size()) + " layers",
                         .missing = info->missing,
                         .plan = info->details});
    }
  }
  return sources;
}

void add_figures(report::Analysis& analysis, const std::string& title,
                 std::vector<figure::Figure> figures) {
  if (figures.empty()) return;
  report::Section section{.title = title};
  for (const figure::Figure& figure : figures) section.figures.push_back(figure.name);
  std::move(figures.begin(), figures.end(), std::back_inserter(analysis.figures));
  analysis.sections.push_back(std::move(section));
}

void add_study_figures(const Study& study, bool several, const Options& options,
                       report::Analysis& analysis) {
  const std::string suffix = several ? "_" + report::file_part(study.label) : std::string();
  const std::string of = several ? study.label + ": " : std::string();
  if (study.variance) {
    add_figures(analysis, of + "Variance", variance_figures(*study.variance, options, suffix));
  }
  if (study.manifold) {
    add_figures(analysis, of + "Distance to the oracle", manifold_figures(*study.manifold, suffix));
  }
  if (study.sensitivity) {
    add_figures(analysis, of + "Branches", sensitivity_figures(*study.sensitivity, suffix));
  }
  if (study.attribution) {
    add_figures(analysis, of + "Attribution",
                attribution_figures(*study.attribution, options, suffix));
  }
  if (study.clusters) {
    add_figures(analysis, of + "Clusters", cluster_figures(*study.clusters, suffix));
  }
}

report::Section diagnostics(const std::vector<Study>& studies, const report::Analysis& analysis) {
  report::Section section{
      .title = "Diagnostics", .lines = diagnostic_lines(studies), .folded = true};
  section.tables.push_back(folded(report::table_named(analysis.tables, "dropped.csv")));
  return section;
}

/// The short tables are in the page, the long ones are linked.
report::Section numbers(const report::Analysis& analysis) {
  report::Section section{.title = "Numbers", .folded = true};
  for (const report::NamedTable& table : analysis.tables) {
    if (table.file == "dropped.csv") continue;
    const bool is_short = table.file == "tests.csv" || table.file == "clusters.csv" ||
                          table.file == "manifold_layers.csv" ||
                          table.file == "sensitivity_points.csv" ||
                          table.file == "attribution_means.csv";
    if (is_short)
      section.tables.push_back(folded(table));
    else
      section.links.emplace_back(table.file, table.about);
  }
  return section;
}

/// Questions for the judge and what it said, where something was clustered.
void add_judging(const std::vector<Study>& studies, const std::optional<Verdicts>& verdicts,
                 const Options& options, report::Analysis& analysis) {
  const bool is_clustered = std::any_of(studies.begin(), studies.end(), [](const Study& study) {
    return study.clusters.has_value();
  });
  if (!is_clustered) return;
  const Judging judging = judge_pairs(studies, verdicts, options);
  analysis.findings.push_back(judge_line(judging));
  analysis.tables.push_back(judgement_table(studies, judging));
  analysis.files.push_back({requests_name, requests_text(studies, judging)});
  add_figures(analysis, "Judge", judge_figures(judging));
}

}  // namespace

report::Analysis report_of(const std::vector<Study>& studies, const Options& options,
                           const std::optional<Verdicts>& verdicts) {
  report::Analysis analysis{
      .program = "analyze-sampling",
      .title = "Geometry of sampled solutions",
      .sources = sources_of(studies),
      .left_out = "problems",
      .options = {{"grader", std::string(grader_names[static_cast<std::size_t>(options.grader)])},
                  {"full length only", options.full_length_only ? "yes" : "no"},
                  {"norm", std::string(norm_name(options.norm))},
                  {"clusters", options.clusters > 0 ? std::to_string(options.clusters)
                               : options.choose == ChooseClusters::gap ? "by gap"
                                                                       : "by silhouette"},
                  {"bootstrap resamples", std::to_string(options.resamples)},
                  {"sign flips", std::to_string(options.sign_flips)},
                  {"permutations", std::to_string(options.permutations)},
                  {"seed", std::to_string(options.seed)}},
      .warnings = warnings(studies),
      .claims = claims(studies, options),
      .findings = findings(studies, options),
      .definitions = definitions(studies, options),
      .tables = tables(studies, options),
      .figures = {},
      .sections = {},
      .files = {},
      .arrays = {}};
  for (const Study& study : studies) {
    add_study_figures(study, studies.size() > 1, options, analysis);
  }
  add_judging(studies, verdicts, options, analysis);
  analysis.sections.push_back(diagnostics(studies, analysis));
  analysis.sections.push_back(numbers(analysis));
  return analysis;
}

}  // namespace phiscope::analyze::sampling
