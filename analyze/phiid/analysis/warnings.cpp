// SPDX-License-Identifier: MIT
#include "figure/table.hpp"
#include "phiid/analysis/diagnostics.hpp"

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::phiid {
namespace {

constexpr std::size_t named = 10;  // names in one sentence

std::string text(std::size_t count) {
  return std::to_string(count);
}

std::string text(const Value& value) {
  return value.ok() ? rounded_text(value.value(), 3) : std::string(status_name(value.status()));
}

/// "a, b, c and 5 more"
std::string listed(const std::vector<std::string>& names) {
  std::string result;
  for (std::size_t i = 0; i < std::min(named, names.size()); ++i) {
    result += (i > 0 ? ", " : "") + names[i];
  }
  if (names.size() > named) result += " and " + text(names.size() - named) + " more";
  return result;
}

template <class Is>
std::vector<std::string> prompts_where(const Findings& found, Is is) {
  std::vector<std::string> names;
  for (const PromptDiagnosis& prompt : found.prompts) {
    if (is(prompt)) names.push_back(prompt.id);
  }
  return names;
}

void warn_of_pairs(const Findings& found, std::vector<std::string>& lines) {
  const Matrices& matrices = found.matrices;
  const PhiidCounts& counts = matrices.counts;
  const std::size_t bad =
      counts.too_short + counts.constant_series + counts.nonfinite + counts.singular;
  if (matrices.pairs_ok == 0) {
    lines.emplace_back("No pair of heads could be decomposed: there is no ranking.");
  }
  if (bad > 0) {
    const std::string where = found.options.mode == Mode::per_prompt ? " (pair, prompt)" : " pair";
    lines.push_back(text(bad) + " of " + text(bad + counts.ok) + where +
                    " decompositions are undefined and left out: too_short " +
                    text(counts.too_short) + ", constant_series " + text(counts.constant_series) +
                    ", nonfinite " + text(counts.nonfinite) + ", singular " +
                    text(counts.singular) + ".");
  }
  std::vector<std::string> unranked;
  for (std::size_t head = 0; head < matrices.heads; ++head) {
    if (found.scores.n_pairs[head] == 0) unranked.push_back(found.input.head_name(head));
  }
  if (!unranked.empty()) {
    lines.push_back(
        text(unranked.size()) + " of " + text(matrices.heads) +
        " heads have no usable pair and are left unranked (layer.head): " + listed(unranked) + ".");
  }
  if (matrices.pairs < pair_count(matrices.heads)) {
    const auto fewest = *std::min_element(found.scores.n_pairs.begin(), found.scores.n_pairs.end());
    lines.push_back("Only " + text(matrices.pairs) + " of " + text(pair_count(matrices.heads)) +
                    " pairs were sampled; each head has at least " + count_text(fewest, "pair") +
                    ". Means over few pairs are noisy.");
  }
}

void warn_of_series(const Findings& found, std::vector<std::string>& lines) {
  std::vector<std::string> dead;
  for (std::size_t head = 0; head < found.series.heads; ++head) {
    if (found.series.dead[head]) dead.push_back(found.input.head_name(head));
  }
  if (!dead.empty()) {
    lines.push_back(count_text(dead.size(), "dead head") +
                    ", 0 at every step (layer.head): " + listed(dead) + ".");
  }
  std::size_t constant = 0;
  std::size_t nonfinite = 0;
  for (const BrokenSeries& broken : found.series.broken) {
    ++(broken.status == Status::nonfinite ? nonfinite : constant);
  }
  const std::string all = text(found.series.heads * found.prompts.size());
  if (constant > 0) {
    lines.push_back(text(constant) + " of " + all +
                    " series (head, prompt) never change; undefined_series.csv names them.");
  }
  if (nonfinite > 0) {
    lines.push_back(text(nonfinite) + " of " + all +
                    " series (head, prompt) hold NaN or infinities" +
                    (found.options.detrend == Detrend::log ? " or have no logarithm" : "") +
                    "; undefined_series.csv names them.");
  }
}

void warn_of_texts(const Findings& found, std::vector<std::string>& lines) {
  const auto loops = prompts_where(found, [](const auto& p) { return p.loop_period.has_value(); });
  if (!loops.empty()) {
    lines.push_back(text(loops.size()) + " of " +
                    text(severe(found.prompts, found.series).loops_checked) +
                    " prompts with at least 50 generated tokens end in an exact loop (the last 50 "
                    "repeat with a period of at most 25): their series may repeat, which can "
                    "inflate the measured information. Prompts: " +
                    listed(loops) + ".");
  }
  std::size_t after = 0;
  for (const PromptDiagnosis& prompt : found.prompts) after += prompt.after_end.value_or(0);
  if (after > 0) {
    const auto ended =
        prompts_where(found, [](const auto& p) { return p.after_end.value_or(0) > 0; });
    lines.push_back(count_text(after, "step") + " in " + count_text(ended.size(), "prompt") +
                    (after == 1 ? " comes" : " come") + " after the end-of-text token but " +
                    (after == 1 ? "is" : "are") +
                    " included in the series. Prompts: " + listed(ended) + ".");
  }
}

void warn_of_unknown(const Findings& found, std::vector<std::string>& lines) {
  const auto unread =
      prompts_where(found, [](const auto& p) { return p.unknown.value_or(0.0) > unknown_limit; });
  if (unread.empty()) return;
  double largest = 0.0;
  for (const auto& p : found.prompts) largest = std::max(largest, p.unknown.value_or(0.0));
  lines.push_back(
      "More than 5 % of the tokens of " + text(unread.size()) + " of " +
      text(severe(found.prompts, found.series).unknown_checked) +
      " prompts are unknown to the model (up to " + rounded_text(100.0 * largest, 2) +
      " %), which read something else than the prompt says. Prompts: " + listed(unread) + ".");
}

void warn_of_trends(const Findings& found, std::vector<std::string>& lines) {
  const Severe counted = severe(found.prompts, found.series);
  if (!counted.shares_trend()) return;
  std::vector<std::string> names;
  for (std::size_t head = 0; head < found.series.heads; ++head) {
    if (found.series.trend[head].value_or(0.0) > trend_limit) {
      names.push_back(found.input.head_name(head));
    }
  }
  const bool as_well = found.options.detrend == Detrend::none;
  lines.push_back("A straight line explains more than 10 % of the variance of " +
                  text(counted.trended) + " of " + text(counted.heads) +
                  " heads (mean over prompts): series with a common trend look related although "
                  "nothing flows between them. " +
                  (as_well ? "detrended.csv has the numbers without it. " : "") +
                  "Heads (layer.head): " + listed(names) + ".");
}

void warn_of_autocorrelation(const Findings& found, std::vector<std::string>& lines) {
  for (const Correlation& one : found.correlations) {
    if (one.over != "head" || one.second != "autocorrelation") continue;
    if (!(std::abs(one.spearman.value.value_or(0.0)) > autocorrelation_limit)) continue;
    lines.push_back(one.first +
                    " and the autocorrelation of the heads' own series are strongly "
                    "rank-correlated over heads (Spearman " +
                    text(one.spearman.value) + "): " + one.first +
                    " may reflect single series more than pairs. correlations.csv has the partial "
                    "correlation of synergy and redundancy given autocorrelation and head norm.");
  }
}

void warn_of_missing_prompts(const Findings& found, std::vector<std::string>& lines) {
  if (found.prompts.size() == found.input.prompts_planned) return;
  lines.push_back("Partial run: " + text(found.prompts.size()) + " of " +
                  text(found.input.prompts_planned) + " prompts.");
}

void warn_of_length(const Findings& found, std::vector<std::string>& lines) {
  const Bias& bias = found.bias;
  const auto exceeds = [](const Value& part, const Value& whole, double share) {
    return part.ok() && whole.ok() && part.value() > share * whole.value();
  };
  if (!bias.corrected && exceeds(bias.tdmi_bias_effective, bias.mean_tdmi, 0.1)) {
    lines.push_back("Short series: with " + text(bias.transitions) + " transitions (about " +
                    text(bias.effective) +
                    " independent ones) series that share nothing have a "
                    "TDMI of about " +
                    text(bias.tdmi_bias_effective) + " " + std::string(found.options.unit()) +
                    ", against a mean of " + text(bias.mean_tdmi) +
                    (found.surrogates.surrogates == 0 ? ". Use --surrogates or --bias-correction."
                                                      : ". Use --bias-correction."));
  }
  const std::size_t prompts = found.input.prompts.size();
  if (prompts >= least_units && prompts < 10 && found.options.resample_count() > 0) {
    lines.push_back("Only " + text(prompts) + " prompts: bootstrap intervals are unreliable.");
  }
}

/// Heads that have pairs, but none that the ranking can use.
std::size_t unscored_heads(const Findings& found, Ranking ranking) {
  std::size_t heads = 0;
  for (std::size_t head = 0; head < found.matrices.heads; ++head) {
    const Value& score = found.scores.of(ranking)[head];
    heads += found.scores.n_pairs[head] > 0 && score.status() == Status::no_pairs ? 1 : 0;
  }
  return heads;
}

void warn_of_scores(const Findings& found, std::vector<std::string>& lines) {
  for (const Ranking ranking : rankings) {
    const std::size_t unscored = unscored_heads(found, ranking);
    if (unscored > 0) {
      lines.push_back(count_text(unscored, "head") + (unscored == 1 ? " has no " : " have no ") +
                      std::string(ranking_column(ranking)) +
                      ": the denominator is not positive in any of " +
                      (unscored == 1 ? "its" : "their") + " pairs.");
    }
    const std::size_t tied = tied_heads(found.scores.of(ranking));
    if (20 * tied <= found.matrices.heads) continue;
    lines.push_back(text(tied) + " of " + text(found.matrices.heads) + " heads are tied on " +
                    std::string(ranking_column(ranking)) + "; ties are broken by head index.");
  }
}

}  // namespace

std::vector<std::string> warnings(const Findings& found) {
  std::vector<std::string> lines;
  warn_of_pairs(found, lines);
  warn_of_missing_prompts(found, lines);
  warn_of_series(found, lines);
  warn_of_unknown(found, lines);
  warn_of_texts(found, lines);
  warn_of_trends(found, lines);
  warn_of_autocorrelation(found, lines);
  warn_of_length(found, lines);
  warn_of_scores(found, lines);
  const std::size_t prompts = found.input.prompts.size();
  if (prompts < least_units) {
    lines.push_back("No intervals: " + count_text(prompts, "prompt") + ", at least " +
                    text(least_units) + " are needed.");
  } else if (found.options.resample_count() == 0) {
    lines.push_back("No intervals: --bootstrap N resamples the prompts N times" +
                    std::string(found.options.mode == Mode::concat
                                    ? "; each resample costs as much as the analysis."
                                    : "."));
  }
  if (found.surrogates.surrogates == 0) {
    lines.emplace_back("Not compared with chance: --surrogates N does that.");
  }
  return lines;
}

}  // namespace phiscope::analyze::phiid
