// SPDX-License-Identifier: MIT
#include "figure/table.hpp"
#include "sampling/definitions.hpp"
#include "sampling/figure_parts.hpp"
#include "sampling/figures.hpp"

#include <algorithm>

namespace phiscope::analyze::sampling {
namespace {

using figure::Figure;
using figure::Lines;
using figure::Panel;
using figure::Series;

/// Temperatures with a variance: those above 0, all of solutions from a file.
std::vector<std::size_t> drawn_temperatures(const Variance& result) {
  std::vector<std::size_t> shown;
  for (std::size_t t = 0; t < result.axes.temperatures; ++t) {
    if (result.run.temperatures[t] > 0.0 || result.run.from_file) shown.push_back(t);
  }
  return shown;
}

std::string temperature_name(const Variance& result, std::size_t t) {
  return "T = " + number_text(result.run.temperatures[t]);
}

Panel layer_panel(const Variance& result, Spread spread) {
  Lines lines;
  for (const std::size_t t : drawn_temperatures(result)) {
    Series series = series_named(temperature_name(result, t), color_at(t));
    for (std::size_t layer = 0; layer < result.axes.layers; ++layer) {
      add_estimate(series, static_cast<double>(result.run.info.layers[layer]),
                   result.mean(t, layer, result.axes.checkpoints - 1, spread).mean);
    }
    lines.series.push_back(std::move(series));
  }
  return panel_of(std::string(spread_name(spread)), "layer", spread_unit(spread), std::move(lines));
}

Series checkpoint_series(const Variance& result, std::size_t t, Spread spread,
                         const std::string& name, int color) {
  Series series = series_named(name, color);
  for (std::size_t c = 0; c < result.axes.checkpoints; ++c) {
    add_estimate(series, static_cast<double>(result.run.checkpoints[c]),
                 result.mean(t, result.run.info.target(), c, spread).mean);
  }
  return series;
}

Panel checkpoint_panel(const Variance& result, Spread spread) {
  Lines lines;
  for (const std::size_t t : drawn_temperatures(result)) {
    lines.series.push_back(
        checkpoint_series(result, t, spread, temperature_name(result, t), color_at(t)));
  }
  return panel_of(std::string(spread_name(spread)), "generated tokens", spread_unit(spread),
                  std::move(lines));
}

void add_temperatures(const Variance& result, Figure& figure) {
  for (const std::size_t t : drawn_temperatures(result)) {
    figure.legend.push_back({temperature_name(result, t), color_at(t), 0});
  }
}

Figure layer_figure(const Variance& result, const std::string& suffix) {
  Figure figure = figure_about({.name = "variance_layers" + suffix,
                                .title = "Variance of solutions by layer",
                                .caption = "Mean over problems at the last checkpoint (" +
                                           std::to_string(result.run.checkpoints.back()) +
                                           " tokens) with 95 % intervals over problems.",
                                .definition = definition(Spread::trace_covariance),
                                .source = "variance_means.csv"},
                               2);
  figure.panels = {layer_panel(result, Spread::trace_covariance),
                   layer_panel(result, Spread::cosine)};
  add_temperatures(result, figure);
  return figure;
}

Figure checkpoint_figure(const Variance& result, const Options& options,
                         const std::string& suffix) {
  Figure figure = figure_about(
      {.name = "variance_checkpoints" + suffix,
       .title = "Variance of solutions by length",
       .caption = "Mean over problems at the target layer with 95 % intervals over "
                  "problems; texts that ended earlier " +
                  std::string(options.full_length_only ? "are left out." : "keep their tokens."),
       .definition = definition(Spread::between_share),
       .source = "variance_means.csv"},
      2);
  figure.panels = {checkpoint_panel(result, Spread::trace_covariance),
                   checkpoint_panel(result, Spread::between_share)};
  add_temperatures(result, figure);
  return figure;
}

Figure commitment_figure(const Variance& result, const std::string& suffix) {
  Figure figure = figure_about(
      {.name = "commitment" + suffix,
       .title = "How soon latents tell the final answer",
       .caption = "Leave-one-out accuracy of the nearest centroid at the target layer, "
                  "and its level with answers permuted among the samples of a problem; "
                  "means over problems with 95 % intervals.",
       .definition = definition(Spread::commitment),
       .source = "variance_means.csv"});
  const auto shown = drawn_temperatures(result);
  figure.columns = std::min<std::size_t>(3, std::max<std::size_t>(1, shown.size()));
  for (const std::size_t t : shown) {
    Lines lines;
    lines.series.push_back(checkpoint_series(result, t, Spread::commitment, "answers", 0));
    lines.series.push_back(
        checkpoint_series(result, t, Spread::commitment_permuted, "permuted", 1));
    lines.series.back().dash = 1;
    figure.panels.push_back(
        panel_of(temperature_name(result, t), "generated tokens", "accuracy", std::move(lines)));
  }
  figure.legend = {{"answers", 0, 0}, {"answers permuted", 1, 1}};
  return figure;
}

}  // namespace

std::vector<Figure> variance_figures(const Variance& result, const Options& options,
                                     const std::string& suffix) {
  if (drawn_temperatures(result).empty()) return {};
  return {layer_figure(result, suffix), checkpoint_figure(result, options, suffix),
          commitment_figure(result, suffix)};
}

}  // namespace phiscope::analyze::sampling
