// SPDX-License-Identifier: MIT
#include "steps/analysis/measure.hpp"

#include <phiscope/sum.hpp>

namespace phiscope::analyze::steps {

std::string_view measure_name(Measure measure) noexcept {
  constexpr std::array<std::string_view, measure_count> names = {
      "kl", "kl_from_baseline", "log_probability_drop", "surprisal", "prediction_change_rate"};
  return names[static_cast<std::size_t>(measure)];
}

std::string_view measure_unit(Measure measure) noexcept {
  return measure == Measure::prediction_change_rate ? "share" : "nats";
}

std::string measure_definition(Measure measure) {
  static const std::array<std::string, measure_count> texts = {
      "KL(changed || baseline) of the next token's distribution, nats, mean over the right "
      "answer's "
      "scored tokens, which are given",
      "KL(baseline || changed), nats, likewise",
      "log-probability of the right answer's token in the baseline minus that in the changed run, "
      "nats, mean over its tokens",
      "minus the log-probability of the right answer's token, nats, mean over its tokens",
      "share of the right answer's tokens at which the most likely token changes"};
  return texts[static_cast<std::size_t>(measure)];
}

Measured measure(const Rows& lane, const Rows& baseline) {
  std::array<CompensatedSum, measure_count> sums;
  const auto add = [&sums](Measure measure, double number) {
    sums[static_cast<std::size_t>(measure)] += number;
  };
  double tokens = 0.0;
  for (std::size_t i = 1; i < lane.size(); ++i) {
    if (!lane[i] || !baseline[i]) continue;
    tokens += 1.0;
    add(Measure::kl, lane[i]->reverse_kl);
    add(Measure::kl_from_baseline, lane[i]->kl);
    add(Measure::log_probability_drop,
        baseline[i]->token_log_probability - lane[i]->token_log_probability);
    add(Measure::surprisal, -lane[i]->token_log_probability);
    add(Measure::prediction_change_rate, lane[i]->prediction_changed);
  }
  const auto value = [&](Measure measure) -> Value {
    if (tokens == 0.0) return Status::too_few_rows;
    return sums[static_cast<std::size_t>(measure)].value() / tokens;
  };
  return {value(Measure::kl), value(Measure::kl_from_baseline),
          value(Measure::log_probability_drop), value(Measure::surprisal),
          value(Measure::prediction_change_rate)};
}

Graded grade_problem(const Problem& problem, const ProblemRows& rows, Grader grader) {
  const auto grade_of = [&](const std::optional<std::string>& text) -> std::optional<Grade> {
    if (!text) return std::nullopt;
    return grade(*text, problem.gold, grader);
  };
  Graded graded{.baseline = grade_of(rows.baseline_text)};
  graded.lanes.reserve(rows.texts.size());
  for (const auto& text : rows.texts) graded.lanes.push_back(grade_of(text));
  return graded;
}

void Counts::add(const std::optional<Grade>& baseline, const std::optional<Grade>& lane) {
  ++problems;
  if (!baseline || !lane) {
    ++unknown;
    return;
  }
  const bool was_right = *baseline == Grade::right;
  const bool is_right = *lane == Grade::right;
  baseline_right += was_right ? 1U : 0U;
  broken += was_right && !is_right ? 1U : 0U;
  repaired += !was_right && is_right ? 1U : 0U;
  no_number += *lane == Grade::no_number ? 1U : 0U;
}

}  // namespace phiscope::analyze::steps
