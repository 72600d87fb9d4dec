// SPDX-License-Identifier: MIT
#include "loo/figures.hpp"
#include "report/drawn.hpp"

#include <algorithm>
#include <optional>

namespace phiscope::analyze::loo {
namespace {

using figure::Figure;
using figure::Heatmap;
using figure::Panel;

constexpr std::array<PositionType, 2> kinds = {PositionType::bridge, PositionType::anchor};

std::string layer_name(std::int64_t layer) {
  return layer == -1 ? "embed" : std::to_string(layer);
}

Heatmap layer_map(const RunResult& run) {
  Heatmap map;
  for (const std::int64_t layer : run.info.layers) map.y_labels.push_back(layer_name(layer));
  return map;
}

/// Whether the interval is there and lies on one side of 0.
bool excludes_zero(const Estimate& mean) {
  return mean.low.ok() && mean.high.ok() && (mean.low.value() > 0.0 || mean.high.value() < 0.0);
}

Heatmap influence_map(const RunResult& run, std::size_t condition, PositionType type,
                      Metric metric) {
  Heatmap map = layer_map(run);
  for (const std::int64_t n : run.lengths) map.x_labels.push_back(std::to_string(n));
  for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
    for (std::size_t length = 0; length < run.lengths.size(); ++length) {
      const Estimate& mean =
          run.influence_at(condition, length, layer, type, Pairs::own, Scale::absolute, metric)
              .mean;
      map.values.push_back(report::drawn(mean.value));
      map.marked.push_back(excludes_zero(mean));
    }
  }
  return map;
}

std::optional<std::size_t> index_of(const RunResult& run, const std::string& condition) {
  const auto& all = run.info.conditions;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&condition](const auto& c) { return c.name == condition; });
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

/// Gives the heatmaps of a row one scale and the last one its colour bar.
void share_scale(std::vector<Panel>& row, const std::string& label) {
  std::vector<const Heatmap*> maps;
  for (const Panel& panel : row) {
    if (const auto* map = std::get_if<Heatmap>(&panel.content)) maps.push_back(map);
  }
  const double limit = figure::largest_magnitude(maps);
  for (Panel& panel : row) {
    if (auto* map = std::get_if<Heatmap>(&panel.content)) {
      map->limit = limit;
      map->draw_y_labels = &panel == &row.front();
      if (&panel == &row.back()) map->color_label = label;
    }
  }
}

/// Bridge and anchor maps of every condition, side by side; a condition the run lacks stays empty.
std::vector<Panel> influence_row(const RunResult& run, const std::vector<std::string>& conditions,
                                 Metric metric, bool is_last) {
  std::vector<Panel> row;
  for (const std::string& name : conditions) {
    for (const PositionType type : kinds) {
      Panel panel;
      panel.title = name + ", " + std::string(position_type_name(type));
      if (is_last) panel.x_label = "context length N";
      if (const auto condition = index_of(run, name)) {
        panel.content = influence_map(run, *condition, type, metric);
      } else {
        panel.content = figure::Lines{};
      }
      row.push_back(std::move(panel));
    }
  }
  row.front().y_label = "layer";
  share_scale(row, "influence");
  for (Panel& panel : row) {
    if (auto* map = std::get_if<Heatmap>(&panel.content)) map->is_log = true;
  }
  return row;
}

constexpr std::string_view map_caption =
    "Mean influence of leaving one position out, by layer (rows) and context length (columns), for "
    "bridge positions (the word's cluster differs from that of the word before) and anchor "
    "positions. Red: positive, blue: negative; grey: no defined value; star: the 95 % interval "
    "over "
    "walks excludes 0, not corrected for the number of cells. One colour scale per row of panels, "
    "logarithmic beyond a hundredth of its end; sd, median and intervals in loo.csv.";

std::string source(std::span<const RunResult> runs) {
  std::string text = "loo.csv (own pairs, absolute scale); runs: ";
  for (std::size_t i = 0; i < runs.size(); ++i) text += (i > 0 ? ", " : "") + describe(runs[i]);
  return text;
}

