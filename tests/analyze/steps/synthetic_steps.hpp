// SPDX-License-Identifier: MIT
#pragma once

#include "analyze/reduced_logits.hpp"
#include "shard/run_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace phiscope::test {

/// The key of a row, by name. Kinds: 0 baseline, 1 cumulative, 2 single, 3 leave-one, 4 all, 5
/// early-exit.
struct StepKey {
  std::int64_t problem = 0;
  std::int64_t layer = -1;
  std::int64_t kind = 0;
  std::int64_t step = 0;
  std::int64_t readout = 0;
};

struct SyntheticProblem {
  nlohmann::ordered_json id;
  std::string gold;
  std::optional<int> stratum;
  std::optional<int> steps;
  std::vector<std::int64_t> tokens;
  std::string part = "sweep";

  /// A right answer, as decimals: a grader takes the last number of "3/4".
  [[nodiscard]] std::string right_text() const {
    return "The answer is: " + (gold == "3/4" ? "0.75" : gold);
  }
};

/// A run of experiment steps without a model: logits are a formula, and what is said is what
/// `says` says.
struct SyntheticSteps {
  std::vector<std::string> kinds = {"cumulative", "single", "all", "early-exit"};
  std::vector<std::int64_t> layers = {2};
  std::int64_t latents = 4;
  bool include_bot = false;
  bool published = false;
  std::int64_t model_layers = 5;
  std::int64_t vocabulary = 7;
  std::vector<SyntheticProblem> problems = {
      {"a1", "16", 2, 1, {1, 2}},           {"a2", "7", 2, 2, {3}},
      {"a3", "3/4", 3, 3, {2, 1}},          {"a4", "12", 4, 4, {1, 4}},
      {"a5", "1000", 5, 8, {1, 2, 3}},      {7, "5", {}, {}, {2}},
      {"v1", "9", 2, 2, {1}, "validation"}, {"v2", "20", 5, 5, {4, 4}, "validation"}};
  std::vector<std::pair<nlohmann::ordered_json, std::string>> dropped = {
      {"d1", "no_gold"}, {"d2", "too_long"}, {3, "no_gold"}};
  nlohmann::ordered_json options = {{"donor", "zero"}, {"sets", "cumulative,single"}};
  nlohmann::ordered_json model = {{"name", "formula"}, {"layers", 5}, {"vocab", 7}};
  std::string donor = "zero";
  std::string dtype = "float32";
  std::int64_t problems_per_shard = 3;
  bool keeps_texts = true;
  bool keeps_logits = false;
  /// How far a lane is from the baseline, in place of the formula.
  std::function<double(const StepKey&)> effect = nullptr;
  /// What is said in a lane; nothing: no line in the file. In place of the formula.
  std::function<std::optional<std::string>(const StepKey&)> says = nullptr;
  /// Changes what is written of a row, after it was reduced.
  std::function<void(const StepKey&, ReducedLogits&)> change = nullptr;
  /// Leaves a row out.
  std::function<bool(const StepKey&)> leave_out = nullptr;
  std::function<bool(const StepKey&)> repeat = nullptr;  ///< writes a row twice
  /// Another key for a row.
  std::function<void(StepKey&)> rename = nullptr;

  [[nodiscard]] const SyntheticProblem& problem(const StepKey& key) const {
    return problems[static_cast<std::size_t>(key.problem)];
  }

  /// The thoughts that are changed are what counts: the same for all of cumulative K and all.
  [[nodiscard]] double effect_of(const StepKey& key) const {
    if (key.kind == 0) return 0.0;
    if (effect) return effect(key);
    double sum = 0.0;
    for (std::int64_t step = -1; step < latents; ++step) {
      const bool changed = (key.kind == 1 && step >= 0 && step < key.step) ||
                           (key.kind == 2 && step == key.step) ||
                           (key.kind == 3 && step >= 0 && step != key.step) ||
                           (key.kind == 4 && step >= 0) || (key.kind == 5 && step >= key.step);
      if (changed) sum += 0.3 + 0.1 * static_cast<double>(step);
    }
    return sum * (1.0 + 0.2 * std::sin(static_cast<double>(key.problem))) *
           (1.0 + 0.05 * static_cast<double>(key.layer));
  }

