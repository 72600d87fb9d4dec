// SPDX-License-Identifier: MIT
#include "phiid/figures.hpp"

#include "figure/scale.hpp"
#include "report/drawn.hpp"

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::phiid {
namespace {

using figure::Figure;
using figure::Lines;
using figure::Panel;

const Profile& profile_of(const RunResult& run, std::string_view measure) {
  return *std::find_if(run.profiles.begin(), run.profiles.end(),
                       [measure](const Profile& profile) { return profile.measure == measure; });
}

/// Layers are whole numbers; at most nine of them are labelled.
void set_layer_ticks(const std::vector<std::int64_t>& layers, Lines& lines) {
  const std::size_t step = (layers.size() + 8) / 9;
  for (std::size_t i = 0; i < layers.size(); i += step) {
    lines.x_ticks.push_back(static_cast<double>(layers[i]));
  }
}

/// One curve a run: over the layers for a single one, over depth for several.
Panel profile_panel(const std::vector<const RunResult*>& runs, const std::string& title,
                    std::string_view measure, const std::string& unit) {
  Lines lines;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const RunResult& run = *runs[r];
    const Profile& profile = profile_of(run, measure);
    figure::Series series;
    series.name = run.input.label;
    series.color = static_cast<int>(r);
    series.dash = static_cast<int>(r / figure::palette().size());
    for (std::size_t layer = 0; layer < profile.layers.size(); ++layer) {
      series.x.push_back(runs.size() > 1 ? profile.depth[layer]
                                         : static_cast<double>(run.input.layers[layer]));
      series.y.push_back(report::drawn(profile.layers[layer].value));
      series.low.push_back(report::drawn(profile.layers[layer].low));
      series.high.push_back(report::drawn(profile.layers[layer].high));
    }
    lines.series.push_back(std::move(series));
  }
  if (runs.size() == 1) set_layer_ticks(runs.front()->input.layers, lines);
  return {.title = title,
          .x_label = runs.size() > 1 ? "depth (0 first layer, 1 last)" : "layer",
          .y_label = unit,
          .content = std::move(lines)};
}

void add_run_legend(const std::vector<const RunResult*>& runs, Figure& figure) {
  if (runs.size() < 2) return;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    figure.legend.push_back({runs[r]->input.label, static_cast<int>(r),
                             static_cast<int>(r / figure::palette().size())});
  }
}

std::string source(const std::vector<const RunResult*>& runs) {
  std::string text;
  for (const RunResult* run : runs) {
    text += (text.empty() ? "" : "; ") + run->input.label + ": " +
            count_text(run->input.prompts.size(), "prompt") + ", " +
            count_text(run->series.heads, "head");
  }
  return text;
}

/// @param without  panels that have no bands in any run: ", none for autocorrelation"
std::string interval_text(const std::vector<const RunResult*>& runs, std::string without = {}) {
  std::size_t resamples = 0;  // the options, and so their number, are those of every run
  std::size_t few = 0;
  for (const RunResult* run : runs) {
    if (run->input.prompts.size() < least_units) {
      ++few;
      without += ", none for " + run->input.label + " (fewer than " + std::to_string(least_units) +
                 " prompts)";
    } else {
      resamples = run->resamples;
    }
  }
  if (few == runs.size()) {
    return " No intervals: fewer than " + std::to_string(least_units) + " prompts.";
  }
  if (resamples == 0) return " No intervals were drawn.";
  return " Bands: 95 % bootstrap intervals over prompts (" + std::to_string(resamples) +
         " resamples)" + without + "; they say nothing about depth.";
}

/// Few ticks at round numbers, so that their labels have room.
void set_ticks(Lines& lines) {
  if (lines.series.empty()) return;
  const figure::Range range = figure::x_range(lines);
  const double step = figure::color_bar_step(range.high - range.low);
  for (double k = std::ceil(range.low / step); k * step <= range.high; k += 1.0) {
    lines.x_ticks.push_back(k * step);
    lines.x_tick_labels.push_back(figure::tick_text(k * step));
  }
}

/// The heads of most and least synergy and redundancy, of those that are drawn.
std::vector<std::size_t> extreme_heads(const RunResult& run) {
  std::vector<std::size_t> drawn;
  for (std::size_t head = 0; head < run.series.heads; ++head) {
    if (run.scores.synergy[head].ok()) drawn.push_back(head);
  }
  if (drawn.empty()) return {};
  std::vector<std::size_t> found;
  for (const auto* const values : {&run.scores.synergy, &run.scores.redundancy}) {
    const auto [least, most] = std::ranges::minmax_element(
        drawn, {}, [values](std::size_t head) { return (*values)[head].value(); });
    found.insert(found.end(), {*least, *most});
  }
  return found;
}

