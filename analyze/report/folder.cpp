// SPDX-License-Identifier: MIT
#include "report/folder.hpp"

#include "figure/gnuplot.hpp"
#include "figure/plotly_bundle.hpp"
#include "program/parallel.hpp"
#include "shard/atomic_file.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace phiscope::report {
namespace {

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

}  // namespace

DrawnFigures draw_figures(const std::vector<figure::Figure>& figures, bool draw,
                          std::size_t threads) {
  DrawnFigures result;
  const auto gnuplot = draw ? figure::find_gnuplot() : std::nullopt;
  add_notes(draw, gnuplot.has_value(), result.notes);
  std::vector<std::string> svg(figures.size());
  std::vector<std::string> png(figures.size());
  for_each_tile(gnuplot ? 2 * figures.size() : 0, threads, [&](std::size_t tile) {
    const bool is_svg = tile % 2 == 0;
    (is_svg ? svg : png)[tile / 2] =
        render(figures[tile / 2], is_svg ? figure::Format::svg : figure::Format::png, *gnuplot);
  });
  for (std::size_t i = 0; i < figures.size(); ++i) {
    FigureBlock block{.figure = figures[i], .drawn = draw, .svg = svg[i], .downloads = {}};
    if (gnuplot) {
      block.downloads = {{"SVG", figures[i].name + ".svg"}, {"PNG", figures[i].name + ".png"}};
      result.files.push_back({figures[i].name + ".svg", svg[i]});
      result.files.push_back({figures[i].name + ".png", png[i]});
    }
    result.blocks.push_back(std::move(block));
  }
  return result;
}

std::vector<OutputFile> table_files(const std::vector<NamedTable>& tables) {
  std::vector<OutputFile> files;
  nlohmann::ordered_json about = nlohmann::ordered_json::array();
  for (const NamedTable& table : tables) {
    files.push_back({table.file, to_csv(table.table)});
    about.push_back({{"file", table.file},
                     {"about", table.about},
                     {"rows", table.table.rows.size()},
                     {"columns", table.table.columns}});
  }
  files.push_back({"tables.json", about.dump(1) + "\n"});
  return files;
}

std::vector<std::string> write_files(const std::vector<OutputFile>& files,
                                     const std::filesystem::path& directory) {
  std::set<std::string> names;
  for (const OutputFile& file : files) {
    if (names.insert(file.name).second) continue;
    throw std::runtime_error(file.name + ": two outputs have this name, expected different ones");
  }
  std::vector<std::string> written;
  std::filesystem::create_directories(directory);
  for (const OutputFile& file : files) {
    shard::write_file(directory / file.name, file.bytes);
    written.push_back(file.name);
  }
  return written;
}

std::vector<std::string> unique_labels(const std::vector<std::string>& names) {
  std::set<std::string> taken;
  std::vector<std::string> labels;
  for (const std::string& name : names) {
    const std::string stem = name.empty() ? "run" : name;
    std::string label = stem;
    for (int i = 2; !taken.insert(label).second; ++i) label = stem + "_" + std::to_string(i);
    labels.push_back(label);
  }
  return labels;
}

std::string file_part(const std::string& label) {
  std::string part = label;
  for (char& c : part) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (!is_plain) c = '_';
  }
  return part;
}

}  // namespace phiscope::report
