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

/// One curve per run of `drawn_runs` that has the condition and per context length; colours are
/// those of all runs of the report. `point(run, condition, length, layer)` gives the Estimate to
/// draw.
template <class Point>
Lines lines_of(std::span<const RunResult> drawn_runs, const std::vector<RunResult>& runs,
               const std::string& condition_name, Point point) {
  Lines lines;
  label_layers(drawn_runs, lines);
  const std::vector<std::int64_t> lengths = all_lengths(runs);
  for (std::size_t r = 0; r < drawn_runs.size(); ++r) {
    const RunResult& run = drawn_runs[r];
    for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
      if (run.info.conditions[condition].name != condition_name) continue;
      for (std::size_t length = 0; length < run.lengths.size(); ++length) {
        const auto color =
            std::find(lengths.begin(), lengths.end(), run.lengths[length]) - lengths.begin();
        Series series = empty_series(run, static_cast<int>(color), static_cast<int>(r),
                                     run.label + ", N = " + std::to_string(run.lengths[length]));
        for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
          add_point(series, point(run, condition, length, layer));
        }
        lines.series.push_back(std::move(series));
      }
    }
  }
  return lines;
}

/// How a line of neighbour mixing is dashed, whatever the run.
constexpr int mixing_dash = 3;

/// The ratio of neighbour mixing, level over the layers, one line per run and length.
void add_mixing_lines(const std::vector<RunResult>& runs, const std::string& condition_name,
                      Scale scale, Lines& lines) {
  const std::vector<std::int64_t> lengths = all_lengths(runs);
  for (const RunResult& run : runs) {
    if (!run.has_embedding()) continue;
    for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
      if (run.info.conditions[condition].name != condition_name) continue;
      for (std::size_t length = 0; length < run.lengths.size(); ++length) {
        const auto color =
            std::find(lengths.begin(), lengths.end(), run.lengths[length]) - lengths.begin();
        Series series = empty_series(
            run, static_cast<int>(color), mixing_dash,
            run.label + ", neighbour mixing, N = " + std::to_string(run.lengths[length]));
        series.y.assign(series.x.size(),
                        report::drawn(run.mixing_at(condition, length, scale).mean.value));
        lines.series.push_back(std::move(series));
      }
    }
  }
}

void add_length_legend(const std::vector<RunResult>& runs, Figure& figure) {
  int color = 0;
  for (const std::int64_t n : all_lengths(runs)) {
    figure.legend.push_back({"N = " + std::to_string(n), color++, 0});
  }
}

void add_run_legend(const std::vector<RunResult>& runs, Figure& figure) {
  if (runs.size() < 2) return;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    figure.legend.push_back({describe(runs[r]), -1, static_cast<int>(r)});
  }
}

constexpr std::string_view band_caption =
    " Colour: context length. Bands: 95 % intervals of the mean over walks (ci_units in the table "
    "says how many), none below 5 walks.";

Figure level_curves(const std::vector<RunResult>& runs, const std::string& condition) {
  Figure figure;
  figure.name = "levels_by_layer_" + file_stem(condition);
  figure.title = "Structure of the full contexts by layer: " + condition;
  figure.columns = 3;
  figure.caption =
      "Above, absolute values; below, divided by the embedding layer's value of the same context. "
      "A fixed set of words has an offset of its own there, which the division removes; falling "
      "energy alone is no evidence of structure. Dash-dotted: the ratio that mixing each word's "
      "embedding with the one before it gives without any model.";
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
  for (const Scale scale : {Scale::absolute, Scale::relative}) {
    for (std::size_t i = 0; i < levels.size(); ++i) {
      Panel panel;
      panel.title = names[i] + (scale == Scale::relative ? " / embedding" : "");
      panel.x_label = scale == Scale::relative ? "layer" : "";
      Lines lines = lines_of(runs, runs, condition,
                             [&](const RunResult& run, std::size_t c, std::size_t n,
                                 std::size_t l) -> const Estimate& {
                               return run.level_at(c, n, l, scale, levels[i]).mean;
                             });
      lines.log_y = i == 1;
      if (i == 0) add_mixing_lines(runs, condition, scale, lines);
      if (i == 0 || scale == Scale::relative) lines.reference = 1.0;
      panel.content = std::move(lines);
      figure.panels.push_back(std::move(panel));
    }
  }
  add_length_legend(runs, figure);
  add_run_legend(runs, figure);
  const auto has_embedding = [](const RunResult& run) { return run.has_embedding(); };
  if (std::any_of(runs.begin(), runs.end(), has_embedding)) {
    figure.legend.push_back({"neighbour mixing", -1, mixing_dash});
  }
  return figure;
}

