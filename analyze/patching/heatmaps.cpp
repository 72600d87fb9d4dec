// SPDX-License-Identifier: MIT
#include "patching/definitions.hpp"
#include "patching/figures.hpp"
#include "report/drawn.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace phiscope::analyze::patching {
namespace {

using figure::Figure;
using figure::Heatmap;
using figure::Panel;

/// The number that a map shows of a site of a run, if it has one.
using NumberOf = std::function<std::optional<double>(std::size_t site)>;

bool is_positive(Measure measure) {
  return measure == Measure::kl_divergence || measure == Measure::kl_from_baseline ||
         measure == Measure::l2 || measure == Measure::l2_difference ||
         measure == Measure::prediction_change_rate;
}

/// A column of panels: a set with steps, or (empty) all sets without.
std::vector<std::string> panel_columns(const std::vector<Result>& results) {
  std::vector<std::string> columns;
  bool has_whole = false;
  for (const Result& result : results) {
    for (std::size_t set = 0; set < result.data.sets.size(); ++set) {
      const std::string& name = result.data.sets[set];
      if (!result.data.has_steps(set))
        has_whole = true;
      else if (std::find(columns.begin(), columns.end(), name) == columns.end()) {
        columns.push_back(name);
      }
    }
  }
  if (has_whole) columns.emplace_back();
  return columns;
}

/// Layers of a run from bottom to top, and heads within them.
std::vector<std::pair<std::int64_t, std::int64_t>> map_rows(const Patching& data) {
  std::vector<std::pair<std::int64_t, std::int64_t>> rows;
  rows.reserve(data.sites.size());
  for (const Site& site : data.sites) rows.emplace_back(site.layer, site.head);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

/// A cell of the map: the site of a mode with this set, layer, head and step, if it was patched.
std::optional<double> number_at(const Patching& data, const Site& wanted, const NumberOf& number) {
  const auto found = std::lower_bound(data.sites.begin(), data.sites.end(), wanted);
  if (found == data.sites.end() || *found != wanted) return std::nullopt;
  return number(static_cast<std::size_t>(found - data.sites.begin()));
}

/// Columns of a map: set and step with the text below.
struct MapColumn {
  std::size_t set = 0;
  std::int64_t step = 0;
  std::string text;
};

std::vector<MapColumn> map_columns(const Patching& data, const std::string& column) {
  std::vector<MapColumn> columns;
  for (std::size_t set = 0; set < data.sets.size(); ++set) {
    if (column.empty() && !data.has_steps(set)) columns.push_back({set, 0, data.sets[set]});
    if (column.empty() || data.sets[set] != column) continue;
    for (std::int64_t step = 0; step < data.positions; ++step) {
      columns.push_back({set, step, std::to_string(step)});
    }
  }
  return columns;
}

Panel map_panel(const Patching& data, std::size_t mode, const std::string& column,
                const NumberOf& number, figure::Colormap colors) {
  Panel panel;
  panel.title = column.empty() ? "whole sets" : column;
  panel.x_label = column.empty() ? "set" : "latent step";
  Heatmap map;
  map.map = colors;
  const std::vector<MapColumn> columns = map_columns(data, column);
  for (const MapColumn& each : columns) map.x_labels.push_back(each.text);
  for (const auto& [layer, head] : map_rows(data)) {
    map.y_labels.push_back(std::to_string(layer) +
                           (data.has_heads ? "." + std::to_string(head) : std::string()));
    for (const MapColumn& each : columns) {
      const Site wanted = {
          .mode = mode, .set = each.set, .layer = layer, .head = head, .step = each.step};
      map.values.push_back(number_at(data, wanted, number));
    }
  }
  if (columns.empty())
    panel.content = figure::Lines{};
  else
    panel.content = std::move(map);
  return panel;
}

void add_panels(Figure& figure, std::vector<Panel> row, const std::string& title) {
  figure.columns = row.size();
  figure.row_titles.push_back(title);
  row.front().y_label = "layer";
  for (Panel& panel : row) figure.panels.push_back(std::move(panel));
}

/// Gives all maps one scale, so that a control looks as small as it is, and the last one of each
/// row a colour bar.
void share_colors(Figure& figure, const std::string& unit) {
  std::vector<const Heatmap*> maps;
  for (const Panel& panel : figure.panels) {
    if (const auto* map = std::get_if<Heatmap>(&panel.content)) maps.push_back(map);
  }
  const double limit = figure::largest_magnitude(maps);
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    auto* map = std::get_if<Heatmap>(&figure.panels[i].content);
    if (map == nullptr) continue;
    map->limit = limit;
    map->draw_y_labels = i % figure.columns == 0;
    if ((i + 1) % figure.columns == 0) map->color_label = unit;
  }
}

figure::Colormap colors_of(Measure measure) {
  return is_positive(measure) ? figure::Colormap::sequential : figure::Colormap::diverging;
}

NumberOf mean_of_group(const Result& result, std::size_t group, Measure measure) {
  return [&result, group, measure](std::size_t site) {
    return report::drawn(result.cell(group, site, measure).mean.value);
  };
}

bool has_values(const std::vector<Result>& results, Measure measure) {
  return std::any_of(results.begin(), results.end(), [measure](const Result& result) {
    for (std::size_t site = 0; site < result.data.sites.size(); ++site) {
      if (result.cell(0, site, measure).mean.value.ok()) return true;
    }
    return false;
  });
}

Figure map_figure(const std::string& kind, Measure measure, const std::string& title) {
  Figure figure;
  figure.name = kind + "_" + std::string(measure_name(measure));
  figure.title = std::string(measure_name(measure)) + " " + title;
  figure.definition = definition(measure);
  figure.source = "patching.csv";
  figure.tabs = kind;
  figure.tab = std::string(measure_name(measure));
  return figure;
}

Figure measure_map(const std::vector<Result>& results, Measure measure) {
  Figure figure = map_figure("heatmap", measure, "by layer and latent step");
  figure.caption =
      "Mean over pairs of patching one site: layers from bottom to top, latent steps from left to "
      "right. Grey: undefined, or not patched. One colour scale for all panels; intervals and "
      "tests in patching.csv.";
  const std::vector<std::string> columns = panel_columns(results);
  for (const Result& result : results) {
    for (std::size_t mode = 0; mode < result.data.modes.size(); ++mode) {
      std::vector<Panel> row;
      row.reserve(columns.size());
      for (const std::string& column : columns) {
        row.push_back(map_panel(result.data, mode, column, mean_of_group(result, 0, measure),
                                colors_of(measure)));
      }
      add_panels(figure, std::move(row), result.label + ", " + result.data.modes[mode]);
    }
  }
  share_colors(figure, std::string(measure_unit(measure)));
  return figure;
}

/// Difficulties of all runs: names of their groups after "all".
std::vector<std::string> difficulties(const std::vector<Result>& results) {
  std::vector<std::string> names;
  for (const Result& result : results) {
    for (std::size_t group = 1; group < result.groups.size(); ++group) {
      const std::string& name = result.groups[group].name;
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::string difficulty_title(const Result& result, const std::string& name) {
  for (const Group& group : result.groups) {
    if (group.name != name) continue;
    const std::string steps =
        name == "unknown" ? "steps unknown" : name + (name == "1" ? " step" : " steps");
    const std::size_t pairs = group.pairs.size();
    return steps + " (" + std::to_string(pairs) + (pairs == 1 ? " pair)" : " pairs)");
  }
  return name + " steps (no pairs)";
}

Figure difficulty_map(const std::vector<Result>& results, Measure measure) {
  Figure figure = map_figure("difficulty", measure, "by reasoning steps of the question");
  figure.caption =
      "The maps of the first mode and set, one panel for the pairs of each number of reasoning "
      "steps. Few pairs make a map noisy: see their number and the intervals in patching.csv.";
  const std::vector<std::string> names = difficulties(results);
  for (const Result& result : results) {
    std::vector<Panel> row;
    row.reserve(names.size());
    const std::string column = result.data.has_steps(0) ? result.data.sets[0] : std::string();
    for (const std::string& name : names) {
      const auto found = std::find_if(result.groups.begin(), result.groups.end(),
                                      [&name](const Group& group) { return group.name == name; });
      Panel panel;
      panel.content = figure::Lines{};
      if (found != result.groups.end()) {
        const auto group = static_cast<std::size_t>(found - result.groups.begin());
        panel = map_panel(result.data, 0, column, mean_of_group(result, group, measure),
                          colors_of(measure));
      }
      panel.title = difficulty_title(result, name);
      row.push_back(std::move(panel));
    }
    add_panels(figure, std::move(row),
               result.label + ", " + result.data.modes[0] + ", " + result.data.sets[0]);
  }
  share_colors(figure, std::string(measure_unit(measure)));
  return figure;
}

}  // namespace

std::vector<Figure> heatmaps(const std::vector<Result>& results) {
  std::vector<Figure> figures;
  figures.reserve(2 * measure_count);
  for (const Measure measure : all_measures()) {
    if (has_values(results, measure)) figures.push_back(measure_map(results, measure));
  }
  if (difficulties(results).empty()) return figures;
  for (const Measure measure : {Measure::kl_divergence, Measure::recovery,
                                Measure::answer_diff_change, Measure::answer_logit_diff_change}) {
    if (has_values(results, measure)) figures.push_back(difficulty_map(results, measure));
  }
  return figures;
}

std::vector<Figure> difference_maps(const std::vector<Result>& results,
                                    const std::vector<Comparison>& comparisons) {
  std::vector<Figure> figures;
  if (results.size() < 2) return figures;
  const Result& first = results.front();
  const std::vector<std::string> columns = panel_columns({first});
  for (const Measure measure : compared) {
    Figure figure = map_figure("difference", measure, "of " + first.label + " minus other runs");
    figure.caption = "Mean over the pairs that both runs have, in the first mode. Red: more in " +
                     first.label +
                     ", blue: more in the other run; grey: undefined, or not in both.";
    figure.source = "comparisons.csv";
    for (std::size_t run = 1; run < results.size(); ++run) {
      const NumberOf number = [&](std::size_t site) -> std::optional<double> {
        for (const Comparison& each : comparisons) {
          if (each.run == run && each.site == site && each.measure == measure) {
            return report::drawn(each.difference.mean.value);
          }
        }
        return std::nullopt;
      };
      std::vector<Panel> row;
      row.reserve(columns.size());
      for (const std::string& column : columns) {
        row.push_back(map_panel(first.data, 0, column, number, figure::Colormap::diverging));
      }
      add_panels(figure, std::move(row), "minus " + results[run].label);
    }
    share_colors(figure, std::string(measure_unit(measure)));
    if (figure::count_values(figure).all > figure::count_values(figure).undefined) {
      figures.push_back(std::move(figure));
    }
  }
  return figures;
}

}  // namespace phiscope::analyze::patching
