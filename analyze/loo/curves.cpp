// SPDX-License-Identifier: MIT
#include "loo/figures.hpp"
#include "report/drawn.hpp"

#include <algorithm>
#include <set>

namespace phiscope::analyze::loo {
namespace {

using figure::Figure;
using figure::Lines;
using figure::Panel;
using figure::Series;

std::vector<std::int64_t> all_lengths(const std::vector<RunResult>& runs) {
  std::set<std::int64_t> lengths;
  for (const RunResult& run : runs) lengths.insert(run.lengths.begin(), run.lengths.end());
  return {lengths.begin(), lengths.end()};
}

/// The layers of all runs, thinned to a dozen labels; the embedding is spelled out.
void label_layers(std::span<const RunResult> runs, Lines& lines) {
  std::set<std::int64_t> layers;
  for (const RunResult& run : runs) layers.insert(run.info.layers.begin(), run.info.layers.end());
  const std::int64_t last = *layers.rbegin();
  const std::int64_t step = last <= 11 ? 1 : last <= 35 ? 4 : last <= 71 ? 8 : 16;
  for (const std::int64_t layer : layers) {
    if (layer != -1 && (layer % step != 0 || (layer == 0 && step > 1))) continue;
    lines.x_ticks.push_back(static_cast<double>(layer));
    lines.x_tick_labels.push_back(layer == -1 ? "emb" : std::to_string(layer));
  }
}

Series empty_series(const RunResult& run, int color, int dash, const std::string& name) {
  Series series;
  series.name = name;
  series.color = color;
  series.dash = dash;
  for (const std::int64_t layer : run.info.layers) series.x.push_back(static_cast<double>(layer));
  return series;
}

void add_point(Series& series, const Estimate& estimate) {
  series.y.push_back(report::drawn(estimate.value));
  series.low.push_back(report::drawn(estimate.low));
  series.high.push_back(report::drawn(estimate.high));
}

int length_color(const std::vector<RunResult>& runs, std::int64_t length) {
  const std::vector<std::int64_t> lengths = all_lengths(runs);
  const auto place = std::find(lengths.begin(), lengths.end(), length) - lengths.begin();
  return figure::sequential_color(static_cast<std::size_t>(place), lengths.size());
}

/// One curve per context length, if the run has the condition; colours are those of all runs. The
/// shortest and the longest contexts have a band. `point(run, condition, length, layer)` gives the
/// Estimate to draw.
template <class Point>
Lines lines_of(const RunResult& run, const std::vector<RunResult>& runs,
               const std::string& condition_name, Point point) {
  Lines lines;
  label_layers(runs, lines);
  const std::vector<std::int64_t> lengths = all_lengths(runs);
  for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
    if (run.info.conditions[condition].name != condition_name) continue;
    for (std::size_t length = 0; length < run.lengths.size(); ++length) {
      const std::int64_t n = run.lengths[length];
      Series series =
          empty_series(run, length_color(runs, n), 0, run.label + ", N = " + std::to_string(n));
      for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
        add_point(series, point(run, condition, length, layer));
      }
      if (n != lengths.front() && n != lengths.back()) {
        series.low.clear();
        series.high.clear();
      }
      lines.series.push_back(std::move(series));
    }
  }
  return lines;
}

/// How a line of neighbour mixing is dashed, whatever the run.
constexpr int mixing_dash = 3;

/// The ratio of neighbour mixing, level over the layers, one line per length.
void add_mixing_lines(const RunResult& run, const std::vector<RunResult>& runs,
                      const std::string& condition_name, Scale scale, Lines& lines) {
  if (!run.has_embedding()) return;
  for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
    if (run.info.conditions[condition].name != condition_name) continue;
    for (std::size_t length = 0; length < run.lengths.size(); ++length) {
      const std::int64_t n = run.lengths[length];
      Series series = empty_series(run, length_color(runs, n), mixing_dash,
                                   run.label + ", neighbour mixing, N = " + std::to_string(n));
      series.y.assign(series.x.size(),
                      report::drawn(run.mixing_at(condition, length, scale).mean.value));
      lines.series.push_back(std::move(series));
    }
  }
}

void add_length_legend(const std::vector<RunResult>& runs, Figure& figure) {
  for (const std::int64_t n : all_lengths(runs)) {
    figure.legend.push_back({"N = " + std::to_string(n), length_color(runs, n), 0});
  }
}

void add_run_legend(const std::vector<RunResult>& runs, Figure& figure) {
  if (runs.size() < 2) return;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    figure.legend.push_back({describe(runs[r]), -1, static_cast<int>(r)});
  }
}

constexpr std::string_view band_caption =
    " Colour: context length. Bands: 95 % intervals, whole walks drawn anew (ci_units in the table "
    "says how many), none below 5 walks; drawn for the shortest and the longest contexts.";

/// The panels of one quantity, one for each run.
struct Quantity {
  std::string title;
  std::string unit;
  std::vector<Lines> runs;
};

