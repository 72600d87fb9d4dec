// SPDX-License-Identifier: MIT
#include "patching/analysis/measure.hpp"

#include <phiscope/sum.hpp>

#include <cmath>

namespace phiscope::analyze::patching {
namespace {

/// Mean of numbers that are finite, or the reason why there is none.
class Mean {
 public:
  void add(double number) {
    sum_ += number;
    count_ += 1.0;
  }
  [[nodiscard]] Value value() const {
    if (count_ == 0.0) return Status::too_few_rows;
    return sum_.value() / count_;
  }

 private:
  CompensatedSum sum_;
  double count_ = 0.0;
};

/// Divergences over the read-outs whose distributions differ.
void add_divergences(const Rows& site, const std::vector<Readout>& readouts, std::size_t vocabulary,
                     Measured& result) {
  const std::vector<bool> distinct = distinct_readouts(readouts);
  Mean kl;
  Mean reverse;
  Mean l2;
  Mean squares;
  Mean changed;
  for (std::size_t i = 0; i < site.size(); ++i) {
    if (!site[i] || !distinct[i]) continue;
    kl.add(site[i]->reverse_kl);
    reverse.add(site[i]->kl);
    l2.add(site[i]->l2);
    squares.add(site[i]->l2 * site[i]->l2);
    changed.add(site[i]->prediction_changed);
  }
  result[Measure::kl_divergence] = kl.value();
  result[Measure::kl_from_baseline] = reverse.value();
  result[Measure::l2] = l2.value();
  result[Measure::prediction_change_rate] = changed.value();
  const Value square = squares.value();
  if (!square.ok() || vocabulary > 0) {
    result[Measure::l2_difference] =
        square.ok() ? Value(std::sqrt(square.value() / static_cast<double>(vocabulary))) : square;
  }
}

}  // namespace

std::string_view measure_name(Measure measure) noexcept {
  constexpr std::array<std::string_view, measure_count> names = {"kl_divergence",
                                                                 "kl_from_baseline",
                                                                 "l2",
                                                                 "l2_difference",
                                                                 "prediction_change_rate",
                                                                 "clean_answer_score",
                                                                 "corrupted_answer_score",
                                                                 "answer_logit_diff",
                                                                 "clean_answer_score_change",
                                                                 "corrupted_answer_score_change",
                                                                 "answer_logit_diff_change",
                                                                 "clean_score",
                                                                 "corrupted_score",
                                                                 "answer_diff",
                                                                 "answer_diff_change",
                                                                 "recovery"};
  return names[static_cast<std::size_t>(measure)];
}

std::string_view measure_unit(Measure measure) noexcept {
  switch (measure) {
    case Measure::kl_divergence:
    case Measure::kl_from_baseline:
    case Measure::clean_score:
    case Measure::corrupted_score:
    case Measure::answer_diff:
    case Measure::answer_diff_change:
      return "nats";
    case Measure::prediction_change_rate:
      return "share";
    case Measure::recovery:
      return "recovery";
    default:
      return "logits";
  }
}

Scores scores_of(const Rows& rows, const std::vector<Readout>& readouts) {
  Scores scores;
  Mean clean;
  Mean corrupted;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    switch (readouts[i].continuation) {
      case Continuation::eot:
        scores.clean_logit = rows[i]->token_score;
        break;
      case Continuation::eot_corrupted:
        scores.corrupted_logit = rows[i]->token_score;
        break;
      case Continuation::clean:
        clean.add(rows[i]->token_log_probability);
        break;
      case Continuation::corrupted:
        corrupted.add(rows[i]->token_log_probability);
        break;
      case Continuation::greedy:
        break;
    }
  }
  scores.clean = clean.value();
  scores.corrupted = corrupted.value();
  return scores;
}

Value recovery(const Value& patched, const Value& unpatched, const Value& clean) {
  const Value gap = difference(clean, unpatched);
  const Value change = difference(patched, unpatched);
  const Status why = first_reason(gap.status(), change.status());
  if (why != Status::ok) return why;
  if (std::abs(gap.value()) < least_gap) return Status::no_gap;
  return change.value() / gap.value();
}

Measured measure_site(const Rows& site, const PairRows& pair, const std::vector<Readout>& readouts,
                      std::size_t vocabulary) {
  Measured result;
  add_divergences(site, readouts, vocabulary, result);
  const Scores patched = scores_of(site, readouts);
  const Scores unpatched = scores_of(pair.unpatched, readouts);
  const Scores clean = scores_of(pair.clean, readouts);
  result[Measure::clean_answer_score] = patched.clean_logit;
  result[Measure::corrupted_answer_score] = patched.corrupted_logit;
  result[Measure::answer_logit_diff] = patched.logit_difference();
  result[Measure::clean_answer_score_change] =
      difference(patched.clean_logit, unpatched.clean_logit);
  result[Measure::corrupted_answer_score_change] =
      difference(patched.corrupted_logit, unpatched.corrupted_logit);
  result[Measure::answer_logit_diff_change] =
      difference(patched.logit_difference(), unpatched.logit_difference());
  result[Measure::clean_score] = patched.clean;
  result[Measure::corrupted_score] = patched.corrupted;
  result[Measure::answer_diff] = patched.answer_difference();
  result[Measure::answer_diff_change] =
      difference(patched.answer_difference(), unpatched.answer_difference());
  result[Measure::recovery] = recovery(patched.answer_difference(), unpatched.answer_difference(),
                                       clean.answer_difference());
  return result;
}

}  // namespace phiscope::analyze::patching
