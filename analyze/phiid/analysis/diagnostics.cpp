// SPDX-License-Identifier: MIT
#include "phiid/analysis/diagnostics.hpp"

#include <phiscope/information_bias.hpp>
#include <phiscope/loop_period.hpp>
#include <phiscope/sum.hpp>

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::phiid {
namespace {

/// Tokens after the first one that ends a text.
std::size_t tokens_after_end(const Prompt& prompt, const std::vector<std::int64_t>& ends) {
  const auto end =
      std::find_first_of(prompt.tokens.begin(), prompt.tokens.end(), ends.begin(), ends.end());
  if (end == prompt.tokens.end()) return 0;
  return static_cast<std::size_t>(prompt.tokens.end() - end) - 1;
}

Value mean_of_pairs(const std::vector<double>& matrix) {
  CompensatedSum sum;
  double count = 0.0;
  for (const double value : matrix) {
    if (std::isnan(value)) continue;
    sum += value;
    count += 1.0;
  }
  return count > 0.0 ? Value(sum.value() / count) : Value(Status::no_pairs);
}

/// Mean over the heads that have one.
Value mean_of_heads(const std::vector<Value>& values) {
  CompensatedSum sum;
  double count = 0.0;
  for (const Value& value : values) {
    if (!value.ok()) continue;
    sum += value.value();
    count += 1.0;
  }
  return count > 0.0 ? Value(sum.value() / count) : Value(Status::too_few_rows);
}

}  // namespace

std::vector<PromptDiagnosis> diagnose_prompts(const Input& input, const Series& series) {
  std::vector<PromptDiagnosis> result;
  for (const Prompt& prompt : input.prompts) {
    PromptDiagnosis own;
    own.id = prompt.id;
    own.category = prompt.category;
    own.steps = prompt.steps;
    own.unknown = prompt.unknown;
    own.knows_loop = prompt.tokens.size() >= LoopOptions{}.tail;
    own.loop_period = loop_period(std::span<const std::int64_t>(prompt.tokens));
    if (!prompt.tokens.empty() && !input.end_tokens.empty()) {
      own.after_end = tokens_after_end(prompt, input.end_tokens);
    }
    result.push_back(std::move(own));
  }
  for (const BrokenSeries& broken : series.broken) {
    PromptDiagnosis& prompt = result[broken.prompt];
    ++(broken.status == Status::nonfinite ? prompt.nonfinite : prompt.constant);
  }
  return result;
}

Severe severe(std::span<const PromptDiagnosis> prompts, const Series& series) {
  Severe result{.prompts = prompts.size()};
  for (const PromptDiagnosis& prompt : prompts) {
    result.loops += prompt.loop_period ? 1U : 0U;
    result.loops_checked += prompt.knows_loop ? 1U : 0U;
    result.after_end += prompt.after_end.value_or(0) > 0 ? 1U : 0U;
    result.ends_checked += prompt.after_end ? 1U : 0U;
    result.unknown_checked += prompt.unknown ? 1U : 0U;
    result.unknown += prompt.unknown.value_or(0.0) > unknown_limit ? 1U : 0U;
  }
  for (const Value& share : series.trend) {
    result.heads += share.ok() ? 1U : 0U;
    result.trended += share.value_or(0.0) > trend_limit ? 1U : 0U;
  }
  return result;
}

std::string count_text(std::size_t number, const std::string& one) {
  return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

Bias bias_note(const Series& series, const Matrices& matrices, const Options& options) {
  Bias result;
  result.transitions = series.transitions;
  result.mean_tdmi = mean_of_pairs(matrices.tdmi);
  result.mean_sts = mean_of_pairs(matrices.sts);
  result.mean_rtr = mean_of_pairs(matrices.rtr);
  result.corrected = options.phiid.bias_correction;
  if (series.transitions == 0) return result;
  const double of_one =
      options.phiid.kind == PhiidKind::gaussian ? gaussian_bias(1).xytab : binary_bias(1).xytab;
  const auto bias = [of_one](double n) { return of_one / n; };
  const auto n = static_cast<double>(series.transitions);
  result.tdmi_bias = bias(n);
  const Value correlation = mean_of_heads(series.autocorrelation);
  if (!correlation.ok()) {
    result.effective = result.tdmi_bias_effective = correlation;
    return result;
  }
  // Bartlett: two series of autocorrelation r^k are as good as n (1 - r^2) / (1 + r^2) draws.
  const double square = correlation.value() * correlation.value();
  const double effective = n * (1.0 - square) / (1.0 + square);
  result.effective = effective;
  result.tdmi_bias_effective = effective > 0.0 ? Value(bias(effective)) : Value(Status::too_short);
  return result;
}

}  // namespace phiscope::analyze::phiid
