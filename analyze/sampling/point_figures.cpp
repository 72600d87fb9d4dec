// SPDX-License-Identifier: MIT
#include "figure/table.hpp"
#include "report/estimate_text.hpp"
#include "sampling/definitions.hpp"
#include "sampling/figure_parts.hpp"
#include "sampling/figures.hpp"

#include <algorithm>

namespace phiscope::analyze::sampling {
namespace {

using figure::Bars;
using figure::Figure;
using figure::Lines;
using figure::Series;

/// Most problems whose clusters are drawn: three rows of three.
constexpr std::size_t most_scatters = 9;

figure::Panel cluster_panel(const Clusters& result, const ProblemClusters& each) {
  Lines lines;
  for (std::size_t cluster = 0; cluster < each.clusters; ++cluster) {
    Series series = series_named("cluster " + std::to_string(cluster), color_at(cluster));
    series.scattered = true;
    for (const Member& member : each.members) {
      if (member.cluster != static_cast<std::int64_t>(cluster)) continue;
      series.x.push_back(member.principal[0]);
      series.y.emplace_back(member.principal[1]);
    }
    lines.series.push_back(std::move(series));
  }
  std::string title = "problem " + result.run.info.problems[each.problem].id;
  if (result.run.temperatures.size() > 1) {
    title += ", T = " + number_text(result.run.temperatures[each.temperature]);
  }
  if (each.principal_share.ok()) {
    title += " (" + report::percent_text(each.principal_share.value()) + ")";
  }
  return panel_of(std::move(title), "component 1", "component 2", std::move(lines));
}

}  // namespace

std::vector<Figure> attribution_figures(const Attribution& result, const Options& options,
                                        const std::string& suffix) {
  const auto norm = static_cast<std::size_t>(
      std::find(all_norms.begin(), all_norms.end(), options.norm) - all_norms.begin());
  Figure figure = figure_about(
      {.name = "attribution" + suffix,
       .title = "What each layer contributes to the choice of a token",
       .caption = "Contribution to logit(top1) - logit(top2), mean over the points of a "
                  "problem and then over problems, with 95 % intervals over problems; norm " +
                  std::string(norm_name(options.norm)) + ".",
       .definition = contribution_definition(),
       .source = "attribution_means.csv"});
  Bars bars;
  figure::BarSeries series = bars_named("contribution", 0);
  for (std::size_t entry = 0; entry < result.entries; ++entry) {
    bars.labels.push_back(result.entry_name(entry));
    add_estimate(series, result.means[norm][entry].mean);
  }
  bars.series.push_back(std::move(series));
  figure.panels.push_back(panel_of("", "layer", "logits", std::move(bars)));
  return {figure};
}

std::vector<Figure> cluster_figures(const Clusters& result, const std::string& suffix) {
  Figure figure = figure_about(
      {.name = "clusters" + suffix,
       .title = "Right solutions on their principal plane",
       .caption = "A point per right solution, coloured by its cluster; in brackets the "
                  "share of the variance that the plane shows. The first problems with "
                  "clusters, at most " +
                  std::to_string(most_scatters) + ".",
       .definition = cluster_definition(),
       .source = "cluster_members.csv"});
  std::size_t most = 0;
  for (const ProblemClusters& each : result.problems) {
    if (each.status != "ok" || figure.panels.size() == most_scatters) continue;
    most = std::max(most, each.clusters);
    figure.panels.push_back(cluster_panel(result, each));
  }
  if (figure.panels.empty()) return {};
  figure.columns = std::min<std::size_t>(3, figure.panels.size());
  for (std::size_t cluster = 0; cluster < most; ++cluster) {
    figure.legend.push_back({"cluster " + std::to_string(cluster), color_at(cluster), 0});
  }
  return {figure};
}

}  // namespace phiscope::analyze::sampling