/// Runs are columns and quantities rows; one run has its quantities side by side, at most three.
void arrange(std::vector<Quantity> quantities, const std::vector<RunResult>& runs, Figure& figure) {
  const bool is_alone = runs.size() == 1;
  figure.columns = !is_alone ? runs.size() : quantities.size() <= 3 ? quantities.size() : 2;
  for (Quantity& quantity : quantities) {
    if (!is_alone) figure.row_titles.push_back(quantity.title);
    for (std::size_t r = 0; r < runs.size(); ++r) {
      figure.panels.push_back(
          {.title = is_alone                           ? quantity.title
                    : &quantity == &quantities.front() ? describe(runs[r])
                                                       : "",
           .x_label = is_alone || &quantity == &quantities.back() ? "layer" : "",
           .y_label = is_alone || r == 0 ? quantity.unit : "",
           .content = std::move(quantity.runs[r])});
    }
  }
  add_length_legend(runs, figure);
}

/// One vertical axis for the panels of a quantity.
void share_axis(Quantity& quantity) {
  std::vector<double> ends;
  for (const Lines& lines : quantity.runs) {
    for (const Series& series : lines.series) {
      for (const auto* const values : {&series.y, &series.low, &series.high}) {
        for (const auto& value : *values) {
          if (value) ends.push_back(*value);
        }
      }
    }
  }
  for (Lines& lines : quantity.runs) lines.y_include = ends;
}

Figure level_curves(const std::vector<RunResult>& runs, const std::string& condition, Scale scale) {
  const bool is_relative = scale == Scale::relative;
  Figure figure;
  figure.name =
      (is_relative ? "relative_levels_by_layer_" : "levels_by_layer_") + file_stem(condition);
  figure.title = "Structure of the full contexts by layer: " + condition +
                 (is_relative ? ", relative to the embedding" : "");
  figure.tabs = "levels";
  figure.tab = condition + (is_relative ? " / embedding" : "");
  figure.caption =
      is_relative
          ? "Divided by the embedding layer's value of the same context. A fixed set of words has "
            "an offset of its own there, which the division removes."
          : "Absolute values. Falling energy alone is no evidence of structure.";
  figure.caption +=
      " Dash-dotted: the ratio that mixing each word's embedding with the one before it gives "
      "without any model.";
  figure.caption += band_caption;
  figure.definition =
      "Separation ratio (bounded Phi): mean distance of cross pairs / mean distance of within "
      "pairs, above 1 "
      "where words of a cluster are closer together. Energy: mean squared distance "
      "of within pairs (logarithmic axis). Rayleigh: sum of squared distances over "
      "the walk's edges / total variance of the words.";
  figure.source = "levels.csv";
  const std::array<std::size_t, 3> levels = {0, 1, level_count - 1};
  const std::array<std::string, 3> names = {"separation ratio", "Dirichlet energy",
                                            "graph Rayleigh"};
  const std::array<std::string, 3> units = {"ratio", "squared distance", "quotient"};
  std::vector<Quantity> quantities;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    Quantity quantity{.title = names[i] + (is_relative ? " / embedding" : ""),
                      .unit = is_relative ? "relative to the embedding" : units[i],
                      .runs = {}};
    for (const RunResult& run : runs) {
      Lines lines = lines_of(run, runs, condition,
                             [&](const RunResult& one, std::size_t c, std::size_t n,
                                 std::size_t l) -> const Estimate& {
                               return one.level_at(c, n, l, scale, levels[i]).mean;
                             });
      lines.log_y = i == 1;
      if (i == 0) add_mixing_lines(run, runs, condition, scale, lines);
      if (i == 0 || is_relative) lines.reference = 1.0;
      quantity.runs.push_back(std::move(lines));
    }
    share_axis(quantity);
    quantities.push_back(std::move(quantity));
  }
  arrange(std::move(quantities), runs, figure);
  const auto has_embedding = [](const RunResult& run) { return run.has_embedding(); };
  if (std::any_of(runs.begin(), runs.end(), has_embedding)) {
    figure.legend.push_back({"neighbour mixing", -1, mixing_dash});
  }
  return figure;
}

/// Panels of all metrics and runs around 0. The axes are each panel's own, since the influences
/// with and without position 0 may differ a hundredfold.
template <class Point>
std::vector<Quantity> metric_quantities(const std::vector<RunResult>& runs,
                                        const std::string& condition, Point point) {
  std::vector<Quantity> quantities;
  for (const Metric metric : metrics) {
    Quantity quantity{.title = std::string(metric_title(metric)),
                      .unit = metric == Metric::ratio    ? "change of the ratio"
                              : metric == Metric::energy ? "squared distance"
                                                         : "distance",
                      .runs = {}};
    for (const RunResult& run : runs) {
      Lines lines =
          lines_of(run, runs, condition,
                   [&](const RunResult& one, std::size_t c, std::size_t n,
                       std::size_t l) -> const Estimate& { return point(one, c, n, l, metric); });
      lines.reference = 0.0;
      quantity.runs.push_back(std::move(lines));
    }
    quantities.push_back(std::move(quantity));
  }
  return quantities;
}