  [[nodiscard]] std::vector<double> logits(const StepKey& key) const {
    const auto& tokens = problem(key).tokens;
    std::vector<double> values;
    for (std::int64_t token = 0; token < vocabulary; ++token) {
      const double own =
          1.5 * std::sin(1.3 * static_cast<double>(token) + 0.7 * static_cast<double>(key.problem) +
                         0.9 * static_cast<double>(key.readout));
      const bool is_gold = std::find(tokens.begin(), tokens.end(), token) != tokens.end();
      values.push_back(own + (is_gold ? 2.0 - effect_of(key) : 0.1 * effect_of(key)));
    }
    return values;
  }

  [[nodiscard]] ReducedLogits reduced(const StepKey& key) const {
    StepKey baseline{.problem = key.problem};
    baseline.readout = key.readout;
    const auto& gold = problem(key).tokens;
    const std::vector<std::int64_t> targets =
        key.readout == 0
            ? gold
            : std::vector<std::int64_t>{gold[static_cast<std::size_t>(key.readout) - 1]};
    ReducedLogits row = reduce_logits(logits(baseline), logits(key), targets);
    if (change) change(key, row);
    return row;
  }

  /// Right answers of the baseline break one after the other as more is changed; "7" is never
  /// right before its first thought is changed.
  [[nodiscard]] std::optional<std::string> said(const StepKey& key) const {
    if (says) return says(key);
    const SyntheticProblem& of = problem(key);
    const double size = effect_of(key);
    if (of.id == 7) return size > 0.3 ? "The answer is: 5" : "no idea";
    if (size < 0.35 + 0.1 * static_cast<double>(key.problem)) return of.right_text();
    return size > 1.2 ? "no number" : "The answer is: 1";
  }

  [[nodiscard]] std::vector<std::int64_t> steps_of(std::int64_t kind) const {
    std::vector<std::int64_t> steps;
    if (kind == 4) return {latents};
    for (std::int64_t i = 0; i < latents; ++i) steps.push_back(kind == 1 ? i + 1 : i);
    if (kind == 2 && include_bot) steps.insert(steps.begin(), -1);
    return steps;
  }

  /// The lanes of a problem, the baseline first.
  [[nodiscard]] std::vector<StepKey> lanes(std::int64_t problem) const {
    std::vector<StepKey> all = {{.problem = problem}};
    const std::vector<std::string> names = {"baseline",  "cumulative", "single",
                                            "leave-one", "all",        "early-exit"};
    for (const std::string& name : kinds) {
      const std::int64_t kind = std::find(names.begin(), names.end(), name) - names.begin();
      for (const std::int64_t layer : kind == 5 ? std::vector<std::int64_t>{-1} : layers) {
        for (const std::int64_t step : steps_of(kind)) {
          all.push_back({.problem = problem, .layer = layer, .kind = kind, .step = step});
        }
      }
    }
    return all;
  }
};

inline nlohmann::ordered_json synthetic_problems(const SyntheticSteps& options) {
  using Json = nlohmann::ordered_json;
  Json problems = Json::array();
  for (const SyntheticProblem& problem : options.problems) {
    problems.push_back({{"problem_id", problem.id},
                        {"part", problem.part},
                        {"stratum", problem.stratum ? Json(*problem.stratum) : Json(nullptr)},
                        {"steps", problem.steps ? Json(*problem.steps) : Json(nullptr)},
                        {"gold", problem.gold},
                        {"positions", 5},
                        {"tokens", problem.tokens}});
  }
  return problems;
}

