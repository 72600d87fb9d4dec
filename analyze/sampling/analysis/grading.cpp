// SPDX-License-Identifier: MIT
#include "sampling/analysis/grading.hpp"

#include <phiscope/wilson_interval.hpp>

#include <algorithm>

namespace phiscope::analyze::sampling {

std::optional<bool> graded(const Grade& grade, Score score) {
  if (score == Score::strict) return grade.strict;
  return score == Score::flexible ? grade.flexible : grade.right;
}

Estimate Rate::estimate() const {
  return wilson_interval(right, graded, {.covers = "samples"});
}

Rate Grading::rate(std::size_t problem, std::size_t temperature, Score score) const {
  Rate rate;
  for (const Grade& grade : grades[problem][temperature]) {
    const auto right = sampling::graded(grade, score);
    if (!right) continue;
    ++rate.graded;
    rate.right += *right ? 1U : 0U;
  }
  return rate;
}

Rate Grading::total(std::size_t temperature, Score score) const {
  Rate total;
  for (std::size_t problem = 0; problem < grades.size(); ++problem) {
    const Rate each = rate(problem, temperature, score);
    total.right += each.right;
    total.graded += each.graded;
  }
  return total;
}

Cell Grading::accuracy(std::size_t temperature, Score score, const Options& options) const {
  std::vector<Value> rates;
  rates.reserve(grades.size());
  bool is_single = true;
  for (std::size_t problem = 0; problem < grades.size(); ++problem) {
    const Rate each = rate(problem, temperature, score);
    is_single = is_single && each.graded <= 1;
    rates.push_back(each.estimate().value);
  }
  Cell cell = cell_of(rates, options);
  // A t interval does not know that a mean of shares is one.
  for (Value* const end : {&cell.mean.low, &cell.mean.high}) {
    if (end->ok()) *end = std::clamp(end->value(), 0.0, 1.0);
  }
  const Rate all = total(temperature, score);
  if (is_single && all.graded > 0) {
    cell.mean = wilson_interval(all.right, all.graded, {.covers = "problems"});
  }
  return cell;
}

Grading grade_samples(const Samples& run, Grader grader) {
  Grading grading;
  grading.grades.resize(run.samples.size());
  grading.answers.resize(run.samples.size());
  for (std::size_t p = 0; p < run.samples.size(); ++p) {
    grading.grades[p].resize(run.temperatures.size());
    grading.answers[p].resize(run.temperatures.size());
    for (std::size_t t = 0; t < run.temperatures.size(); ++t) {
      const auto& samples = run.samples[p][t];
      grading.grades[p][t].reserve(samples.size());
      grading.answers[p][t].reserve(samples.size());
      for (const Sample& sample : samples) {
        grading.grades[p][t].push_back(
            grade_text(sample.text, run.info.problems[p].answer, grader));
        grading.answers[p][t].push_back(sample.text ? final_answer(*sample.text, grader) : "");
      }
    }
  }
  return grading;
}

}  // namespace phiscope::analyze::sampling
