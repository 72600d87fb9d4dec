// SPDX-License-Identifier: MIT
#include "phiid/findings.hpp"

#include "figure/table.hpp"
#include "phiid/figures.hpp"
#include "report/estimate_text.hpp"

#include <phiscope/head_scores.hpp>

#include <algorithm>

namespace phiscope::analyze::phiid {
namespace {

std::string units_of(const Estimate& estimate) {
  return estimate.low.ok() ? " (" + report::units_text(estimate) + ")" : "";
}

std::string profile_line(const RunResult& run, Ranking ranking) {
  const auto found = std::find_if(
      run.profiles.begin(), run.profiles.end(),
      [ranking](const Profile& profile) { return profile.measure == ranking_column(ranking); });
  return "Mean " + found->measure + " of the first, middle and last third of the layers: " +
         report::bracket_text(found->first) + ", " + report::bracket_text(found->middle) + ", " +
         report::bracket_text(found->last) + units_of(found->first) + ".";
}

std::string extremes_line(const RunResult& run) {
  std::vector<std::size_t> order = descending_order(run.scores.of(Ranking::balance));
  std::erase_if(order,
                [&](std::size_t head) { return !run.scores.of(Ranking::balance)[head].ok(); });
  if (order.empty()) return "No head has a balance score.";
  const auto names = [&run](const auto& begin, const auto& end) {
    std::string text;
    for (auto it = begin; it != end; ++it)
      text += (text.empty() ? "" : ", ") + run.input.head_name(*it);
    return text;
  };
  const auto shown = static_cast<std::ptrdiff_t>(std::min<std::size_t>(5, order.size()));
  return "Most synergistic heads by balance (layer.head): " +
         names(order.begin(), order.begin() + shown) +
         "; most redundant: " + names(order.rbegin(), order.rbegin() + shown) + ".";
}

const Correlation* correlation_of(const RunResult& run, const std::string& first,
                                  const std::string& second, bool partial) {
  const auto found =
      std::find_if(run.correlations.begin(), run.correlations.end(), [&](const Correlation& one) {
        return one.first == first && one.second == second && one.given.empty() != partial;
      });
  return found == run.correlations.end() ? nullptr : &*found;
}

void add_correlations(const RunResult& run, std::vector<std::string>& lines) {
  const Correlation* plain = correlation_of(run, "avg_synergy", "avg_redundancy", false);
  const Correlation* partial = correlation_of(run, "avg_synergy", "avg_redundancy", true);
  if (plain != nullptr && partial != nullptr) {
    lines.push_back("Over " + std::to_string(plain->n) +
                    " heads, synergy and redundancy: Spearman " +
                    report::estimate_text(plain->spearman) + "; " +
                    report::value_text(partial->spearman.value) +
                    " given lag-1 autocorrelation and head norm.");
  }
  std::string line;
  for (const char* number : {"avg_synergy", "avg_redundancy", "syn_balance"}) {
    const Correlation* one = correlation_of(run, number, "autocorrelation", false);
    if (one == nullptr) continue;
    line += (line.empty() ? "" : ", ") + one->first + " " + report::value_text(one->spearman.value);
  }
  if (!line.empty()) lines.push_back("Spearman with the heads' autocorrelation: " + line + ".");
  if (const Correlation* pairs = correlation_of(run, "sts", "rtr", false)) {
    lines.push_back("Over " + std::to_string(pairs->n) + " pairs of heads, sts and rtr: Spearman " +
                    report::value_text(pairs->spearman.value) + ", Pearson " +
                    report::value_text(pairs->pearson.value) + ".");
  }
}

/// Some key numbers of two analyses side by side: "first third 0.4 and 0.5, ...".
std::string side_by_side(const std::vector<KeyNumber>& one, const std::vector<KeyNumber>& other) {
  std::string text;
  for (const auto& [name, words] :
       {std::pair("balance_score first third", "balance_score of the thirds "),
        std::pair("balance_score middle third", ""), std::pair("balance_score last third", ""),
        std::pair("spearman avg_synergy avg_redundancy", "Spearman of synergy and redundancy "),
        std::pair("mean sts", "mean sts "), std::pair("mean rtr", "mean rtr ")}) {
    const auto number = [name = name](const std::vector<KeyNumber>& numbers) {
      const Value value = key_number(numbers, name);
      return value.ok() ? report::short_text(value.value())
                        : std::string(status_name(value.status()));
    };
    text += (text.empty() ? "" : ", ") + std::string(words) + number(one) + " -> " + number(other);
  }
  return text;
}

/// How far the order of the heads hangs on the way to analyse.
void add_sensitivity(const RunResult& run, const Options& options,
                     std::vector<std::string>& lines) {
  std::vector<double> numbers;
  for (const SensitivityRow& row : run.sensitivity) {
    const bool is_own = row.lag == options.phiid.lag && row.detrend == options.detrend &&
                        row.redundancy == options.phiid.redundancy &&
                        row.kind == options.phiid.kind;
    if (!is_own && row.rank_correlation.ok()) numbers.push_back(row.rank_correlation.value());
  }
  if (numbers.empty()) return;
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  lines.push_back(
      "The order of the heads by balance_score under " + std::to_string(numbers.size()) +
      " other choices of lag, trend, redundancy and kind (sensitivity.csv): Spearman " +
      report::short_text(*least) + " to " + report::short_text(*most) + " with this one.");
}

void add_comparisons(const RunResult& run, std::vector<std::string>& lines) {
  if (!run.detrended.empty()) {
    lines.push_back("Without the linear trend of every series (detrended.csv): " +
                    side_by_side(key_numbers(run), run.detrended) + ".");
  }
  for (const RunResult& other : run.null_weights) {
    lines.push_back("With random weights (null_weights.csv): " +
                    side_by_side(key_numbers(run), key_numbers(other)) + ".");
  }
}

/// How many heads exceed their surrogates, and what the number of surrogates can decide; what it
/// did decide is claimed elsewhere.
void add_surrogates(const RunResult& run, std::vector<std::string>& lines) {
  const std::size_t surrogates = run.surrogates.surrogates;
  const std::size_t heads = run.surrogates.tests[tested_synergy].tested;
  if (surrogates == 0 || heads == 0) return;
  const std::string made = count_text(surrogates, "surrogate");
  std::string above;
  for (std::size_t k = 0; k < tested_names.size(); ++k) {
    const HeadTests& tests = run.surrogates.tests[k];
    above += (above.empty() ? "" : ", ") + std::string(tested_names[k]) + " " +
             std::to_string(tests.below_5_percent) + " of " + std::to_string(tests.tested);
  }
  if (surrogates < draws_needed(0.05)) {
    lines.push_back("With " + made + " no head can have p <= 0.05.");
  } else {
    lines.push_back(
        "Heads with p <= 0.05 against their surrogates, each by itself (at most 5 % by chance): " +
        above + ".");
  }
  const std::size_t holm = draws_needed(0.05, heads);
  lines.push_back(made + (surrogates == 1 ? " gives" : " give") + " no p below " +
                  rounded_text(1.0 / (1.0 + static_cast<double>(surrogates)), 2) + ". Over " +
                  std::to_string(heads) + " heads Holm's correction " +
                  (surrogates < holm ? "cannot reach 0.05" : "can reach 0.05") + " (" +
                  std::to_string(holm) + " needed), the largest statistic " +
                  (surrogates < draws_needed(0.05) ? "cannot" : "can") + " (" +
                  std::to_string(draws_needed(0.05)) + " needed).");
}

}  // namespace

std::vector<std::string> findings(const RunResult& run, const Options& options) {
  std::vector<std::string> lines;
  lines.reserve(rankings.size());
  for (const Ranking ranking : rankings) lines.push_back(profile_line(run, ranking));
  add_correlations(run, lines);
  lines.push_back(extremes_line(run));
  add_comparisons(run, lines);
  add_sensitivity(run, options, lines);
  add_surrogates(run, lines);
  for (const Graph& graph : run.graphs) {
    lines.push_back("Network of " + graph.edges + ": global efficiency " +
                    report::value_text(graph.global_efficiency) + " " +
                    std::string(options.unit()) + " (relative to the largest weight " +
                    report::value_text(graph.relative_efficiency) + "), modularity " +
                    report::value_text(graph.modularity) + " with " +
                    std::to_string(graph.communities) +
                    (graph.communities == 1 ? " community, " : " communities, ") +
                    report::value_text(graph.layer_modularity) + " of the layers.");
  }
  if (run.graphs.empty()) {
    lines.push_back("No graph measures: " + std::to_string(run.series.heads) +
                    " heads are more than --graph-limit " + std::to_string(options.graph_limit) +
                    "; they take heads^3 steps.");
  }
  return lines;
}

std::vector<std::string> definitions(const RunResult& run, const Options& options) {
  const std::string unit(options.unit());
  std::vector<std::string> lines = {
      "Synergy is the atom sts of a pair of heads: what the past of both tells only together about "
      "what the futures of both show only together. It is what the other 15 atoms leave of the "
      "information, in " +
          unit + ".",
      "Redundancy is the atom rtr: what the past of each tells about the future of each, in " +
          unit + ".",
      "balance_score is the mean of sts / (sts + rtr) over the pairs of a head, scaled to [0, 1] "
      "over the heads; 1 is the most synergistic head.",
      "An inverted U is a parabola through the layers' means that rises at the first layer and "
      "falls at the last one. Its p-value compares with permuted heads and with permuted layers; "
      "the interval of a slope, over prompts, says nothing about depth."};
  if (run.surrogates.surrogates > 0) {
    lines.emplace_back(
        options.surrogate_kind == SurrogateKind::prompts
            ? "A surrogate gives each head its series under another prompt: what heads share in "
              "every prompt (a trend, the start of a text) stays, what they share in one goes. "
              "Series are cut to the shortest of at least five prompts of similar length."
            : "A surrogate keeps each series and takes away its relations to others. Its numbers "
              "and those that it is compared with close every series to a circle. A change with "
              "time that all heads have passes for a relation.");
  }
  if (!run.graphs.empty()) {
    lines.emplace_back(
        "Modularity is of the best of 10 seeded searches for communities: a lower bound of the "
        "largest one.");
    lines.push_back(
        "Global efficiency is the mean over pairs of 1 / shortest path, where an edge of weight w "
        "has length 1 / w, in " +
        unit + "; the relative one has weights over the largest.");
  }
  return lines;
}

}  // namespace phiscope::analyze::phiid