/// Synergy against redundancy, one point per head, one colour per third of the layers.
Figure scatter_figure(const RunResult& run, const Options& options) {
  const std::vector<std::string> names = {"first third of the layers", "middle third",
                                          "last third"};
  const std::vector<std::size_t> named = extreme_heads(run);
  Lines lines;
  Figure figure;
  for (std::size_t third = 0; third < names.size(); ++third) {
    figure::Series series;
    series.name = names[third];
    series.color = static_cast<int>(third);
    series.scattered = true;
    for (std::size_t head = 0; head < run.series.heads; ++head) {
      if (third_of(run.input.layer_index(head), run.input.layers.size()) != third) continue;
      if (!run.scores.synergy[head].ok()) continue;
      series.x.push_back(run.scores.redundancy[head].value());
      series.y.emplace_back(run.scores.synergy[head].value());
      const bool is_named = std::find(named.begin(), named.end(), head) != named.end();
      series.labels.push_back(is_named ? run.input.head_name(head) : "");
    }
    if (series.x.empty()) continue;
    figure.legend.push_back({names[third], series.color, 0});
    lines.series.push_back(std::move(series));
  }
  set_ticks(lines);
  const std::string unit(options.unit());
  figure.name = "scatter";
  figure.title = "Synergy and redundancy of the heads";
  figure.caption =
      "One point per head: mean rtr and mean sts over its pairs. Heads without a pair "
      "that is ok are left out. Named: the heads of most and least of either, as layer.head.";
  figure.definition = method_text(options);
  figure.source = source({&run});
  figure.panels = {{.title = "",
                    .x_label = "redundancy (" + unit + ")",
                    .y_label = "synergy (" + unit + ")",
                    .content = std::move(lines)}};
  return figure;
}

}  // namespace

std::string method_text(const Options& options) {
  const PhiidOptions& phiid = options.phiid;
  std::string text = "Integrated information decomposition with ";
  text += phiid.redundancy == Redundancy::mmi ? "minimum mutual information"
                                              : "common change in surprisal";
  text += phiid.kind == PhiidKind::gaussian ? ", Gaussian, in nats" : ", binary series, in bits";
  text += ", lag " + std::to_string(phiid.lag);
  text += options.mode == Mode::per_prompt ? "; prompts one by one, then averaged"
          : options.keep_borders           ? "; prompts as one series, borders kept"
                                           : "; prompts as one series without the borders";
  if (phiid.bias_correction) text += "; leading bias subtracted";
  switch (options.detrend) {
    case Detrend::none:
      break;
    case Detrend::linear:
      text += "; linear trend removed from every series";
      break;
    case Detrend::difference:
      text += "; differences of successive steps";
      break;
    case Detrend::poly2:
      text += "; quadratic trend removed from every series";
      break;
    case Detrend::log:
      text += "; logarithms";
      break;
  }
  return text + ".";
}

std::vector<Figure> profile_figures(const std::vector<const RunResult*>& runs,
                                    const Options& options) {
  Figure scores;
  scores.name = "profile";
  scores.title = "Scores of the heads over the layers";
  scores.caption =
      "Mean over the heads of a layer; 1 is the most synergistic head, 0 the most "
      "redundant one." +
      interval_text(runs);
  scores.definition =
      "balance: mean over the pairs of sts / (sts + rtr), scaled to [0, 1]; rank difference: rank "
      "of mean sts minus rank of mean rtr, scaled; TDMI: the same with sts and rtr over the pair's "
      "time-delayed mutual information. " +
      method_text(options);
  scores.source = source(runs);
  scores.columns = 3;
  scores.panels = {profile_panel(runs, "balance", "balance_score", "score"),
                   profile_panel(runs, "rank difference", "rank_difference_score", "score"),
                   profile_panel(runs, "per TDMI", "tdmi_score", "score")};
  add_run_legend(runs, scores);

  const std::string unit(options.unit());
  Figure series;
  series.name = "autocorrelation_profile";
  series.title = "What the scores are made of, over the layers";
  series.caption =
      "Mean over the heads of a layer. Where synergy or redundancy follow the "
      "autocorrelation, they may say more about each series than about pairs." +
      interval_text(runs, ", none for autocorrelation");
  series.definition =
      "Autocorrelation: of each series with itself one step later, mean over "
      "prompts. Synergy and redundancy: mean sts and rtr over the head's pairs. " +
      method_text(options);
  series.source = source(runs);
  series.columns = 3;
  series.panels = {
      profile_panel(runs, "autocorrelation", "autocorrelation", "lag-1 autocorrelation"),
      profile_panel(runs, "synergy", "avg_synergy", unit),
      profile_panel(runs, "redundancy", "avg_redundancy", unit)};
  add_run_legend(runs, series);
  return {std::move(scores), std::move(series)};
}

std::vector<Figure> figures(const RunResult& run, const Options& options) {
  std::vector<const RunResult*> overlaid = {&run};
  for (const RunResult& other : run.null_weights) overlaid.push_back(&other);
  std::vector<Figure> result = profile_figures(overlaid, options);
  for (Figure& map : heat_figures(run, options)) result.push_back(std::move(map));
  result.push_back(scatter_figure(run, options));
  return result;
}

}  // namespace phiscope::analyze::phiid
