// SPDX-License-Identifier: MIT
#include "report/estimate_text.hpp"
#include "sampling/definitions.hpp"
#include "sampling/figure_parts.hpp"
#include "sampling/figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace phiscope::analyze::sampling {
namespace {

using figure::Figure;
using figure::Histogram;
using figure::Lines;
using figure::Series;

constexpr std::array<Apart, 3> shown_aparts = {Apart::distance, Apart::drift, Apart::reference};

std::vector<double> defined_values(const Manifold& result, Apart apart) {
  std::vector<double> numbers;
  numbers.reserve(result.measured.size());
  for (std::size_t p = 0; p < result.measured.size(); ++p) {
    const Value& value = result.at(p, result.run.info.target(), apart);
    if (value.ok()) numbers.push_back(value.value());
  }
  return numbers;
}

/// Edges of equal bars over all numbers, about the square root of their count.
std::vector<double> edges_of(const std::vector<std::vector<double>>& all) {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  std::size_t most = 0;
  for (const auto& numbers : all) {
    for (const double number : numbers) {
      low = std::min(low, number);
      high = std::max(high, number);
    }
    most = std::max(most, numbers.size());
  }
  if (most == 0) return {};
  if (!(high > low)) {  // one value: a bar around it
    const double half = std::max(0.5, 1e-6 * std::abs(low));
    return {low - half, low + half};
  }
  const std::size_t bars = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::ceil(2.0 * std::sqrt(static_cast<double>(most)))), 4, 24);
  std::vector<double> edges;
  edges.reserve(bars + 1);
  for (std::size_t i = 0; i <= bars; ++i) {
    edges.push_back(low + (high - low) * static_cast<double>(i) / static_cast<double>(bars));
  }
  return edges;
}

std::vector<std::optional<double>> counts_of(const std::vector<double>& numbers,
                                             const std::vector<double>& edges) {
  std::vector<double> counts(edges.size() - 1, 0.0);
  for (const double number : numbers) {
    const auto after = std::upper_bound(edges.begin(), edges.end(), number);
    const auto bar =
        static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, after - edges.begin() - 1));
    counts[std::min(bar, counts.size() - 1)] += 1.0;
  }
  return {counts.begin(), counts.end()};
}

Figure distance_histogram(const Manifold& result, const std::string& suffix) {
  Figure figure =
      figure_about({.name = "distances" + suffix,
                    .title = "Distances of solutions at the target layer",
                    .caption = "Problems by the distance of their latents; `reference` is that of "
                               "greedy solutions of different problems.",
                    .definition = definition(Apart::distance),
                    .source = "manifold.csv"});
  std::vector<std::vector<double>> all;
  all.reserve(shown_aparts.size());
  for (const Apart apart : shown_aparts) all.push_back(defined_values(result, apart));
  Histogram histogram;
  histogram.edges = edges_of(all);
  for (std::size_t i = 0; i < shown_aparts.size() && !histogram.edges.empty(); ++i) {
    figure::BarSeries bars =
        bars_named(std::string(apart_name(shown_aparts[i])), static_cast<int>(i));
    bars.values = counts_of(all[i], histogram.edges);
    histogram.series.push_back(std::move(bars));
    figure.legend.push_back({histogram.series.back().name, static_cast<int>(i), 0});
  }
  figure.panels.push_back(
      panel_of("", "distance (activation units)", "problems", std::move(histogram)));
  return figure;
}

Figure scatter_figure(const Manifold& result, const std::string& suffix) {
  const std::size_t layer = result.run.info.target();
  Figure figure = figure_about(
      {.name = "drift" + suffix,
       .title = "Distance to the oracle against drift after its prefix",
       .caption = "A point per problem at the target layer; below the diagonal the forced "
                  "solution is nearer: " +
                  report::estimate_text(result.layers[layer].improved) + ".",
       .definition = definition(Apart::drift),
       .source = "manifold.csv"});
  Lines lines;
  Series points = series_named("problems", 0);
  points.scattered = true;
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  for (std::size_t p = 0; p < result.measured.size(); ++p) {
    const Value& x = result.at(p, layer, Apart::distance);
    const Value& y = result.at(p, layer, Apart::drift);
    if (!x.ok() || !y.ok()) continue;
    points.x.push_back(x.value());
    points.y.emplace_back(y.value());
    low = std::min({low, x.value(), y.value()});
    high = std::max({high, x.value(), y.value()});
  }
  if (!points.x.empty()) {
    lines.series.push_back(std::move(points));
    Series equal = series_named("equal", 7);
    equal.x = {low, high};
    equal.y = {low, high};
    equal.dash = 1;
    lines.series.push_back(std::move(equal));
  }
  figure.panels.push_back(
      panel_of("", "distance (activation units)", "drift (activation units)", std::move(lines)));
  figure.legend = {{"problems", 0, 0}, {"equal", 7, 1}};
  return figure;
}

