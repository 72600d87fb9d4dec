// SPDX-License-Identifier: MIT
#include "loo/output.hpp"

#include "figure/gnuplot.hpp"
#include "figure/plotly_bundle.hpp"
#include "loo/figures.hpp"
#include "loo/report.hpp"
#include "loo/tables.hpp"
#include "program/parallel.hpp"
#include "shard/atomic_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace phiscope::analyze::loo {
namespace {

/// A file that is to be written.
struct File {
  std::string name;
  std::string bytes;
};

struct Picture {
  std::string svg;
  std::string png;
};

std::vector<Picture> draw_all(const std::vector<figure::Figure>& figures,
                              const std::filesystem::path& gnuplot, std::size_t threads) {
  std::vector<Picture> pictures(figures.size());
  for_each_tile(2 * figures.size(), threads, [&](std::size_t tile) {
    const figure::Figure& figure = figures[tile / 2];
    Picture& picture = pictures[tile / 2];
    const bool vector = tile % 2 == 0;
    (vector ? picture.svg : picture.png) =
        render(figure, vector ? figure::Format::svg : figure::Format::png, gnuplot);
  });
  return pictures;
}

/// Why the report shows less than it could; `draw`: figures are wanted.
void add_notes(bool draw, bool has_gnuplot, std::vector<std::string>& notes) {
  const bool is_interactive = !figure::plotly_bundle().empty();
  if (!draw) {
    notes.emplace_back("No figures: they were switched off.");
    return;
  }
  if (!has_gnuplot) {
    notes.push_back(std::string(is_interactive ? "No SVG and PNG files" : "No figures") +
                    ": the program gnuplot is not in PATH (Debian and Ubuntu: apt-get install "
                    "gnuplot-nox). The tables are complete.");
  }
  if (!is_interactive) {
    notes.emplace_back(
        "Still pictures only: this program was built without Plotly's script "
        "(./dev setup fetches it, or CMake's -DPHISCOPE_PLOTLY=FILE).");
  }
}

/// The figures as the report shows them; adds their files.
std::vector<figure::FigureBlock> drawn_figures(const std::vector<RunResult>& runs,
                                               std::size_t threads, bool draw,
                                               std::vector<File>& files,
                                               std::vector<std::string>& notes) {
  const std::vector<figure::Figure> all = figures(runs);
  const auto gnuplot = draw ? figure::find_gnuplot() : std::nullopt;
  std::vector<Picture> pictures(all.size());
  if (gnuplot) pictures = draw_all(all, *gnuplot, threads);
  add_notes(draw, gnuplot.has_value(), notes);
  std::vector<figure::FigureBlock> blocks;
  for (std::size_t i = 0; i < all.size(); ++i) {
    figure::FigureBlock block{
        .figure = all[i], .drawn = draw, .svg = pictures[i].svg, .downloads = {}};
    if (gnuplot) {
      block.downloads = {{"SVG", all[i].name + ".svg"}, {"PNG", all[i].name + ".png"}};
      files.push_back({all[i].name + ".svg", pictures[i].svg});
      files.push_back({all[i].name + ".png", pictures[i].png});
    }
    blocks.push_back(std::move(block));
  }
  return blocks;
}

void add_results(const std::vector<RunResult>& runs, std::vector<File>& files) {
  for (const RunResult& run : runs) {
    for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
      const std::string prefix = runs.size() > 1 ? file_stem(run.label) + "_" : "";
      files.push_back(
          {"results_" + prefix + file_stem(run.info.conditions[condition].name) + ".json",
           results_json(run, condition).dump(1) + "\n"});
    }
  }
}

/// Metadata of the CSV files: what a row is, orientation, columns.
std::string about_tables(const std::vector<NamedTable>& all) {
  nlohmann::ordered_json result = nlohmann::ordered_json::array();
  for (const NamedTable& table : all) {
    result.push_back({{"file", table.file},
                      {"about", table.about},
                      {"rows", table.table.rows.size()},
                      {"columns", table.table.columns}});
  }
  return result.dump(1) + "\n";
}

void refuse_equal_names(const std::vector<File>& files) {
  std::set<std::string> names;
  for (const File& file : files) {
    if (!names.insert(file.name).second) {
      throw std::runtime_error(file.name +
                               ": two outputs have this name; expected conditions and runs that "
                               "differ in letters, digits, '_', '.' or '-'");
    }
  }
}

/// Two directories of one name become "name" and "name_2".
void make_labels_unique(std::vector<RunResult>& runs) {
  std::set<std::string> taken;
  for (RunResult& run : runs) {
    const std::string name = run.label.empty() ? "run" : run.label;
    run.label = name;
    for (int i = 2; !taken.insert(run.label).second; ++i)
      run.label = name + "_" + std::to_string(i);
  }
}

}  // namespace

std::vector<RunResult> analyze_runs(const std::vector<std::filesystem::path>& paths,
                                    bool allow_partial, const Options& options) {
  std::vector<LooRun> opened;  // all are checked before the first is measured
  opened.reserve(paths.size());
  for (const auto& path : paths) opened.push_back(LooRun::open(path, allow_partial));
  std::vector<RunResult> runs;
  runs.reserve(opened.size());
  for (const LooRun& run : opened) runs.push_back(analyze_run(run, options));
  make_labels_unique(runs);
  return runs;
}

Written write_outputs(const std::vector<RunResult>& runs, const Options& options,
                      const std::filesystem::path& directory, bool draw) {
  Written written;
  std::vector<File> files;
  const std::vector<NamedTable> all_tables = tables(runs);
  files.reserve(all_tables.size());
  for (const NamedTable& table : all_tables) files.push_back({table.file, to_csv(table.table)});
  files.push_back({"tables.json", about_tables(all_tables)});
  add_results(runs, files);
  for (const RunResult& run : runs) {
    if (run.contexts.size() == run.info.walks.size()) continue;
    written.notes.push_back("Partial run " + run.label + ": " +
                            std::to_string(run.contexts.size()) + " of " +
                            std::to_string(run.info.walks.size()) + " contexts.");
  }
  const auto drawn = drawn_figures(runs, options.threads, draw, files, written.notes);
  written.findings = findings(runs);
  std::string summary;
  for (const std::string& line : written.findings) summary += line + "\n";
  files.push_back({"summary.txt", summary});
  files.push_back(
      {"report.html", figure::html_report(report(runs, options, all_tables, drawn, written.notes),
                                          figure::plotly_bundle())});
  refuse_equal_names(files);
  std::filesystem::create_directories(directory);
  for (const File& file : files) {
    shard::write_file(directory / file.name, file.bytes);
    written.files.push_back(file.name);
  }
  return written;
}

}  // namespace phiscope::analyze::loo
