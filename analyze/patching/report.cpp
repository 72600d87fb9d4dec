// SPDX-License-Identifier: MIT
#include "patching/report.hpp"

#include "patching/checks.hpp"
#include "patching/claims.hpp"
#include "patching/definitions.hpp"
#include "patching/figures.hpp"
#include "patching/findings.hpp"
#include "patching/results.hpp"
#include "patching/tables.hpp"

#include <iterator>
#include <utility>

namespace phiscope::analyze::patching {
namespace {

std::string list_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

report::Source source(const Result& result) {
  const Patching& data = result.data;
  std::string about = std::to_string(data.complete_pairs()) + " pairs, " +
                      std::to_string(data.layers.size()) + " layers, " +
                      std::to_string(data.positions) + " positions, mode " + list_text(data.modes) +
                      ", sets " + list_text(data.sets);
  if (!data.donor.empty()) about += ", donor " + data.donor;
  return {.label = result.label,
          .about = std::move(about),
          .missing = data.missing,
          .plan = data.details};
}

report::Section diagnostics(const std::vector<Result>& results, const report::Analysis& analysis) {
  report::Section section{
      .title = "Diagnostics", .lines = diagnostic_lines(results), .folded = true};
  for (const char* file : {"dropped.csv", "checks.csv", "baselines.csv"}) {
    section.tables.push_back(folded(report::table_named(analysis.tables, file)));
  }
  return section;
}

void add_figures(report::Analysis& analysis, const std::string& title,
                 std::vector<figure::Figure> figures) {
  if (figures.empty()) return;
  report::Section section{.title = title};
  for (const figure::Figure& figure : figures) section.figures.push_back(figure.name);
  std::move(figures.begin(), figures.end(), std::back_inserter(analysis.figures));
  analysis.sections.push_back(std::move(section));
}

/// The maps of heatmaps(), those by difficulty apart. The page begins with that of the primary
/// claim's measure.
void add_maps(const std::vector<Result>& results, report::Analysis& analysis) {
  std::vector<figure::Figure> maps;
  std::vector<figure::Figure> by_difficulty;
  for (figure::Figure& figure : heatmaps(results)) {
    (figure.name.starts_with("difficulty_") ? by_difficulty : maps).push_back(std::move(figure));
  }
  const std::string chief =
      "heatmap_" + std::string(measure_name(primary_measure(results.front().data)));
  for (const figure::Figure& map : maps) {
    if (map.name == chief) analysis.key_figure = chief;
  }
  add_figures(analysis, "Maps of layer and step", std::move(maps));
  add_figures(analysis, "By difficulty", std::move(by_difficulty));
}

report::Section numbers(const report::Analysis& analysis) {
  report::Section section{.title = "Numbers", .folded = true};
  for (const char* file : {"layers.csv", "greedy.csv", "comparisons.csv"}) {
    for (const report::NamedTable& table : analysis.tables) {
      if (table.file == file) section.tables.push_back(folded(table));
    }
  }
  section.links = {{"patching.csv", "means, intervals and tests of every site"},
                   {"pairs.csv", "every pair at every site"},
                   {"patching_statistics.json", "the same numbers as JSON"}};
  return section;
}

}  // namespace

report::Analysis report_of(const std::vector<Result>& results, const Options& options) {
  const std::vector<Comparison> comparisons = compare(results, options);
  report::Analysis analysis{.program = "analyze-patching",
                            .title = "Activation patching by layer and latent step",
                            .sources = {},
                            .left_out = "pairs",
                            .options = {{"bootstrap resamples", std::to_string(options.resamples)},
                                        {"sign flips", std::to_string(options.sign_flips)},
                                        {"seed", std::to_string(options.seed)}},
                            .warnings = warnings(results),
                            .claims = claims(results, comparisons),
                            .findings = findings(results),
                            .definitions = definitions(),
                            .tables = tables(results, comparisons),
                            .figures = {},
                            .sections = {},
                            .files = result_files(results),
                            .arrays = {}};
  for (const Result& result : results) analysis.sources.push_back(source(result));
  analysis.sections.push_back(diagnostics(results, analysis));
  add_maps(results, analysis);
  add_figures(analysis, "Runs compared", difference_maps(results, comparisons));
  add_figures(analysis, "Curves over the layers", layer_curves(results));
  analysis.sections.push_back(numbers(analysis));
  return analysis;
}

}  // namespace phiscope::analyze::patching