inline shard::RunPlan synthetic_steps_plan(const SyntheticSteps& options) {
  using Json = nlohmann::ordered_json;
  shard::RunPlan plan;
  plan.experiment = "steps";
  const auto problems = static_cast<std::int64_t>(options.problems.size());
  plan.shards = std::max<std::int64_t>(
      1, (problems + options.problems_per_shard - 1) / options.problems_per_shard);
  for (const char* name :
       {"kl", "reverse_kl", "prediction_changed", "token_score", "token_log_probability"}) {
    plan.arrays.push_back({.name = name,
                           .hook = "logits",
                           .formula = "",
                           .row_space = "step_set",
                           .encoding = "",
                           .axes = {"row"},
                           .dtype = shard::Dtype::f8,
                           .layers = {},
                           .row_shape = {}});
  }
  if (options.keeps_logits) {
    plan.arrays.push_back({.name = "logits",
                           .hook = "logits",
                           .formula = "",
                           .row_space = "step_set",
                           .encoding = "",
                           .axes = {"row", "token"},
                           .dtype = shard::Dtype::f8,
                           .layers = {},
                           .row_shape = {static_cast<std::uint64_t>(options.vocabulary)}});
  }
  plan.row_spaces = {{.name = "step_set", .key = {"problem", "layer", "kind", "step", "readout"}}};
  std::size_t most = 0;
  for (const auto& problem : options.problems) most = std::max(most, problem.tokens.size());
  std::vector<std::string> readouts = {"eot"};
  for (std::size_t i = 0; i < most; ++i) readouts.push_back("answer:" + std::to_string(i));
  Json dropped = Json::array();
  for (const auto& [id, status] : options.dropped) {
    dropped.push_back({{"problem_id", id}, {"status", status}});
  }
  plan.details = {
      {"version", "synthetic"},
      {"options", options.options},
      {"model", options.model},
      {"numerics", {{"dtype", options.dtype}}},
      {"problems", synthetic_problems(options)},
      {"dropped", dropped},
      {"strata",
       Json::array({{{"stratum", 2}, {"available", 40}, {"sweep", 2}, {"validation", 1}},
                    {{"stratum", 5}, {"available", 3}, {"sweep", 1}, {"validation", 1}},
                    {{"stratum", nullptr}, {"available", 1}, {"sweep", 1}, {"validation", 0}}})},
      {"kinds", options.kinds},
      {"layers", options.layers},
      {"model_layers", options.model_layers},
      {"latents", options.latents},
      {"include_bot", options.include_bot},
      {"readouts", readouts},
      {"donor", options.donor},
      {"published", options.published}};
  return plan;
}

inline std::string synthetic_questions(const SyntheticSteps& options) {
  std::string prompts;
  for (std::size_t i = 0; i < options.problems.size(); ++i) {
    const nlohmann::ordered_json line = {
        {"id", std::to_string(i)}, {"text", "question " + std::to_string(i)}, {"input_ids", {1}}};
    prompts += line.dump() + "\n";
  }
  return prompts;
}

inline void append_step_row(const SyntheticSteps& options, StepKey key, shard::ShardWriter& part) {
  if (options.leave_out && options.leave_out(key)) return;
  const ReducedLogits row = options.reduced(key);
  const auto append = [&](const char* array, double number) {
    part.append(array, std::as_bytes(std::span(&number, 1)));
  };
  append("kl", row.kl);
  append("reverse_kl", row.reverse_kl);
  append("prediction_changed", row.prediction_changed);
  append("token_score", row.token_score);
  append("token_log_probability", row.token_log_probability);
  if (options.keeps_logits) {
    const std::vector<double> logits = options.logits(key);
    part.append("logits", std::as_bytes(std::span(logits)));
  }
  if (options.rename) options.rename(key);
  const std::vector<std::int64_t> columns = {key.problem, key.layer, key.kind, key.step,
                                             key.readout};
  part.append_keys("step_set", columns);
}

/// Writes the run. @param skip  shards that are not computed; then there is no manifest either.
inline void write_synthetic_steps(const std::filesystem::path& run, const SyntheticSteps& options,
                                  const std::vector<std::int64_t>& skip = {}) {
  const shard::RunPlan plan = synthetic_steps_plan(options);
  shard::RunWriter writer(run, plan, synthetic_questions(options), 0, 1);
  std::string texts;
  for (std::int64_t problem = 0; problem < std::ssize(options.problems); ++problem) {
    for (const StepKey& key : options.lanes(problem)) {
      const auto text = options.said(key);
      if (!text) continue;
      const nlohmann::ordered_json line = {{"key", {key.problem, key.layer, key.kind, key.step}},
                                           {"text", *text}};
      texts += line.dump() + "\n";
    }
  }
  for (std::int64_t shard = 0; shard < plan.shards; ++shard) {
    if (std::find(skip.begin(), skip.end(), shard) != skip.end()) continue;
    shard::ShardWriter part = writer.begin(shard);
    const std::int64_t first = shard * options.problems_per_shard;
    const std::int64_t end =
        std::min<std::int64_t>(first + options.problems_per_shard, std::ssize(options.problems));
    for (std::int64_t problem = first; problem < end; ++problem) {
      for (StepKey key : options.lanes(problem)) {
        const auto tokens = static_cast<std::int64_t>(options.problem(key).tokens.size());
        for (key.readout = 0; key.readout <= tokens; ++key.readout) {
          append_step_row(options, key, part);
          if (options.repeat && options.repeat(key)) append_step_row(options, key, part);
        }
      }
    }
    part.commit();
  }
  if (skip.empty()) writer.finish();
  if (options.keeps_texts) std::ofstream(run / "generated_texts.jsonl") << texts;
}

}  // namespace phiscope::test
