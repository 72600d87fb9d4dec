// SPDX-License-Identifier: MIT
#include "ablation/figures.hpp"

#include "ablation/findings.hpp"
#include "report/drawn.hpp"

#include <algorithm>

namespace phiscope::analyze::ablation {
namespace {

using figure::Figure;
using figure::Lines;
using figure::Panel;
using figure::Series;

constexpr int grey = 6;  // of the palette, kept for the random orders

std::optional<double> drawn_quotient(const Value& numerator, double denominator) {
  if (!numerator.ok() || denominator == 0.0) return std::nullopt;
  return numerator.value() / denominator;
}

/// Colours of the palette but grey, one after another; dashes tell the later rounds apart.
int color_at(std::size_t index) {
  const std::size_t colors = figure::palette().size() - 1;
  const auto color = static_cast<int>(index % colors);
  return color < grey ? color : color + 1;
}
int dash_at(std::size_t index) {
  return static_cast<int>(index / (figure::palette().size() - 1) % 4);
}

/// Names of the orders of all sweeps but the random ones, in order of first appearance: an order
/// has the same colour everywhere.
std::vector<std::string> order_names(const std::vector<Result>& results) {
  std::vector<std::string> names;
  for (const Result& result : results) {
    for (const Order& order : result.data.orders) {
      if (is_drawn(order.kind)) continue;
      if (std::find(names.begin(), names.end(), order.name) == names.end()) {
        names.push_back(order.name);
      }
    }
  }
  return names;
}

std::size_t place_of(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

bool has_random(const std::vector<Result>& results) {
  return std::any_of(results.begin(), results.end(),
                     [](const Result& result) { return !result.band.empty(); });
}

void add_legend(const std::vector<Result>& results, const std::string& random, Figure& figure) {
  const std::vector<std::string> names = order_names(results);
  for (std::size_t i = 0; i < names.size(); ++i) {
    figure.legend.push_back({names[i], color_at(i), dash_at(i)});
  }
  if (has_random(results)) figure.legend.push_back({random, grey, 0});
}

Series series_named(const std::string& name, int color, int dash) {
  Series series;
  series.name = name;
  series.color = color;
  series.dash = dash;
  return series;
}

Lines fraction_axis() {
  Lines lines;
  lines.x_ticks = {0.0, 0.25, 0.5, 0.75, 1.0};
  return lines;
}

/// The random mean between the least and the most damaging random order, all less `origin`.
Series random_series(const Result& result, bool less_mean) {
  Series series = series_named(result.label + ", random mean", grey, 0);
  for (const BandPoint& point : result.band) {
    const double mean = point.mean.value.value();
    const double origin = less_mean ? mean : 0.0;
    series.x.push_back(result.fraction(point.removed));
    series.y.emplace_back(mean - origin);
    series.low.emplace_back(point.low - origin);
    series.high.emplace_back(point.high - origin);
  }
  return series;
}

Series order_series(const Result& result, std::size_t index,
                    const std::vector<std::string>& names) {
  const Order& order = result.data.orders[index];
  const std::size_t place = place_of(names, order.name);
  return series_named(result.label + ", " + order.name, color_at(place), dash_at(place));
}

Panel kl_panel(const Result& result, const std::vector<std::string>& names, bool is_log) {
  Lines lines = fraction_axis();
  lines.log_y = is_log;
  if (!result.band.empty()) lines.series.push_back(random_series(result, false));
  for (std::size_t i = 0; i < result.orders.size(); ++i) {
    if (is_drawn(result.data.orders[i].kind)) continue;
    Series series = order_series(result, i, names);
    for (const Point& point : result.orders[i].points) {
      series.x.push_back(result.fraction(point.removed));
      series.y.push_back(report::drawn(point.kl.value));
      series.low.push_back(report::drawn(point.kl.low));
      series.high.push_back(report::drawn(point.kl.high));
    }
    lines.series.push_back(std::move(series));
  }
  Panel panel;
  panel.title = is_log ? "KL, logarithmic" : "KL";
  panel.y_label = is_log ? "" : "nats per token";
  panel.content = std::move(lines);
  return panel;
}

Panel difference_panel(const Result& result, const std::vector<std::string>& names) {
  Lines lines = fraction_axis();
  lines.reference = 0.0;
  if (!result.band.empty()) lines.series.push_back(random_series(result, true));
  for (std::size_t i = 0; i < result.orders.size(); ++i) {
    if (is_drawn(result.data.orders[i].kind)) continue;
    Series series = order_series(result, i, names);
    for (const Share& share : result.orders[i].grid) {
      if (!share.random.ok()) continue;
      series.x.push_back(result.fraction(share.removed));
      series.y.emplace_back(share.kl - share.random.value());
    }
    lines.series.push_back(std::move(series));
  }
  Panel panel;
  panel.title = "KL less random mean";
  panel.content = std::move(lines);
  return panel;
}

/// What removed heads become, each way once.
std::string removals_text(const std::vector<Result>& results) {
  std::vector<std::string> texts;
  for (const Result& result : results) {
    const std::string text = removal_text(result.data.removal);
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
  }
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : " or ") + text;
  return all;
}

Figure curves(const std::vector<Result>& results) {
  Figure figure;
  figure.name = "kl_curves";
  figure.title = "Damage by cumulative ablation of heads";
  figure.columns = 3;
  figure.caption =
      "KL divergence from the intact model by the fraction of heads removed. Grey: the mean of the "
      "random orders, between the least and the most damaging one at each point. Bands of the "
      "other curves: 95 % intervals over prompts, where at least 5 are given. Right: distance from "
      "the random mean; a curve inside the grey band is not more extreme than every random order "
      "there.";
  figure.definition =
      "Mean over response tokens, then prompts, of KL(intact || ablated) over the vocabulary; the "
      "output of a removed head becomes " +
      removals_text(results) + ".";
  figure.source = "curves.csv, random_band.csv, grid.csv";
  const std::vector<std::string> names = order_names(results);
  for (const Result& result : results) {
    figure.row_titles.push_back(result.label + ", " + std::to_string(result.data.heads) + " heads");
    for (Panel panel : {kl_panel(result, names, false), kl_panel(result, names, true),
                        difference_panel(result, names)}) {
      panel.x_label = &result == &results.back() ? "fraction of heads removed" : "";
      figure.panels.push_back(std::move(panel));
    }
  }
  add_legend(results, "random orders", figure);
  return figure;
}

/// A filled bar from 1 to the value, with its interval as an upright line.
void add_bar(double at, const Estimate& ratio, const std::string& name, int color, Lines& lines) {
  const double value = ratio.value.value();
  const std::optional<double> low = std::min(1.0, value);
  const std::optional<double> high = std::max(1.0, value);
  lines.series.push_back({.name = name,
                          .x = {at - 0.3, at + 0.3},
                          .y = {value, value},
                          .low = {low, low},
                          .high = {high, high},
                          .color = color});
  if (!ratio.low.ok() || !ratio.high.ok()) return;
  lines.series.push_back({.name = name + ", 95 % interval over " + std::string(ratio.covers),
                          .x = {at, at},
                          .y = {ratio.low.value(), ratio.high.value()},
                          .low = {},
                          .high = {},
                          .color = color});
}

/// A short mark for the ratio of every drawn order that is wanted.
template <class Wanted>
void add_marks(double at, double half_width, int color, const Result& result, Wanted wanted,
               Lines& lines) {
  for (std::size_t i = 0; i < result.orders.size(); ++i) {
    const Order& order = result.data.orders[i];
    const OrderResult& found = result.orders[i];
    if (!found.auc.value.ok() || !found.auc_ratio.value.ok() || !wanted(order)) continue;
    const double ratio = found.auc_ratio.value.value();
    lines.series.push_back({.name = order.name,
                            .x = {at - half_width, at + half_width},
                            .y = {ratio, ratio},
                            .low = {},
                            .high = {},
                            .color = color});
  }
}

Figure ratios(const std::vector<Result>& results) {
  Figure figure;
  figure.name = "auc_ratio";
  figure.title = "Areas relative to random orders";
  figure.columns = std::min<std::size_t>(results.size(), 4);
  figure.caption =
      "Above 1 an order does more damage than random orders on average. Bars: rankings and "
      "baselines; lines: 95 % intervals that draw orders and, where they are given, prompts anew "
      "and let the order be a random one. Grey: every random order over the mean of the others, "
      "which is how far chance alone goes. Short marks right of a bar: random orders within that "
      "ranking's layers.";
  figure.definition =
      "Trapezoid area under the mean KL over the fraction of heads removed, divided by the mean of "
      "the areas of the random orders over the same part of the axis.";
  figure.source = "auc.csv";
  const std::vector<std::string> names = order_names(results);
  for (const Result& result : results) {
    Lines lines;
    lines.reference = 1.0;
    double at = 1.0;
    for (std::size_t i = 0; i < result.orders.size(); ++i) {
      const Order& order = result.data.orders[i];
      const OrderResult& found = result.orders[i];
      if (is_drawn(order.kind) || !found.auc_ratio.value.ok()) continue;
      add_bar(at, found.auc_ratio, order.name, color_at(place_of(names, order.name)), lines);
      add_marks(
          at + 0.42, 0.07, grey, result,
          [&order](const Order& other) {
            return other.kind == Kind::random_in_layer && other.of == order.name;
          },
          lines);
      lines.x_ticks.push_back(at);
      lines.x_tick_labels.push_back(order.name);
      at += 1.0;
    }
    add_marks(
        at, 0.2, grey, result, [](const Order& order) { return order.kind == Kind::random; },
        lines);
    lines.x_ticks.push_back(at);
    lines.x_tick_labels.emplace_back("random orders");
    Panel panel;
    panel.title = result.label;
    panel.y_label = &result == &results.front() ? "AUC ratio" : "";
    panel.content = std::move(lines);
    figure.panels.push_back(std::move(panel));
  }
  add_legend(results, "random orders, one by one", figure);
  return figure;
}

/// A sweep's curves of one panel of the overlay.
void add_overlay(const Result& result, std::size_t run, Lines& share, Lines& ratio) {
  int dash = 0;
  for (std::size_t i = 0; i < result.orders.size(); ++i) {
    const Order& order = result.data.orders[i];
    const OrderResult& found = result.orders[i];
    if (order.kind != Kind::ranking) continue;
    Series kl = series_named(result.label + ", " + order.name, color_at(run), 2 * (dash % 2));
    Series random = series_named(result.label + ", random mean", color_at(run), 1);
    Series over = kl;
    for (const Share& point : found.grid) {
      const double x = result.fraction(point.removed);
      if (found.at_all.ok() && found.at_all.value() > 0.0) {
        kl.x.push_back(x);
        kl.y.emplace_back(point.kl / found.at_all.value());
        random.x.push_back(x);
        random.y.push_back(drawn_quotient(point.random, found.at_all.value()));
      }
      if (point.removed == 0.0 || !point.random.ok()) continue;
      over.x.push_back(x);
      over.y.push_back(drawn_quotient(point.kl, point.random.value()));
    }
    share.series.push_back(std::move(kl));
    if (dash++ == 0) share.series.push_back(std::move(random));
    ratio.series.push_back(std::move(over));
  }
}

Figure overlay(const std::vector<Result>& results) {
  Figure figure;
  figure.name = "runs_overlaid";
  figure.title = "All sweeps over the same axis";
  figure.columns = 2;
  figure.caption =
      "Rankings read off at every fortieth of the heads. Left: KL over the sweep's KL with all "
      "heads removed; dashed: the mean of its random orders. Right: KL over the random mean; "
      "above 1 the ranking does more damage than random orders on average.";
  figure.definition = "Straight lines between measured points; nothing is extrapolated.";
  figure.source = "grid.csv";
  Lines share = fraction_axis();
  Lines ratio = fraction_axis();
  ratio.reference = 1.0;
  ratio.log_y = true;
  for (std::size_t run = 0; run < results.size(); ++run) {
    add_overlay(results[run], run, share, ratio);
    figure.legend.push_back({results[run].label, color_at(run), 0});
  }
  figure.legend.push_back({"random mean", -1, 1});
  Panel left{.title = "share of the KL with all heads removed",
             .x_label = "fraction of heads removed",
             .y_label = "",
             .content = std::move(share)};
  Panel right{.title = "ratio to the random mean",
              .x_label = "fraction of heads removed",
              .y_label = "",
              .content = std::move(ratio)};
  figure.panels = {std::move(left), std::move(right)};
  return figure;
}

}  // namespace

std::vector<Figure> figures(const std::vector<Result>& results) {
  std::vector<Figure> all = {curves(results), ratios(results)};
  if (results.size() > 1) all.push_back(overlay(results));
  return all;
}

}  // namespace phiscope::analyze::ablation
