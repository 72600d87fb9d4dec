// SPDX-License-Identifier: MIT
#include "steps/report.hpp"

#include "steps/claims.hpp"
#include "steps/definitions.hpp"
#include "steps/figures.hpp"
#include "steps/findings.hpp"
#include "steps/published.hpp"
#include "steps/tables.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace phiscope::analyze::steps {
namespace {

std::string kinds_text(const std::vector<Kind>& kinds) {
  std::string text;
  for (const Kind kind : kinds) {
    text += (text.empty() ? "" : ", ") + std::string(kind_name(kind));
  }
  return text;
}

std::string layers_text(const std::vector<std::int64_t>& layers) {
  std::string text;
  for (const std::int64_t layer : layers) {
    text += (text.empty() ? "" : ", ") + std::to_string(layer);
  }
  return (layers.size() == 1 ? "layer " : "layers ") + text;
}

/// One source for each run directory; those of a pool say so.
void add_sources(const Result& result, std::vector<report::Source>& sources,
                 std::vector<std::string>& names) {
  const Steps& data = result.data;
  for (std::size_t i = 0; i < data.sources.size(); ++i) {
    std::size_t problems = 0;
    for (std::size_t at = 0; at < data.problems.size(); ++at) {
      problems += data.problems[at].source == i && data.rows[at].complete ? 1U : 0U;
    }
    std::string about = std::to_string(problems) + " problems, " + layers_text(data.axes.layers) +
                        ", " + std::to_string(data.axes.latents) + " latents, sets " +
                        kinds_text(data.axes.kinds);
    if (!data.donor.empty()) about += ", donor " + data.donor;
    if (data.published) about += ", published";
    if (data.sources.size() > 1) about += ", pooled as " + result.label;
    names.push_back(data.sources.size() > 1 ? data.sources[i].name : result.label);
    sources.push_back({.label = {},
                       .about = std::move(about),
                       .missing = data.sources[i].missing,
                       .plan = data.sources[i].details});
  }
}

std::vector<report::Source> sources_of(const std::vector<Result>& results) {
  std::vector<report::Source> sources;
  std::vector<std::string> names;
  for (const Result& result : results) add_sources(result, sources, names);
  const std::vector<std::string> labels = report::unique_labels(names);
  for (std::size_t i = 0; i < sources.size(); ++i) sources[i].label = labels[i];
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

report::Section diagnostics(const std::vector<Result>& results, const Options& options,
                            const report::Analysis& analysis) {
  report::Section section{
      .title = "Diagnostics", .lines = diagnostic_lines(results, options), .folded = true};
  for (const char* file : {"strata.csv", "dropped.csv", "checks.csv"}) {
    section.tables.push_back(folded(report::table_named(analysis.tables, file)));
  }
  return section;
}

report::Section numbers(const report::Analysis& analysis) {
  report::Section section{.title = "Numbers", .folded = true};
  for (const char* file : {"tests.csv", "readouts.csv"}) {
    section.tables.push_back(folded(report::table_named(analysis.tables, file)));
  }
  section.links = {{"steps.csv", "rates, means and intervals of every step set"},
                   {"problems.csv", "every problem in every step set"}};
  for (const report::OutputFile& file : analysis.files) {
    section.links.emplace_back(file.name, "with the published keys");
  }
  return section;
}

}  // namespace

report::Analysis report_of(const std::vector<Result>& results, const Options& options) {
  const Scores scores = options.published_scores ? Scores::both_ways : Scores::broken;
  report::Analysis analysis{
      .program = "analyze-steps",
      .title = "Importance of latent reasoning steps",
      .sources = sources_of(results),
      .left_out = "problems",
      .options = {{"grader", options.grader == Grader::published ? "published" : "default"},
                  {"published scores", options.published_scores ? "yes" : "no"},
                  {"bootstrap resamples", std::to_string(options.resamples)},
                  {"permutations", std::to_string(options.permutations)},
                  {"seed", std::to_string(options.seed)}},
      .warnings = warnings(results),
      .claims = claims(results),
      .findings = findings(results),
      .definitions = definitions(options),
      .tables = tables(results, options),
      .figures = {},
      .sections = {},
      .files = published_files(results, scores),
      .arrays = {}};
  add_figures(analysis, "Without thinking to the end", early_exit_curves(results));
  add_figures(analysis, "Over the steps", step_curves(results));
  add_figures(analysis, "By difficulty", strata_maps(results));
  add_figures(analysis, "Over the layers", layer_maps(results));
  analysis.sections.push_back(diagnostics(results, options, analysis));
  analysis.sections.push_back(numbers(analysis));
  return analysis;
}

}  // namespace phiscope::analyze::steps
