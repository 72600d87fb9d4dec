// SPDX-License-Identifier: MIT
#include "sampling/findings.hpp"

#include "figure/table.hpp"
#include "report/estimate_text.hpp"
#include "sampling/checks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>

namespace phiscope::analyze::sampling {
namespace {

using report::bracket_text;
using report::estimate_text;
using report::short_text;

std::string study_start(const Study& study, const std::vector<Study>& studies) {
  return studies.size() > 1 ? study.label + ": " : std::string();
}

std::string layer_name(const RunInfo& info) {
  return "layer " + std::to_string(info.layers[info.target()]);
}

std::string count_text(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string variance_line(const Variance& result) {
  std::string line = "Variance at " + layer_name(result.run.info) + ", " +
                     std::to_string(result.run.checkpoints.back()) + " tokens: ";
  std::string parts;
  for (std::size_t t = 0; t < result.axes.temperatures; ++t) {
    if (result.run.samples.empty() || result.run.temperatures[t] == 0.0) continue;
    const auto at = [&](Spread spread) -> const Estimate& {
      return result.mean(t, result.run.info.target(), result.axes.checkpoints - 1, spread).mean;
    };
    parts += (parts.empty() ? "" : "; ") + std::string("T = ") +
             number_text(result.run.temperatures[t]) + ": Tr(Cov) " +
             estimate_text(at(Spread::trace_covariance)) + ", cosine " +
             bracket_text(at(Spread::cosine)) + ", between answers " +
             (at(Spread::between_share).value.ok()
                  ? report::percent_text(at(Spread::between_share).value.value()) +
                        " of the variance of the samples with an answer (mean over problems)"
                  : bracket_text(at(Spread::between_share)));
  }
  return line + (parts.empty() ? "no temperature above 0" : parts) + ".";
}

std::string accuracy_line(const Samples& run, const Grading& grading, const Options& options) {
  std::string line = "Right answers (" + std::string(step_name(run.info.step)) + ", " +
                     std::string(grader_names[static_cast<std::size_t>(options.grader)]) + "): ";
  for (std::size_t t = 0; t < run.temperatures.size(); ++t) {
    const Rate total = grading.total(t, Score::right);
    line += (t == 0 ? "" : "; ") + std::string("T = ") + number_text(run.temperatures[t]) + ": " +
            estimate_text(grading.accuracy(t, Score::right, options).mean) + ", " +
            std::to_string(total.right) + " of " + std::to_string(total.graded) + " samples";
  }
  return line + ".";
}

std::string manifold_line(const Manifold& result) {
  const ManifoldLayer& at = result.layers[result.run.info.target()];
  return "Distance to the oracle at " + layer_name(result.run.info) + ": " +
         estimate_text(at[Apart::distance].mean) + "; drift after a prefix of " +
         report::percent_text(result.run.share) + ": " + bracket_text(at[Apart::drift].mean) +
         " (all tokens " + bracket_text(at[Apart::drift_all].mean) + "); solutions of different " +
         "problems are " + bracket_text(at[Apart::reference].mean) + " apart; nearer in " +
         estimate_text(at.improved) + ".";
}

/// What the interval of a mean that was chosen as the largest does not cover.
std::string uncorrected_text(const Estimate& mean, const std::string& what, std::size_t among) {
  if (among < 2 || !mean.low.ok()) return {};
  return ", " + what + " not corrected for taking the largest of " + std::to_string(among);
}

std::string sensitivity_line(const Sensitivity& result) {
  const std::size_t layer = result.run.info.target();
  std::string line = "Divergence after one forced token at " + layer_name(result.run.info) + ": ";
  std::optional<std::size_t> largest;
  std::size_t defined = 0;
  for (std::size_t point = 0; point < result.points.size(); ++point) {
    const Value& value = result.points[point].divergence[layer].mean.value;
    if (!value.ok()) continue;
    ++defined;
    const bool is_larger =
        !largest || value.value() > result.points[*largest].divergence[layer].mean.value.value();
    if (is_larger) largest = point;
  }
  if (!largest) return line + "undefined at every point.";
  const SensitivityPoint& point = result.points[*largest];
  line += "largest after " + std::to_string(result.run.points[*largest]) + " tokens, " +
          estimate_text(point.divergence[layer].mean) +
          uncorrected_text(point.divergence[layer].mean, "interval", defined) +
          "; probability there " + bracket_text(point.kept_probability.mean) +
          " of the greedy and " + bracket_text(point.forced_probability.mean) +
          " of the forced token";
  if (point.answer_changed.value.ok()) {
    line += "; the final answer changed in " + estimate_text(point.answer_changed);
  }
  return line + ".";
}

std::string place_text(const Attribution& result, std::size_t entry) {
  const std::string name = result.entry_name(entry);
  return (entry == 0 || name == "bias" ? "" : "layer ") + name;
}

std::string attribution_line(const Attribution& result, const Options& options) {
  const auto norm = static_cast<std::size_t>(
      std::find(all_norms.begin(), all_norms.end(), options.norm) - all_norms.begin());
  std::vector<std::size_t> order(result.entries);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto size = [&](std::size_t entry) {
    const Value& mean = result.means[norm][entry].mean.value;
    return mean.ok() ? std::abs(mean.value()) : -1.0;
  };
  std::erase_if(order, [&](std::size_t entry) { return size(entry) < 0.0; });
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
  std::string line = "Contributions to logit(top1) - logit(top2) (norm " +
                     std::string(norm_name(options.norm)) + ", " +
                     count_text(result.measured, "point") + " of " +
                     count_text(result.problems, "problem") + "): ";
  if (order.empty()) return line + "undefined at every point.";
  for (std::size_t i = 0; i < std::min<std::size_t>(3, order.size()); ++i) {
    line += (i == 0 ? "largest " : ", ") + place_text(result, order[i]) + ": " +
            bracket_text(result.means[norm][order[i]].mean);
  }
  const Estimate& first = result.means[norm][order.front()].mean;
  const std::string without = report::no_interval_text(first);
  return line + " logits (" +
         (without.empty() ? report::units_text(first) : "no interval: " + without) + ")" +
         uncorrected_text(first, "intervals", order.size()) + ".";
}

std::map<std::string, std::size_t> by_status(const Clusters& result) {
  std::map<std::string, std::size_t> counts;
  for (const ProblemClusters& each : result.problems) ++counts[each.status];
  return counts;
}

/// "of 10 problems 5 were clustered, 2 had too few right solutions, 3 could not be graded"
std::string outcome_text(const Clusters& result) {
  constexpr std::array<std::array<std::string_view, 2>, 6> told = {
      {{"ok", "clustered"},
       {"too_few_correct", "had too few right solutions"},
       {"no_answer", "could not be graded"},
       {"constant", "had right solutions with equal latents"},
       {"no_cross_pairs", "could not be divided into several clusters"},
       {"nonfinite", "had latents that are not finite"}}};
  std::map<std::string, std::size_t> counts = by_status(result);
  std::string text = "of " + count_text(result.problems.size(), "problem");
  std::string separator = " ";
  const auto add = [&](std::size_t count, const std::string& what) {
    text += separator + std::to_string(count) + " " + what;
    separator = ", ";
  };
  for (const auto& [status, what] : told) {
    const std::size_t count = counts[std::string(status)];
    counts.erase(std::string(status));
    const std::string be = status != "ok" ? "" : count == 1 ? "was " : "were ";
    if (count > 0) add(count, be + std::string(what));
  }
  for (const auto& [status, count] : counts) add(count, "could not be clustered (" + status + ")");
  return text;
}

std::string cluster_line(const Clusters& result) {
  return "Clusters of right solutions at layer " + std::to_string(result.layer) + ": " +
         outcome_text(result) + "; by the gap statistic the share with more than one is " +
         estimate_text(result.several) + "; stability of several " +
         estimate_text(result.stability.mean) + ", silhouette " +
         bracket_text(result.silhouette.mean) + ".";
}

void add_run_warnings(const RunInfo& info, const std::string& start,
                      std::vector<std::string>& lines) {
  const std::string step(step_name(info.step));
  if (!info.complete) lines.push_back(start + "Partial run: step " + step + " is not complete.");
  if (!info.dropped.empty()) {
    std::map<std::string, std::size_t> reasons;
    for (const Dropped& each : info.dropped) ++reasons[each.status];
    std::string text;
    for (const auto& [status, count] : reasons) {
      text += (text.empty() ? "" : ", ") + status + " " + std::to_string(count);
    }
    lines.push_back(start + "Dropped: step " + step + " left out " +
                    count_text(info.dropped.size(), "problem") + " of " +
                    std::to_string(info.problems.size() + info.dropped.size()) + " (" + text +
                    ").");
  }
  if (info.step != Step::attribution && info.target_layer != info.layers[info.target()]) {
    lines.push_back(start + "Target layer: step " + step + " did not keep layer " +
                    std::to_string(info.target_layer) + "; " + layer_name(info) +
                    " is told instead.");
  }
  if (info.problems.size() < least_units) {
    // Wilson's interval of a share needs no least number of problems; attribution has no shares.
    const std::string shares =
        info.step == Step::attribution ? "" : "; those of shares (Wilson) are wide";
    lines.push_back(start + "Few problems: step " + step + " has " +
                    std::to_string(info.problems.size()) + ": no intervals of means" + shares +
                    ".");
  }
}

void add_study_warnings(const Study& study, const std::string& start,
                        std::vector<std::string>& lines) {
  for (const RunInfo* info : study.runs()) add_run_warnings(*info, start, lines);
  for (const report::Check& check : checklist(study)) {
    if (check.outcome != report::Outcome::failed || check.name == "steps are complete") continue;
    lines.push_back(start + "Check failed: " + check.name + " (" + check.found + ").");
  }
  if (!study.variance) return;
  if (const double ended = share_ended(*study.variance); ended > 0.25) {
    lines.push_back(start + "Early ends: " + report::percent_text(ended) +
                    " of the samples ended before " +
                    std::to_string(study.variance->run.checkpoints.back()) +
                    " tokens; --full-length-only leaves them out.");
  }
}

}  // namespace

std::vector<std::string> findings(const std::vector<Study>& studies, const Options& options) {
  std::vector<std::string> lines;
  for (const Study& study : studies) {
    const std::string start = study_start(study, studies);
    const auto add = [&](const std::string& line) { lines.push_back(start + line); };
    if (study.variance) {
      add(variance_line(*study.variance));
      add(accuracy_line(study.variance->run, study.variance->grading, options));
    }
    if (study.manifold) add(manifold_line(*study.manifold));
    if (study.sensitivity) add(sensitivity_line(*study.sensitivity));
    if (study.attribution) add(attribution_line(*study.attribution, options));
    if (study.clusters) {
      add(accuracy_line(study.clusters->run, study.clusters->grading, options));
      add(cluster_line(*study.clusters));
    }
  }
  return lines;
}

std::vector<std::string> warnings(const std::vector<Study>& studies) {
  std::vector<std::string> lines;
  for (const Study& study : studies) {
    add_study_warnings(study, study_start(study, studies), lines);
  }
  return lines;
}

std::string window_text(const RunInfo& info) {
  std::string text;
  if (info.pooling_window > 0) text += ", the last " + std::to_string(info.pooling_window);
  if (info.clusters > 0) {
    text += "; its plan asks for " + count_text(info.clusters, "cluster") + " (--clusters wins)";
  }
  return text;
}

std::vector<std::string> diagnostic_lines(const std::vector<Study>& studies) {
  std::vector<std::string> lines;
  for (const Study& study : studies) {
    const std::string start = study_start(study, studies);
    for (const RunInfo* info : study.runs()) {
      lines.push_back(start + "Step " + std::string(step_name(info->step)) + ": " +
                      count_text(info->problems.size(), "problem") + ", " +
                      count_text(info->dropped.size(), "problem") + " dropped, pooled every " +
                      count_text(info->stride, "token") + window_text(*info) + ".");
    }
    if (study.sensitivity) {
      std::size_t reached = 0;
      std::size_t ended = 0;
      std::size_t too_short = 0;
      for (const SensitivityPoint& point : study.sensitivity->points) {
        reached += point.reached;
        ended += point.ended;
        too_short += point.too_short;
      }
      lines.push_back(start + "Branches: " + std::to_string(reached) + ", of which " +
                      std::to_string(ended) +
                      " end within the window (compared up to the shorter end) and " +
                      std::to_string(too_short) + " have no compared token.");
    }
    for (const report::Check& check : checklist(study)) {
      lines.push_back(start + report::check_line(check));
    }
  }
  return lines;
}

}  // namespace phiscope::analyze::sampling
