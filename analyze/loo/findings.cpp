// SPDX-License-Identifier: MIT
#include "loo/findings.hpp"

#include "loo/figures.hpp"

#include <phiscope/summary.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace phiscope::analyze::loo {
namespace {

/// The shortest text that tells the run from the others of the report.
std::string tag(const RunResult& run, const std::vector<RunResult>& runs) {
  if (runs.size() == 1) return "sink " + run.info.sink_name;
  const auto same_sink = std::count_if(runs.begin(), runs.end(), [&run](const RunResult& other) {
    return other.info.sink == run.info.sink;
  });
  return same_sink == 1 ? "sink " + run.info.sink_name : describe(run);
}

/// Two decimals, without a minus sign before zero.
std::string two_decimals(double value) {
  std::array<char, 400> text{};  // room for the largest double
  const double shown = std::abs(value) < 0.005 ? 0.0 : value;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), shown, std::chars_format::fixed, 2).ptr;
  return {text.data(), end};
}

/// "1.78 [1.60, 1.95]", without the interval where there is none.
std::string with_interval(const Aggregate& aggregate) {
  if (!aggregate.mean.ok()) {
    return "undefined (" + std::string(status_name(main_reason(aggregate))) + ")";
  }
  std::string text = two_decimals(aggregate.mean.value());
  if (aggregate.low.ok() && aggregate.high.ok()) {
    text += " [" + two_decimals(aggregate.low.value()) + ", " +
            two_decimals(aggregate.high.value()) + "]";
  }
  return text;
}

/// "semantic: A with sink keep, B with sink drop; unrelated: ..." with a phrase per run and
/// condition.
template <class Phrase>
std::string by_condition(const std::vector<RunResult>& runs, Phrase phrase) {
  std::string text;
  for (const std::string& name : condition_names(runs)) {
    text += (text.empty() ? "" : "; ") + name + ": ";
    std::string separator;
    for (const RunResult& run : runs) {
      for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
        if (run.info.conditions[condition].name != name) continue;
        text += separator + phrase(run, condition) + " with " + tag(run, runs);
        separator = ", ";
      }
    }
  }
  return text + ".";
}

std::string ratio_at(const RunResult& run, std::size_t condition, bool longest) {
  const std::size_t length = longest ? run.lengths.size() - 1 : 0;
  const std::size_t layer = run.info.layers.size() - 1;
  const Aggregate& ratio = run.level_at(condition, length, layer, Scale::absolute, 0);
  std::string text = with_interval(ratio);
  if (longest && run.has_embedding()) {
    const Aggregate& relative = run.level_at(condition, length, layer, Scale::relative, 0);
    if (relative.mean.ok()) {
      text += " (" + two_decimals(relative.mean.value()) + " times the embedding's)";
    }
  }
  return text;
}

std::string explained_by_zero(const RunResult& run, std::size_t condition) {
  std::vector<double> shares;
  for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
    const ZeroFit& fit = run.position_zero[condition * run.info.layers.size() + layer];
    if (run.info.layers[layer] >= 0 && fit.explained.ok()) shares.push_back(fit.explained.value());
  }
  if (shares.empty()) return "undefined";
  return "R\u00b2 " + two_decimals(median(shares).value());
}

std::string last_layer(const std::vector<RunResult>& runs) {
  const std::int64_t last = runs.front().info.layers.back();
  const bool same = std::all_of(runs.begin(), runs.end(), [last](const RunResult& run) {
    return run.info.layers.back() == last;
  });
  return same ? "last layer (" + std::to_string(last) + ")" : "last layer";
}

std::string length_text(const std::vector<RunResult>& runs, bool longest) {
  std::int64_t found = longest ? runs.front().lengths.back() : runs.front().lengths.front();
  for (const RunResult& run : runs) {
    const std::int64_t other = longest ? run.lengths.back() : run.lengths.front();
    found = longest ? std::max(found, other) : std::min(found, other);
  }
  return "N = " + std::to_string(found);
}

}  // namespace

std::vector<std::string> findings(const std::vector<RunResult>& runs) {
  const std::string layer = last_layer(runs);
  return {
      "Cross / within distance, above 1 where words of a cluster are closer together, " + layer +
          ", " + length_text(runs, true) + ": " +
          by_condition(runs, [](const auto& run, auto c) { return ratio_at(run, c, true); }),
      "The same at " + length_text(runs, false) + ", where position 0 weighs most: " +
          by_condition(runs, [](const auto& run, auto c) { return ratio_at(run, c, false); }),
      "Share of the ratio influences that a model of position 0 alone explains, median layer: " +
          by_condition(runs, explained_by_zero)};
}

}  // namespace phiscope::analyze::loo