Figure manifold_layer_figure(const Manifold& result, const std::string& suffix) {
  Figure figure = figure_about({.name = "distance_layers" + suffix,
                                .title = "Distances of solutions by layer",
                                .caption = "Means over problems with 95 % intervals.",
                                .definition = definition(Apart::distance),
                                .source = "manifold_layers.csv"});
  Lines lines;
  constexpr std::array<Apart, 4> shown = {Apart::distance, Apart::drift, Apart::drift_all,
                                          Apart::reference};
  for (std::size_t i = 0; i < shown.size(); ++i) {
    Series series = series_named(std::string(apart_name(shown[i])), static_cast<int>(i));
    for (std::size_t layer = 0; layer < result.layers.size(); ++layer) {
      add_estimate(series, static_cast<double>(result.run.info.layers[layer]),
                   result.layers[layer][shown[i]].mean);
    }
    figure.legend.push_back({series.name, static_cast<int>(i), 0});
    lines.series.push_back(std::move(series));
  }
  figure.panels.push_back(panel_of("", "layer", "distance (activation units)", std::move(lines)));
  return figure;
}

Series point_series(const Sensitivity& result, const std::string& name, int color,
                    const std::vector<const Estimate*>& estimates) {
  Series series = series_named(name, color);
  for (std::size_t i = 0; i < estimates.size(); ++i) {
    add_estimate(series, static_cast<double>(result.run.points[i]), *estimates[i]);
  }
  return series;
}

}  // namespace

std::vector<Figure> manifold_figures(const Manifold& result, const std::string& suffix) {
  // Without any distance there is nothing to bin or to compare.
  if (defined_values(result, Apart::distance).empty())
    return {manifold_layer_figure(result, suffix)};
  return {distance_histogram(result, suffix), scatter_figure(result, suffix),
          manifold_layer_figure(result, suffix)};
}

std::vector<Figure> sensitivity_figures(const Sensitivity& result, const std::string& suffix) {
  Figure figure = figure_about(
      {.name = "sensitivity" + suffix,
       .title = "What one forced token changes",
       .caption = "Divergence at the target layer and probability of both tokens, by the "
                  "number of tokens before the forced one; means over problems with 95 % "
                  "intervals.",
       .definition = divergence_definition(),
       .source = "sensitivity_points.csv"},
      2);
  std::vector<const Estimate*> divergence;
  std::vector<const Estimate*> kept;
  std::vector<const Estimate*> forced;
  divergence.reserve(result.points.size());
  kept.reserve(result.points.size());
  forced.reserve(result.points.size());
  for (const SensitivityPoint& point : result.points) {
    divergence.push_back(&point.divergence[result.run.info.target()].mean);
    kept.push_back(&point.kept_probability.mean);
    forced.push_back(&point.forced_probability.mean);
  }
  Lines curves;
  curves.series.push_back(point_series(result, "divergence", 0, divergence));
  figure.panels.push_back(panel_of("divergence", "tokens before the forced one",
                                   "distance (activation units)", std::move(curves)));
  Lines chances;
  chances.series.push_back(point_series(result, "greedy token", 1, kept));
  chances.series.push_back(point_series(result, "forced token", 2, forced));
  figure.panels.push_back(
      panel_of("probability", "tokens before the forced one", "probability", std::move(chances)));
  figure.legend = {{"divergence", 0, 0}, {"greedy token", 1, 0}, {"forced token", 2, 0}};
  return {figure};
}

}  // namespace phiscope::analyze::sampling
