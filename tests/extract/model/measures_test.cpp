// SPDX-License-Identifier: MIT
#include "run/measures.hpp"

#include "naive_executor.hpp"
#include "reference.hpp"
#include "scheduled_runs.hpp"

#include <cmath>

using namespace phiscope::test;

namespace {

constexpr Measure every_measure[] = {
    Measure::kl, Measure::reverse_kl,  Measure::prediction_changed,
    Measure::l2, Measure::token_score, Measure::token_log_probability};

std::vector<double> row_of(const at::Tensor& scores, std::int64_t position) {
  const at::Tensor row = scores[position].to(at::kDouble).contiguous();
  return {row.const_data_ptr<double>(), row.const_data_ptr<double>() + row.numel()};
}

std::vector<double> log_softmax(const std::vector<double>& scores) {
  double sum = 0.0;
  for (const double score : scores) sum += std::exp(score);
  std::vector<double> all;
  for (const double score : scores) all.push_back(score - std::log(sum));
  return all;
}

/// One measure by its definition; `p` is the run that is compared with.
double slow(Measure measure, const std::vector<double>& p, const std::vector<double>& q,
            const std::vector<int>& targets) {
  const std::vector<double> log_p = log_softmax(p);
  const std::vector<double> log_q = log_softmax(q);
  double sum = 0.0;
  for (std::size_t v = 0; v < p.size(); ++v) {
    if (measure == Measure::kl) sum += std::exp(log_p[v]) * (log_p[v] - log_q[v]);
    if (measure == Measure::reverse_kl) sum += std::exp(log_q[v]) * (log_q[v] - log_p[v]);
    if (measure == Measure::l2) sum += (p[v] - q[v]) * (p[v] - q[v]);
  }
  if (measure == Measure::l2) return std::sqrt(sum);
  if (measure == Measure::prediction_changed) {
    return std::ranges::max_element(p) - p.begin() == std::ranges::max_element(q) - q.begin() ? 0.0
                                                                                              : 1.0;
  }
  for (const int id : targets) {
    const auto v = static_cast<std::size_t>(id);
    if (measure == Measure::token_score) sum += q[v] / static_cast<double>(targets.size());
    if (measure == Measure::token_log_probability) {
      sum += log_q[v] / static_cast<double>(targets.size());
    }
  }
  return sum;
}

/// A run with rows at its last three positions, which count from `origin`, and one of their mean.
Run read_out(std::vector<int> tokens, const std::vector<Action>& actions, std::int64_t number) {
  Run run{.tokens = std::move(tokens), .rows = {}, .key = {number}};
  run.actions = actions;
  const int end = given_positions(run);
  run.origin = end - 3;
  for (int i = 0; i < 3; ++i) {
    run.rows.push_back({.key = {number, i}, .spans = {{end - 3 + i, end - 2 + i}}});
    run.rows.back().targets = {5 + i, 17};
  }
  run.rows.push_back({.key = {number, 3}, .spans = {{end - 3, end - 1}, {end - 1, end}}});
  run.rows.back().targets = {8};
  return run;
}

/// 0 and 1 are read out and compared with themselves and with 0; the others with 0 or with 1.
Group compared_group() {
  const std::vector<int> tokens = tokens_from(3, 12);
  std::vector<int> longer = tokens_from(3, 14);
  longer[4] = 9;
  Group group;
  group.runs.push_back(read_out(tokens, {}, 0));
  group.runs.push_back(read_out(longer, {}, 1));
  const auto changed = [&](const std::vector<int>& ids, const Action& action, std::size_t of) {
    group.runs.push_back(read_out(ids, {action}, std::ssize(group.runs)));
    group.runs.back().from = of;
    group.runs.back().against = of;
  };
  for (const int layer : {0, 1}) {
    changed(tokens, zero(place(Hook::resid_post, layer, {4})), 0);
    changed(longer, zero(place(Hook::resid_post, layer, {4})), 1);
    changed(tokens, patch(place(Hook::resid_post, layer, {9}), 1, {9}), 0);
  }
  return group;
}

}  // namespace

TEST_CASE("measures of rows are those of the definition, against the run that is named",
          "[measures]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  const Group group = compared_group();
  const NaiveExecutor naive(model, group);
  std::vector<at::Tensor> scores;
  for (std::size_t r = 0; r < group.runs.size(); ++r) {
    scores.push_back(naive.values(r, Hook::logits, 0));
  }
  for (const Measure measure : every_measure) {
    Plan plan = capture_plan(Hook::logits, {});
    plan.captures.front().measure = measure;
    plan.groups = {group};
    const at::Tensor found = written(model, plan, 4);
    CHECK(found.equal(written(model, plan, 1)));
    std::int64_t at = 0;
    for (std::size_t r = 0; r < group.runs.size(); ++r) {
      const Run& run = group.runs[r];
      const Run& other = group.runs[run.against];
      for (const Row& row : run.rows) {
        double wanted = 0.0;
        for (const Span& span : row.spans) {
          for (int p = span.begin; p < span.end; ++p) {
            const double share =
                1.0 / static_cast<double>(row.spans.size()) / (span.end - span.begin);
            wanted +=
                share * slow(measure, row_of(scores[run.against], p - run.origin + other.origin),
                             row_of(scores[r], p), row.targets);
          }
        }
        CAPTURE(static_cast<int>(measure), r, at);
        CHECK(found[at++].item<double>() == Approx(wanted).epsilon(1e-9).margin(1e-12));
      }
    }
    CHECK(at == found.size(0));
  }
}

TEST_CASE("a run compared with itself, and what it shares, has divergences of exactly zero",
          "[measures]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  const std::vector<int> tokens = tokens_from(3, 12);
  Group group;
  for (int i = 0; i < 2; ++i) {
    Run run{.tokens = tokens, .rows = {{.key = {i, 0}, .spans = {{2, 3}}}}, .key = {i}};
    run.rows.push_back({.key = {i, 1}, .spans = {{11, 12}}});
    group.runs.push_back(run);
  }
  for (const Measure measure :
       {Measure::kl, Measure::reverse_kl, Measure::l2, Measure::prediction_changed}) {
    CHECK(measured(model, group, measure).abs().max().item<double>() == 0.0);
  }
}

TEST_CASE("targets where nothing is computed are refused", "[measures]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  const std::vector<int> tokens = tokens_from(3, 12);
  Row row{.key = {1, 0}, .spans = {{2, 3}}};
  row.targets = {4};
  const Group group{
      .runs = {{.tokens = tokens, .rows = {}}, {.tokens = tokens, .rows = {row}, .key = {1}}}};
  CHECK_THROWS_AS(measured(model, group, Measure::token_score), std::invalid_argument);
  Group none = group;
  none.runs[1].rows[0].spans = {{11, 12}};
  none.runs[1].rows[0].targets.clear();
  CHECK_THROWS_AS(measured(model, none, Measure::token_score), std::invalid_argument);
  CHECK_NOTHROW(measured(model, none, Measure::kl));
}
