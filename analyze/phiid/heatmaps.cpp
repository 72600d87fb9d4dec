// SPDX-License-Identifier: MIT
#include "phiid/figures.hpp"

#include <phiscope/sum.hpp>

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::phiid {
namespace {

using figure::Figure;
using figure::Heatmap;
using figure::Panel;

constexpr std::size_t two_columns_up_to = 12;  // wider maps stand below one another
constexpr std::size_t most_cells = 64;         // a matrix with more heads is drawn by layers

std::vector<std::string> layer_labels(const Input& input) {
  std::vector<std::string> labels;
  labels.reserve(input.layers.size());
  for (const std::int64_t layer : input.layers) labels.push_back(std::to_string(layer));
  return labels;
}

/// One cell per head: heads of a layer from left to right, layers from bottom to top.
Panel head_panel(const RunResult& run, const std::string& title, const std::vector<Value>& values,
                 figure::Colormap colors) {
  Heatmap map;
  for (std::size_t head = 0; head < run.input.heads_per_layer; ++head) {
    map.x_labels.push_back(std::to_string(head));
  }
  map.y_labels = layer_labels(run.input);
  for (const Value& value : values) {
    map.values.push_back(value.ok() ? std::optional<double>(value.value()) : std::nullopt);
  }
  map.map = colors;
  map.limit = 1.0;
  map.color_label = title;
  return {.title = title, .x_label = "head", .y_label = "layer", .content = std::move(map)};
}

/// Heads that share a row and a column of a drawn matrix.
struct Group {
  std::string label;
  std::size_t first = 0;
  std::size_t last = 0;
};

/// Every head by itself; many heads by layer, or side by side if there is one layer only.
std::vector<Group> groups(const RunResult& run) {
  const std::size_t heads = run.series.heads;
  std::size_t width = 1;
  if (heads > most_cells) {
    width = run.input.layers.size() > 1 ? run.input.heads_per_layer
                                        : (heads + most_cells - 1) / most_cells;
  }
  std::vector<Group> result;
  for (std::size_t first = 0; first < heads; first += width) {
    const bool is_layer = width > 1 && run.input.layers.size() > 1;
    const std::string layer = std::to_string(run.input.layers[run.input.layer_index(first)]);
    result.push_back(
        {is_layer ? layer : run.input.head_name(first), first, std::min(first + width, heads)});
  }
  return result;
}

/// Mean over the pairs of heads of two groups, nothing where no pair is ok.
std::optional<double> mean_between(const Matrices& matrices, const std::vector<double>& numbers,
                                   const Group& a, const Group& b) {
  CompensatedSum sum;
  double count = 0.0;
  for (std::size_t i = a.first; i < a.last; ++i) {
    for (std::size_t j = b.first; j < b.last; ++j) {
      const double number = numbers[i * matrices.heads + j];
      if (std::isnan(number)) continue;
      sum += number;
      count += 1.0;
    }
  }
  return count > 0.0 ? std::optional<double>(sum.value() / count) : std::nullopt;
}

std::string axis_label(const RunResult& run) {
  if (run.series.heads <= most_cells) return "head (layer.head)";
  return run.input.layers.size() > 1 ? "layer" : "first of several heads";
}

Panel matrix_panel(const RunResult& run, const std::string& name,
                   const std::vector<double>& numbers, const std::string& unit) {
  const std::vector<Group> all = groups(run);
  Heatmap map;
  bool negative = false;
  for (const Group& a : all) {
    map.x_labels.push_back(a.label);
    for (const Group& b : all) {
      map.values.push_back(mean_between(run.matrices, numbers, a, b));
      negative = negative || map.values.back().value_or(0.0) < 0.0;
    }
  }
  map.y_labels = map.x_labels;
  const bool is_by_head = all.size() == run.series.heads;
  for (std::size_t head = run.input.heads_per_layer; is_by_head && head < all.size();
       head += run.input.heads_per_layer) {
    map.x_breaks.push_back(head);
  }
  map.y_breaks = map.x_breaks;
  map.map = negative ? figure::Colormap::diverging : figure::Colormap::sequential;
  map.color_label = name + " (" + unit + ")";
  const std::string axis = axis_label(run);
  return {.title = name, .x_label = axis, .y_label = axis, .content = std::move(map)};
}

}  // namespace

std::vector<Figure> heat_figures(const RunResult& run, const Options& options) {
  const std::string source = run.input.label;
  Figure scores;
  scores.name = "heatmap_heads";
  scores.title = "Scores by layer and head";
  scores.caption = "One cell per head; grey where it has no usable pair, or all scores are equal.";
  scores.definition = method_text(options);
  scores.source = source;
  scores.columns = run.input.heads_per_layer > two_columns_up_to ? 1 : 2;
  scores.panels = {
      head_panel(run, "balance", run.scores.of(Ranking::balance), figure::Colormap::sequential),
      head_panel(run, "rank difference", run.scores.of(Ranking::rank_difference),
                 figure::Colormap::sequential),
      head_panel(run, "per TDMI", run.scores.of(Ranking::tdmi), figure::Colormap::sequential),
      head_panel(run, "autocorrelation", run.series.autocorrelation, figure::Colormap::diverging)};

  const std::string unit(options.unit());
  Figure matrices;
  matrices.name = "heatmap_pairs";
  matrices.title = "Synergy (sts) and redundancy (rtr) between heads";
  matrices.caption =
      run.series.heads > most_cells
          ? "Means over the pairs of two groups of heads; sts.npy and rtr.npy hold "
            "every pair."
          : "One cell a pair of heads; grey where it is not ok. White lines: borders "
            "of layers.";
  matrices.definition = method_text(options);
  matrices.source = source;
  matrices.columns = groups(run).size() > two_columns_up_to ? 1 : 2;
  matrices.panels = {matrix_panel(run, "sts", run.matrices.sts, unit),
                     matrix_panel(run, "rtr", run.matrices.rtr, unit)};
  return {std::move(scores), std::move(matrices)};
}

}  // namespace phiscope::analyze::phiid
