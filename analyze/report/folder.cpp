// SPDX-License-Identifier: MIT
#include "report/folder.hpp"

#include "figure/gnuplot/gnuplot.hpp"
#include "figure/plotly/bundle.hpp"
#include "program/parallel.hpp"
#include "report/new_folder.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace phiscope::report {
namespace {

/// "SVG and PNG files"
std::string files_text(Pictures pictures) {
  return pictures == Pictures::svg ? "SVG files" : "SVG and PNG files";
}

void add_notes(Pictures pictures, bool has_gnuplot, std::vector<std::string>& notes) {
  const bool is_interactive = !figure::plotly_bundle().empty();
  if (pictures == Pictures::none) {
    notes.emplace_back("No figures: they were switched off.");
    return;
  }
  if (!has_gnuplot) {
    notes.push_back((is_interactive ? "No " + files_text(pictures) : "No figures") +
                    ": the program gnuplot is not in PATH (Debian and Ubuntu: apt-get install "
                    "gnuplot-nox). The tables are complete.");
  }
  if (!is_interactive) {
    notes.emplace_back(
        "Still pictures only: this program was built without Plotly's script "
        "(./dev setup fetches it, or CMake's -DPHISCOPE_PLOTLY=FILE).");
  }
}

/// [figure * formats + format] by one gnuplot process per thread; after one that hangs no other is
/// asked.
std::vector<figure::Rendered> render_figures(const std::vector<figure::Figure>& figures,
                                             const std::vector<figure::Format>& formats,
                                             const std::filesystem::path& gnuplot,
                                             std::size_t threads, std::chrono::milliseconds limit) {
  std::vector<figure::Rendered> rendered(figures.size() * formats.size());
  const std::size_t parts = std::min(std::max<std::size_t>(threads, 1), figures.size());
  for_each_tile(parts, threads, [&](std::size_t part) {
    // Every parts-th figure: neighbours are alike, so that each thread gets as much to do. All of
    // a format after one another: one process draws all PNG.
    std::vector<std::size_t> own;
    std::vector<figure::Picture> wanted;
    for (std::size_t format = 0; format < formats.size(); ++format) {
      for (std::size_t i = part; i < figures.size(); i += parts) {
        own.push_back(formats.size() * i + format);
        wanted.push_back({&figures[i], formats[format]});
      }
    }
    std::vector<figure::Rendered> drawn = figure::render(wanted, gnuplot, limit);
    for (std::size_t k = 0; k < own.size(); ++k) rendered[own[k]] = std::move(drawn[k]);
  });
  return rendered;
}

}  // namespace

DrawnFigures draw_figures(const std::vector<figure::Figure>& figures, Pictures pictures,
                          std::size_t threads, std::chrono::milliseconds limit) {
  DrawnFigures result;
  const bool draw = pictures != Pictures::none;
  const auto gnuplot = draw ? figure::find_gnuplot() : std::nullopt;
  add_notes(pictures, gnuplot.has_value(), result.notes);
  std::vector<figure::Format> formats{figure::Format::svg};
  if (pictures == Pictures::svg_and_png) formats.push_back(figure::Format::png);
  std::vector<figure::Rendered> rendered(figures.size() * formats.size());
  if (gnuplot) rendered = render_figures(figures, formats, *gnuplot, threads, limit);
  std::size_t failed = 0;
  std::string problem;  // the first
  for (std::size_t i = 0; i < figures.size(); ++i) {
    FigureBlock block{.figure = figures[i], .drawn = draw, .svg = {}, .downloads = {}};
    for (std::size_t format = 0; format < formats.size(); ++format) {
      figure::Rendered& one = rendered[formats.size() * i + format];
      if (!one.problem.empty() && failed++ == 0) problem = one.problem;
      if (!gnuplot || !one.problem.empty()) continue;
      const bool is_svg = formats[format] == figure::Format::svg;
      const std::string file = figures[i].name + (is_svg ? ".svg" : ".png");
      if (is_svg) block.svg = one.bytes;
      block.downloads.emplace_back(is_svg ? "SVG" : "PNG", file);
      result.files.push_back({file, std::move(one.bytes)});
    }
    result.blocks.push_back(std::move(block));
  }
  if (failed > 0) {
    result.notes.push_back(std::to_string(failed) + " of " + std::to_string(rendered.size()) + ' ' +
                           files_text(pictures) + " are missing: " + problem +
                           ". The tables are complete.");
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
  NewFolder folder(directory);
  for (const OutputFile& file : files) folder.write(file.name, file.bytes);
  return folder.commit();
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
