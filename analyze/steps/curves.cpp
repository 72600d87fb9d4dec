// SPDX-License-Identifier: MIT
#include "report/drawn.hpp"
#include "steps/definitions.hpp"
#include "steps/figures.hpp"

#include <phiscope/problem_difficulty.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>

namespace phiscope::analyze::steps {
namespace {

using figure::Figure;
using figure::Lines;
using figure::Panel;
using figure::Series;

/// What a curve shows of a cell.
using EstimateOf = std::function<Estimate(const Cell&)>;

/// A run at one of its layers: what a curve is of.
struct CurveOf {
  const Result* result = nullptr;
  std::int64_t layer = 0;
  int number = 0;  ///< among all curves: its colour and dash
};

std::vector<CurveOf> curves_of(const std::vector<Result>& results) {
  std::vector<CurveOf> curves;
  for (const Result& result : results) {
    for (const std::int64_t layer : result.data.axes.layers) {
      curves.push_back({&result, layer, static_cast<int>(curves.size())});
    }
  }
  return curves;
}

int palette_size() {
  return static_cast<int>(figure::palette().size());
}

std::string curve_name(const CurveOf& curve) {
  return curve.result->label + ", layer " + std::to_string(curve.layer);
}

void add_point(double x, const Estimate& estimate, Series& series) {
  series.x.push_back(x);
  series.y.push_back(report::drawn(estimate.value));
  series.low.push_back(report::drawn(estimate.low));
  series.high.push_back(report::drawn(estimate.high));
}

/// The lanes of a kind at a layer over their steps; early exit has no layer.
Series step_series(const CurveOf& curve, Kind kind, const EstimateOf& estimate_of) {
  Series series;
  series.name = curve_name(curve);
  series.color = curve.number % palette_size();
  series.dash = curve.number / palette_size() % 4;
  const Steps& data = curve.result->data;
  for (std::size_t lane = 0; lane < data.lanes.size(); ++lane) {
    const Lane& at = data.lanes[lane];
    if (at.kind != kind || (at.layer != curve.layer && at.layer != no_layer)) continue;
    add_point(static_cast<double>(at.step), estimate_of(curve.result->cell(0, lane)), series);
  }
  return series;
}

/// The kinds that some run has, in the order of their numbers; all where cumulative has no panel.
std::vector<Kind> panel_kinds(const std::vector<Result>& results) {
  const auto has = [&results](Kind kind) {
    return std::any_of(results.begin(), results.end(),
                       [kind](const Result& result) { return result.data.has_kind(kind); });
  };
  std::vector<Kind> kinds;
  for (const Kind kind :
       {Kind::cumulative, Kind::single, Kind::leave_one, Kind::all, Kind::early_exit}) {
    const bool is_twin = kind == Kind::all && has(Kind::cumulative);
    if (has(kind) && !is_twin) kinds.push_back(kind);
  }
  return kinds;
}

/// Whole numbers at all steps, so that short axes have no halves; bot at -1.
void set_ticks(Lines& lines) {
  std::vector<double> ticks;
  for (const Series& series : lines.series) {
    ticks.insert(ticks.end(), series.x.begin(), series.x.end());
  }
  std::sort(ticks.begin(), ticks.end());
  ticks.erase(std::unique(ticks.begin(), ticks.end()), ticks.end());
  if (ticks.size() > 16) return;
  lines.x_ticks = ticks;
  lines.x_tick_labels.reserve(ticks.size());
  for (const double tick : ticks) {
    lines.x_tick_labels.push_back(step_text(static_cast<std::int64_t>(tick)));
  }
}

struct CurveFigure {
  std::string name = {};
  std::string title = {};
  std::string unit = {};
  std::string definition = {};
  EstimateOf estimate_of = {};
};

std::vector<CurveFigure> curve_figures() {
  const auto mean = [](Measure measure) {
    return [measure](const Cell& cell) { return cell.mean(measure).mean; };
  };
  return {{"importance", "Importance over the steps", "importance", importance_definition(),
           [](const Cell& cell) { return cell.importance; }},
          {"repaired", "Repaired answers over the steps", "share repaired",
           "Share of the answers that are not right without a change and are right with it.",
           [](const Cell& cell) { return cell.repaired; }},
          {"log_probability_drop", "What the right answer loses over the steps", "nats per token",
           measure_definition(Measure::log_probability_drop) + ".",
           mean(Measure::log_probability_drop)},
          {"kl", "KL(changed || baseline) at the right answer's tokens", "nats per token",
           measure_definition(Measure::kl) + ".", mean(Measure::kl)}};
}

Figure curve_figure(const std::vector<Result>& results, const CurveFigure& of) {
  Figure figure;
  figure.name = "steps_" + of.name;
  figure.title = of.title;
  figure.caption =
      "One panel per step set, with 95 % intervals over problems. Cumulative i is of the first i "
      "thoughts together, not of thought i.";
  figure.definition = of.definition;
  figure.source = "steps.csv";
  const std::vector<CurveOf> curves = curves_of(results);
  const std::vector<Kind> kinds = panel_kinds(results);
  figure.columns = std::min<std::size_t>(3, kinds.size());
  for (const Kind kind : kinds) {
    Panel panel{.title = std::string(kind_name(kind)),
                .x_label = axis_text(kind),
                .y_label = of.unit,
                .content = {}};
    Lines lines;
    lines.reference = 0.0;
    lines.series.reserve(curves.size());
    for (const CurveOf& curve : curves) {
      // One curve per run where there is no layer.
      const bool is_again =
          kind == Kind::early_exit && curve.layer != curve.result->data.axes.layers.front();
      Series series = step_series(curve, kind, of.estimate_of);
      if (!series.x.empty() && !is_again) lines.series.push_back(std::move(series));
    }
    set_ticks(lines);
    panel.content = std::move(lines);
    figure.panels.push_back(std::move(panel));
  }
  for (const CurveOf& curve : curves) {
    figure.legend.push_back(
        {curve_name(curve), curve.number % palette_size(), curve.number / palette_size() % 4});
  }
  return figure;
}

bool has_value(const Figure& figure) {
  const figure::ValueCounts counts = figure::count_values(figure);
  return counts.all > counts.undefined;
}

/// Right answers that remain, over the number of thoughts; with all of them it is the baseline.
Series remaining(const Result& result, std::size_t group, const std::string& name, int color) {
  Series series;
  series.name = name;
  series.color = color % palette_size();
  series.dash = color / palette_size() % 4;
  const Steps& data = result.data;
  for (std::size_t lane = 0; lane < data.lanes.size(); ++lane) {
    if (data.lanes[lane].kind != Kind::early_exit) continue;
    const Estimate& importance = result.cell(group, lane).importance;
    Estimate rest = importance;
    rest.value = difference(1.0, importance.value);
    rest.low = difference(1.0, importance.high);
    rest.high = difference(1.0, importance.low);
    add_point(static_cast<double>(data.lanes[lane].step), rest, series);
  }
  if (series.x.empty() || !result.groups[group].baseline.importance.value.ok()) return series;
  add_point(static_cast<double>(data.axes.latents), {.value = 1.0, .low = 1.0, .high = 1.0},
            series);
  return series;
}

Panel remaining_panel(const std::string& title, Lines lines) {
  set_ticks(lines);
  return {.title = title,
          .x_label = axis_text(Kind::early_exit),
          .y_label = "right answers that remain",
          .content = std::move(lines)};
}

/// Strata with enough right answers.
Lines strata_lines(const Result& result) {
  Lines lines;
  for (std::size_t group = 1; group < result.groups.size(); ++group) {
    const Group& of = result.groups[group];
    const bool is_drawn =
        of.part == result.chief() && of.stratum && of.baseline.counts.baseline_right >= least_right;
    if (!is_drawn) continue;
    lines.series.push_back(
        remaining(result, group, of.name + " steps", static_cast<int>(*of.stratum)));
  }
  return lines;
}

}  // namespace

std::vector<Figure> step_curves(const std::vector<Result>& results) {
  std::vector<Figure> figures;
  for (const CurveFigure& of : curve_figures()) {
    Figure figure = curve_figure(results, of);
    if (has_value(figure)) figures.push_back(std::move(figure));
  }
  return figures;
}

std::vector<Figure> early_exit_curves(const std::vector<Result>& results) {
  Figure figure;
  figure.name = "early_exit";
  figure.title = "Right answers that remain when the model stops thinking early";
  figure.caption =
      "Nothing is changed: only the first i thoughts are thought. At 0 the model answers without "
      "any; with all of them it is the baseline. 95 % intervals over problems. One panel for all "
      "runs, then one per run with a curve for each stratum of at least 5 right answers.";
  figure.definition = "Share of the answers that are right with all thoughts and remain right.";
  figure.source = "steps.csv";
  Lines all;
  std::vector<Panel> by_stratum;
  for (const Result& result : results) {
    if (!result.data.has_kind(Kind::early_exit)) continue;
    // Black and grey tones do not exist in the palette: runs take the colours after the strata's.
    const int color = static_cast<int>(stratum_names.size() + all.series.size());
    all.series.push_back(remaining(result, 0, result.label, color));
    figure.legend.push_back({result.label, color % palette_size(), color / palette_size() % 4});
    Lines strata = strata_lines(result);
    if (strata.series.empty()) continue;
    by_stratum.push_back(remaining_panel(result.label + ", by stratum", std::move(strata)));
  }
  if (all.series.empty()) return {};
  figure.panels.push_back(remaining_panel("all problems", std::move(all)));
  std::vector<bool> named(stratum_names.size());
  for (Panel& panel : by_stratum) {
    for (const Series& series : std::get<Lines>(panel.content).series) {
      const auto stratum = static_cast<std::size_t>(series.color);
      if (!named[stratum]) figure.legend.push_back({series.name, series.color, 0});
      named[stratum] = true;
    }
    figure.panels.push_back(std::move(panel));
  }
  figure.columns = std::min<std::size_t>(3, figure.panels.size());
  if (!has_value(figure)) return {};
  return {std::move(figure)};
}

}  // namespace phiscope::analyze::steps