/// Bridge and anchor panels of every run: the runs have rows of their own, since the influences
/// with and without position 0 may differ a hundredfold.
Figure influence_curves(const std::vector<RunResult>& runs, const std::string& condition) {
  Figure figure;
  figure.name = "influence_by_layer_" + file_stem(condition);
  figure.title = "Influence of a position by layer: " + condition;
  figure.columns = metrics.size();
  figure.caption = "Mean influence of leaving one position out, for bridge and anchor positions.";
  figure.caption += band_caption;
  for (const Metric metric : metrics) figure.definition += definition(metric) + " ";
  figure.source = "loo.csv (own pairs, absolute scale)";
  for (const RunResult& run : runs) {
    for (const PositionType type : {PositionType::bridge, PositionType::anchor}) {
      figure.row_titles.push_back(describe(run) + ", " + std::string(position_type_name(type)) +
                                  " positions");
      for (const Metric metric : metrics) {
        Panel panel;
        panel.title = metric_title(metric);
        panel.x_label = &run == &runs.back() && type == PositionType::anchor ? "layer" : "";
        Lines lines = lines_of(
            std::span(&run, 1), runs, condition,
            [&](const RunResult& one, std::size_t c, std::size_t n,
                std::size_t l) -> const Estimate& {
              return one.influence_at(c, n, l, type, Pairs::own, Scale::absolute, metric).mean;
            });
        lines.reference = 0.0;
        panel.content = std::move(lines);
        figure.panels.push_back(std::move(panel));
      }
    }
  }
  add_length_legend(runs, figure);
  return figure;
}

/// Bridge less anchor: a row of panels per run.
Figure bridge_anchor_curves(const std::vector<RunResult>& runs, const std::string& condition) {
  Figure figure;
  figure.name = "bridge_anchor_by_layer_" + file_stem(condition);
  figure.title = "Influence of bridges less that of anchors, by layer: " + condition;
  figure.columns = metrics.size();
  figure.caption =
      "Difference within each walk, mean over the walks; a band that excludes 0 in one layer is no "
      "finding: p_max in the table is corrected over layers and lengths.";
  figure.caption += band_caption;
  figure.definition =
      "Mean influence of a walk's bridges - mean influence of its anchors (position 0 among them).";
  figure.source = "bridge_anchor.csv (anchors: all)";
  for (const RunResult& run : runs) {
    figure.row_titles.push_back(describe(run));
    for (const Metric metric : metrics) {
      Panel panel;
      panel.title = metric_title(metric);
      panel.x_label = &run == &runs.back() ? "layer" : "";
      Lines lines =
          lines_of(std::span(&run, 1), runs, condition,
                   [&](const RunResult& one, std::size_t c, std::size_t n,
                       std::size_t l) -> const Estimate& {
                     return one.bridge_anchor_at(c, n, l, Anchors::all, metric).difference;
                   });
      lines.reference = 0.0;
      panel.content = std::move(lines);
      figure.panels.push_back(std::move(panel));
    }
  }
  add_length_legend(runs, figure);
  return figure;
}

Figure position_zero_curves(const std::vector<RunResult>& runs) {
  Figure figure;
  figure.name = "position_zero";
  figure.title = "What position 0 alone explains of the ratio influence";
  figure.columns = 2;
  figure.caption =
      "R\u00b2 over the mean ratio influences of all context lengths and both kinds of "
      "position, and the fitted scale S, by layer. Near 1: the influences tell how "
      "far the first token is from all others, not how words are arranged.";
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

std::string describe(const RunResult& run) {
  return run.label + " (sink " + run.info.sink_name + ")";
}

std::string file_stem(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    result += is_plain ? c : '_';
  }
  return result;
}

std::vector<std::string> condition_names(std::span<const RunResult> runs) {
  std::vector<std::string> names;
  for (const RunResult& run : runs) {
    for (const Condition& condition : run.info.conditions) {
      if (std::find(names.begin(), names.end(), condition.name) == names.end()) {
        names.push_back(condition.name);
      }
    }
  }
  return names;
}

std::string definition(Metric metric) {
  switch (metric) {
    case Metric::ratio:
      return "Separation ratio influence: full - without, of cross / max(within, 0.001 cross, "
             "1e-10).";
    case Metric::energy:
      return "Energy influence: without - full, of the mean squared distance over within pairs.";
    case Metric::cross:
      return "Cross distance influence: full - without, of the mean distance over cross pairs.";
    case Metric::within:
      break;
  }
  return "Within distance influence: full - without, of the mean distance over within pairs.";
}

std::vector<Figure> curves(const std::vector<RunResult>& runs) {
  std::vector<Figure> result;
  for (const auto& condition : condition_names(runs))
    result.push_back(level_curves(runs, condition));
  result.push_back(position_zero_curves(runs));
  for (const auto& condition : condition_names(runs)) {
    result.push_back(influence_curves(runs, condition));
    result.push_back(bridge_anchor_curves(runs, condition));
  }
  return result;
}

std::vector<Figure> figures(const std::vector<RunResult>& runs) {
  std::vector<Figure> result = curves(runs);
  for (Figure& map : heatmaps(runs)) result.push_back(std::move(map));
  return result;
}

}  // namespace phiscope::analyze::loo