Figure influence_curves(const std::vector<RunResult>& runs, const std::string& condition,
                        PositionType type) {
  const std::string kind(position_type_name(type));
  Figure figure;
  figure.name = "influence_by_layer_" + file_stem(condition) + "_" + kind;
  figure.title = "Influence of leaving one " + kind + " position out, by layer: " + condition;
  figure.tabs = "influence";
  figure.tab = condition + ", " + kind;
  figure.caption =
      "Mean influence of leaving one " + kind + " position out. Each panel has its own axis.";
  figure.caption += band_caption;
  for (const Metric metric : metrics) figure.definition += definition(metric) + " ";
  figure.source = "loo.csv (own pairs, absolute scale)";
  arrange(metric_quantities(
              runs, condition,
              [type](const RunResult& one, std::size_t c, std::size_t n, std::size_t l,
                     Metric metric) -> const Estimate& {
                return one.influence_at(c, n, l, type, Pairs::own, Scale::absolute, metric).mean;
              }),
          runs, figure);
  return figure;
}

Figure bridge_anchor_curves(const std::vector<RunResult>& runs, const std::string& condition) {
  Figure figure;
  figure.name = "bridge_anchor_by_layer_" + file_stem(condition);
  figure.title = "Influence of bridges less that of anchors, by layer: " + condition;
  figure.tabs = "bridge_anchor";
  figure.tab = condition;
  figure.caption =
      "Difference within each walk, mean over the walks; a band that excludes 0 in one layer is no "
      "finding: p_max in the table is corrected over layers and lengths. Each panel has its own "
      "axis.";
  figure.caption += band_caption;
  figure.definition =
      "Mean influence of a walk's bridges - mean influence of its anchors (position 0 among them).";
  figure.source = "bridge_anchor.csv (anchors: all)";
  arrange(metric_quantities(runs, condition,
                            [](const RunResult& one, std::size_t c, std::size_t n, std::size_t l,
                               Metric metric) -> const Estimate& {
                              return one.bridge_anchor_at(c, n, l, Anchors::all, metric).difference;
                            }),
          runs, figure);
  return figure;
}

Figure position_zero_curves(const std::vector<RunResult>& runs) {
  Figure figure;
  figure.name = "position_zero";
  figure.title = "What position 0 alone explains of the ratio influence";
  figure.columns = 2;
  figure.caption =
      "R\u00b2 over the mean ratio influences of all context lengths and both kinds of "
      "position, and the fitted scale S, by layer. Near 1: the mean influences can be "
      "reproduced from the length of position 0's vector alone.";
  figure.definition =
      "Model: every pair of words is at distance 1, but pairs with the word at "
      "position 0 are at max(1, S / its occurrences); one S per layer and condition.";
  figure.source = "diagnostics.csv";
  Panel share;
  share.title = "share explained (R\u00b2)";
  share.x_label = "layer";
  Panel scale;
  scale.title = "fitted scale S";
  scale.x_label = "layer";
  Lines share_lines;
  Lines scale_lines;
  label_layers(runs, share_lines);
  label_layers(runs, scale_lines);
  share.y_label = "R\u00b2";
  scale.y_label = "S";
  share_lines.reference = 0.0;
  scale_lines.log_y = true;
  const auto conditions = condition_names(runs);
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (std::size_t c = 0; c < runs[r].info.conditions.size(); ++c) {
      const std::string& name = runs[r].info.conditions[c].name;
      const auto color = std::find(conditions.begin(), conditions.end(), name) - conditions.begin();
      Series explained = empty_series(runs[r], static_cast<int>(color), static_cast<int>(r), name);
      Series fitted = explained;
      for (std::size_t layer = 0; layer < runs[r].info.layers.size(); ++layer) {
        const ZeroFit& fit = runs[r].position_zero[c * runs[r].info.layers.size() + layer];
        explained.y.push_back(report::drawn(fit.explained));
        fitted.y.push_back(report::drawn(fit.scale));
      }
      share_lines.series.push_back(std::move(explained));
      scale_lines.series.push_back(std::move(fitted));
    }
  }
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    figure.legend.push_back({conditions[i], static_cast<int>(i), 0});
  }
  add_run_legend(runs, figure);
  share.content = std::move(share_lines);
  scale.content = std::move(scale_lines);
  figure.panels = {std::move(share), std::move(scale)};
  return figure;
}

}  // namespace

std::vector<Figure> curves(const std::vector<RunResult>& runs) {
  const std::vector<std::string> conditions = condition_names(runs);
  std::vector<Figure> result;
  for (const auto& condition : conditions) {
    result.push_back(level_curves(runs, condition, Scale::absolute));
    result.push_back(level_curves(runs, condition, Scale::relative));
  }
  for (const auto& condition : conditions) result.push_back(bridge_anchor_curves(runs, condition));
  for (const auto& condition : conditions) {
    for (const PositionType type : {PositionType::bridge, PositionType::anchor}) {
      result.push_back(influence_curves(runs, condition, type));
    }
  }
  result.push_back(position_zero_curves(runs));
  return result;
}

}  // namespace phiscope::analyze::loo
