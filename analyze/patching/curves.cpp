// SPDX-License-Identifier: MIT
#include "patching/definitions.hpp"
#include "patching/figures.hpp"
#include "report/drawn.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace phiscope::analyze::patching {
namespace {

using figure::Figure;
using figure::Lines;
using figure::Series;

constexpr std::array<Measure, 5> curve_measures = {
    Measure::kl_divergence, Measure::prediction_change_rate, Measure::recovery,
    Measure::answer_diff_change, Measure::answer_logit_diff_change};

/// A run in one of its modes: what a curve is of.
struct CurveOf {
  const Result* result = nullptr;
  std::size_t mode = 0;
  int number = 0;  ///< among all curves: its colour and dash
};

std::vector<CurveOf> curves_of(const std::vector<Result>& results) {
  std::vector<CurveOf> curves;
  for (const Result& result : results) {
    for (std::size_t mode = 0; mode < result.data.modes.size(); ++mode) {
      curves.push_back({&result, mode, static_cast<int>(curves.size())});
    }
  }
  return curves;
}

std::string curve_name(const CurveOf& curve) {
  return curve.result->label + ", " + curve.result->data.modes[curve.mode];
}

int color_of(const CurveOf& curve) {
  return curve.number % static_cast<int>(figure::palette().size());
}

int dash_of(const CurveOf& curve) {
  return curve.number / static_cast<int>(figure::palette().size()) % 4;
}

Series layer_series(const CurveOf& curve, const std::string& set, Measure measure) {
  Series series;
  series.name = curve_name(curve);
  series.color = color_of(curve);
  series.dash = dash_of(curve);
  for (const LayerMean& layer : curve.result->layers) {
    if (layer.mode != curve.mode || curve.result->data.sets[layer.set] != set) continue;
    const Estimate& mean = layer.cells[static_cast<std::size_t>(measure)].mean;
    series.x.push_back(static_cast<double>(layer.layer));
    series.y.push_back(report::drawn(mean.value));
    series.low.push_back(report::drawn(mean.low));
    series.high.push_back(report::drawn(mean.high));
  }
  return series;
}

std::vector<std::string> all_sets(const std::vector<Result>& results) {
  std::vector<std::string> sets;
  for (const Result& result : results) {
    for (const std::string& set : result.data.sets) {
      if (std::find(sets.begin(), sets.end(), set) == sets.end()) sets.push_back(set);
    }
  }
  return sets;
}

bool has_value(const Series& series) {
  return std::any_of(series.y.begin(), series.y.end(), [](const auto& y) { return y.has_value(); });
}

Figure curve_figure(const std::vector<Result>& results, Measure measure, bool& is_empty) {
  Figure figure;
  figure.name = "layers_" + std::string(measure_name(measure));
  figure.tabs = "layers";
  figure.tab = std::string(measure_name(measure));
  figure.title = std::string(measure_name(measure)) + " by layer, mean over its steps";
  figure.caption =
      "Mean over the steps (and heads) of a layer, then over pairs, with 95 % intervals over "
      "pairs.";
  figure.definition = definition(measure);
  figure.source = "layers.csv";
  const std::vector<CurveOf> curves = curves_of(results);
  const std::vector<std::string> sets = all_sets(results);
  figure.columns = std::min<std::size_t>(3, sets.size());
  is_empty = true;
  for (const std::string& set : sets) {
    figure::Panel panel;
    panel.title = "set " + set;
    panel.x_label = "layer";
    panel.y_label = std::string(measure_unit(measure));
    Lines lines;
    lines.reference = 0.0;
    lines.series.reserve(curves.size());
    for (const CurveOf& curve : curves) {
      Series series = layer_series(curve, set, measure);
      if (series.x.empty()) continue;
      is_empty = is_empty && !has_value(series);
      lines.series.push_back(std::move(series));
    }
    panel.content = std::move(lines);
    figure.panels.push_back(std::move(panel));
  }
  for (const CurveOf& curve : curves) {
    figure.legend.push_back({curve_name(curve), color_of(curve), dash_of(curve)});
  }
  return figure;
}

}  // namespace

std::vector<Figure> layer_curves(const std::vector<Result>& results) {
  std::vector<Figure> figures;
  figures.reserve(curve_measures.size());
  for (const Measure measure : curve_measures) {
    bool is_empty = false;
    Figure figure = curve_figure(results, measure, is_empty);
    if (!is_empty) figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace phiscope::analyze::patching
