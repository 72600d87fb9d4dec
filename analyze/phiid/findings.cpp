// SPDX-License-Identifier: MIT
#include "phiid/findings.hpp"

#include "figure/table.hpp"
#include "phiid/figures.hpp"
#include "report/estimate_text.hpp"

#include <phiscope/head_scores.hpp>

#include <algorithm>

namespace phiscope::analyze::phiid {
namespace {

std::string shape_text(const Profile& profile) {
  switch (profile.shape) {
    case Shape::inverted_u:
      return "an inverted U";
    case Shape::u:
      return "a U";
    case Shape::neither:
      return "neither clearly an inverted U nor clearly a U";
    case Shape::unknown:
      break;
  }
  return "not tested for its shape (it needs intervals and three layers)";
}

std::string profile_line(const RunResult& run, Ranking ranking) {
  const auto found = std::find_if(
      run.profiles.begin(), run.profiles.end(),
      [ranking](const Profile& profile) { return profile.measure == ranking_column(ranking); });
  return "Profile of " + found->measure + " over depth: " + shape_text(*found) +
         ". First, middle, last third of the layers: " + report::bracket_text(found->first) + ", " +
         report::bracket_text(found->middle) + ", " + report::bracket_text(found->last) +
         "; slope of the parabola at the first "
         "layer " +
         report::bracket_text(found->first_slope) + ", at the last " +
         report::bracket_text(found->last_slope) + ".";
}

std::string head_name(const RunResult& run, std::size_t head) {
  return std::to_string(run.input.layers[run.input.layer_index(head)]) + "." +
         std::to_string(head % run.input.heads_per_layer);
}

std::string extremes_line(const RunResult& run) {
  std::vector<std::size_t> order = descending_order(run.scores.of(Ranking::balance));
  std::erase_if(order,
                [&](std::size_t head) { return !run.scores.of(Ranking::balance)[head].ok(); });
  if (order.empty()) return "No head has a balance score.";
  const auto names = [&run](const auto& begin, const auto& end) {
    std::string text;
    for (auto it = begin; it != end; ++it) text += (text.empty() ? "" : ", ") + head_name(run, *it);
    return text;
  };
  const auto shown = static_cast<std::ptrdiff_t>(std::min<std::size_t>(5, order.size()));
  return "Most synergistic heads by balance (layer.head): " +
         names(order.begin(), order.begin() + shown) +
         "; most redundant: " + names(order.rbegin(), order.rbegin() + shown) + ".";
}

void add_correlations(const RunResult& run, std::vector<std::string>& lines) {
  for (const Correlation& one : run.correlations) {
    const bool of_series = one.over == "head" && one.second == "autocorrelation";
    const bool of_both = one.second == "avg_redundancy" || one.second == "rtr";
    if (!of_series && !of_both) continue;
    lines.push_back("Over " + std::to_string(one.n) + " " + one.over + "s, " + one.first + " and " +
                    one.second + ": Spearman " + report::bracket_text(one.spearman) + ", Pearson " +
                    report::bracket_text(one.pearson) + ".");
  }
}

}  // namespace

std::vector<std::string> findings(const RunResult& run, const Options& options) {
  std::vector<std::string> lines;
  lines.reserve(rankings.size());
  for (const Ranking ranking : rankings) lines.push_back(profile_line(run, ranking));
  add_correlations(run, lines);
  lines.push_back(extremes_line(run));
  for (const Graph& graph : run.graphs) {
    lines.push_back("Network of " + graph.edges + ": global efficiency " +
                    report::value_text(graph.global_efficiency) + " " +
                    std::string(options.unit()) + " (relative to the largest weight " +
                    report::value_text(graph.relative_efficiency) + "), modularity " +
                    report::value_text(graph.modularity) + " with " +
                    std::to_string(graph.communities) + " communities, " +
                    report::value_text(graph.layer_modularity) + " of the layers.");
  }
  if (run.graphs.empty()) {
    lines.push_back("No graph measures: " + std::to_string(run.series.heads) +
                    " heads are more than --graph-limit " + std::to_string(options.graph_limit) +
                    ".");
  }
  const double least = 1.0 / (1.0 + static_cast<double>(run.surrogates.surrogates));
  for (std::size_t k = 0; k < tested_names.size(); ++k) {
    const HeadTests& tests = run.surrogates.tests[k];
    if (run.surrogates.surrogates == 0) break;
    lines.push_back("Larger " + std::string(tested_names[k]) + " than in surrogates (p <= 0.05): " +
                    std::to_string(tests.below_5_percent) + " of " + std::to_string(tests.tested) +
                    " heads, " + std::to_string(tests.holm) + " after Holm's correction; " +
                    std::to_string(run.surrogates.surrogates) + " surrogates give no p below " +
                    rounded_text(least, 2) + ".");
  }
  return lines;
}

}  // namespace phiscope::analyze::phiid
