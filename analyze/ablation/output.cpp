// SPDX-License-Identifier: MIT
#include "ablation/output.hpp"

#include "ablation/figures.hpp"
#include "ablation/report.hpp"
#include "ablation/tables.hpp"
#include "figure/plotly_bundle.hpp"
#include "report/folder.hpp"

namespace phiscope::analyze::ablation {

std::vector<Result> analyze_paths(const std::vector<std::filesystem::path>& paths,
                                  const ReadOptions& read, const Options& options) {
  std::vector<Ablation> ablations;
  std::vector<std::string> names;
  for (const auto& path : paths) {
    ablations.push_back(read_ablation(path, read));
    names.push_back(ablations.back().name);
  }
  const std::vector<std::string> labels = unique_labels(names);
  std::vector<Result> results;
  for (std::size_t i = 0; i < ablations.size(); ++i) {
    results.push_back(analyze(ablations[i], options));
    results.back().label = labels[i];
  }
  return results;
}

Written write_outputs(const std::vector<Result>& results, const Options& options,
                      const std::filesystem::path& directory, bool draw) {
  Written written;
  for (const Result& result : results) {
    for (std::string& line : warnings(result)) written.notes.push_back(std::move(line));
  }
  const std::vector<NamedTable> all = tables(results);
  std::vector<OutputFile> files = table_files(all);
  DrawnFigures drawn = draw_figures(figures(results), draw, options.threads);
  for (OutputFile& file : drawn.files) files.push_back(std::move(file));
  for (std::string& note : drawn.notes) written.notes.push_back(std::move(note));
  written.findings = findings(results);
  std::string summary;
  for (const std::string& line : written.findings) summary += line + "\n";
  files.push_back({"summary.txt", summary});
  files.push_back({"report.html",
                   figure::html_report(report(results, options, all, drawn.blocks, written.notes),
                                       figure::plotly_bundle())});
  written.files = write_files(files, directory);
  return written;
}

}  // namespace phiscope::analyze::ablation