void add_row(Figure& figure, std::vector<Panel> row, const std::string& title) {
  figure.columns = row.size();
  figure.row_titles.push_back(title);
  for (Panel& panel : row) figure.panels.push_back(std::move(panel));
}

Figure metric_heatmap(const std::vector<RunResult>& runs, Metric metric) {
  Figure figure;
  const std::string name(metric_name(metric));
  figure.name = "heatmap_" + name + "_influence";
  figure.title = "Influence of a position on the " + std::string(metric_title(metric));
  figure.tabs = "influence_maps";
  figure.tab = std::string(metric_title(metric));
  figure.caption = map_caption;
  figure.definition = definition(metric);
  figure.source = source(runs);
  for (const RunResult& run : runs) {
    add_row(figure, influence_row(run, condition_names(runs), metric, &run == &runs.back()),
            describe(run));
  }
  return figure;
}

Figure all_metrics_heatmap(const RunResult& run, bool several) {
  Figure figure;
  figure.name = "heatmap_all_metrics" + (several ? "_" + file_stem(run.label) : std::string());
  figure.title = "Influence of a position on four metrics: " + describe(run);
  figure.tabs = "influence_maps";
  figure.tab = several ? "all metrics, " + run.label : "all metrics";
  figure.caption = map_caption;
  figure.source = source(std::span(&run, 1));
  for (const Metric metric : metrics) {
    figure.definition += definition(metric) + " ";
    add_row(
        figure,
        influence_row(run, condition_names(std::span(&run, 1)), metric, metric == metrics.back()),
        "influence on the " + std::string(metric_title(metric)));
  }
  return figure;
}

/// "ratio", "energy", "cross", "within"
std::string short_title(Metric metric) {
  const std::string name(metric_name(metric));
  return name.substr(0, name.find('_'));
}

Figure correlation_heatmap(const std::vector<RunResult>& runs) {
  Figure figure;
  figure.name = "heatmap_rank_correlation";
  figure.title = "Rank correlation between the metrics' influences";
  figure.caption =
      "Spearman's correlation between the influences on two metrics over all events of a condition "
      "(all context "
      "lengths, own pairs), by layer. Intervals and single context lengths in correlations.csv.";
  figure.definition =
      "Pearson's correlation of the average ranks; events where both influences are defined.";
  figure.source = "correlations.csv";
  for (const RunResult& run : runs) {
    std::vector<Panel> row;
    for (const std::string& name : condition_names(runs)) {
      Panel panel;
      panel.title = name;
      const auto condition = index_of(run, name);
      if (!condition) {
        panel.content = figure::Lines{};
        row.push_back(std::move(panel));
        continue;
      }
      Heatmap map = layer_map(run);
      for (std::size_t i = 0; i < map.y_labels.size() * metric_pairs; ++i) {
        const Correlation& found =
            run.correlation_at(*condition, run.lengths.size(), i / metric_pairs, i % metric_pairs);
        map.values.push_back(report::drawn(found.estimate.value));
        if (i < metric_pairs) {
          map.x_labels.push_back(short_title(found.first) + ", " + short_title(found.second));
        }
      }
      panel.content = std::move(map);
      row.push_back(std::move(panel));
    }
    row.front().y_label = "layer";
    share_scale(row, "rank correlation");
    for (Panel& panel : row) {
      if (auto* map = std::get_if<Heatmap>(&panel.content)) map->limit = 1.0;
    }
    add_row(figure, std::move(row), describe(run));
  }
  return figure;
}

}  // namespace

std::vector<Figure> heatmaps(const std::vector<RunResult>& runs) {
  std::vector<Figure> result;
  result.reserve(runs.size() + metrics.size() + 1);
  for (const RunResult& run : runs) result.push_back(all_metrics_heatmap(run, runs.size() > 1));
  for (const Metric metric : metrics) result.push_back(metric_heatmap(runs, metric));
  result.push_back(correlation_heatmap(runs));
  return result;
}

}  // namespace phiscope::analyze::loo
