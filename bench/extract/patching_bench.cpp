// SPDX-License-Identifier: MIT
// Sweeps of patches, and step sets, with everything shared against the same runs alone, in CPU
// time.
//   patching_bench MODEL QUESTION BATCH ROUNDS          prints a JSON line for each kind of sweep
//   patching_bench MODEL QUESTION BATCH ROUNDS KIND     runs one sweep, for a profiler
#include "model/model.hpp"
#include "patching/group.hpp"
#include "plan/sharing.hpp"
#include "run/stepper.hpp"
#include "steps/plan.hpp"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace phiscope::extract;

namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::vector<int> some_tokens(int count, int seed, std::int64_t vocab) {
  std::vector<int> ids;
  for (int i = 0; i < count; ++i) {
    ids.push_back(static_cast<int>((7919LL * (i + 1) * (seed + 3)) % (vocab - 10)));
  }
  return ids;
}

/// A pair whose questions differ from the middle on.
PatchPair some_pair(int question, int sites, int pads, std::int64_t vocab) {
  PatchPair pair;
  pair.id = "0";
  pair.clean.tokens = some_tokens(question, 1, vocab);
  pair.corrupted.tokens = pair.clean.tokens;
  pair.corrupted.tokens[static_cast<std::size_t>(question / 2)] += 1;
  pair.clean.first_site = pair.corrupted.first_site = question - pads;
  pair.clean.target = {5};
  pair.corrupted.target = {6};
  pair.clean.forced = {11, 12, 13, 14, 15, 21, 22};
  pair.corrupted.forced = {11, 12, 13, 14, 15, 31, 32};
  pair.first_scored = 5;
  pair.sites = sites;
  return pair;
}

void add_measures(Plan& plan) {
  for (const auto& [name, measure] : {std::pair{"kl", Measure::kl},
                                      {"reverse_kl", Measure::reverse_kl},
                                      {"prediction_changed", Measure::prediction_changed},
                                      {"l2", Measure::l2},
                                      {"token_score", Measure::token_score},
                                      {"token_log_probability", Measure::token_log_probability}}) {
    plan.captures.push_back(
        {.array = name, .hook = Hook::logits, .layers = {}, .measure = measure});
  }
}

/// Eight problems, six thoughts set to zero half way up, an answer of eight tokens given and one
/// spoken.
Plan step_sets_plan(int question, const ModelConfig& config) {
  StepLayout layout;
  layout.kinds = {StepKind::cumulative, StepKind::single, StepKind::all, StepKind::early_exit};
  layout.layers = {static_cast<int>(config.layers) / 2};
  layout.latents = 6;
  layout.after = {7};
  std::vector<StepProblem> problems;
  for (int p = 0; p < 8; ++p) {
    problems.push_back({.tokens = some_tokens(question, p, config.vocab),
                        .forced = {11, 12, 13, 14, 15, 16, 21, 22},
                        .first_scored = 6});
  }
  Plan plan;
  add_measures(plan);
  plan.generation.tokens = 8;
  add_steps(problems, layout, plan);
  return plan;
}

Plan sweep(const std::string& kind, int question, const ModelConfig& config) {
  if (kind == "steps") return step_sets_plan(question, config);
  PatchLayout layout;
  layout.modes = {PatchMode::rerun};
  layout.sets = {*parse_site_set("single")};
  for (int layer = 0; layer < config.layers; ++layer) layout.layers.push_back(layer);
  layout.after = {7};
  layout.answers = kind == "answers";
  layout.latents = kind == "published" ? 0 : 6;
  const int sites = kind == "published" ? 5 : 6;
  const PatchPair pair = some_pair(question, sites, kind == "published" ? 5 : 0, config.vocab);
  layout.readouts = readout_names({pair}, layout);
  Plan plan;
  add_measures(plan);
  add_patching({pair}, layout, plan);
  return plan;
}

/// The same runs, each computed whole.
Plan alone(Plan plan) {
  for (Group& group : plan.groups) {
    for (Run& run : group.runs) run.from = no_run;
  }
  return plan;
}

struct Timed {
  double seconds = 0.0;
  int passes = 0;
  std::vector<double> kl;
};
Timed run(const Model& model, const Plan& plan, std::size_t batch) {
  Timed timed;
  const double start = cpu_seconds();
  Stepper stepper(model, plan, batch);
  stepper.begin(plan.groups);
  for (bool going = true; going;) {
    going = stepper.step();
    ++timed.passes;
    for (const FinishedRun& done : stepper.take_finished()) {
      if (!done.arrays[0].defined()) continue;
      const double* kl = done.arrays[0].const_data_ptr<double>();
      timed.kl.insert(timed.kl.end(), kl, kl + done.arrays[0].numel());
    }
  }
  timed.seconds = cpu_seconds() - start;
  return timed;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) {
    std::cerr << "usage: patching_bench MODEL QUESTION BATCH ROUNDS [KIND]\n";
    return 2;
  }
  const c10::InferenceMode no_gradients;
  at::set_num_threads(1);
  const Model model = load_model(argv[1], at::kFloat, at::kCPU);
  const int question = std::stoi(argv[2]);
  const auto batch = static_cast<std::size_t>(std::stoi(argv[3]));
  for (const std::string kind : {"published", "eot", "answers", "steps"}) {
    const Plan shared = sweep(kind, question, model.config);
    const Plan plain = alone(shared);
    const TokenCount count = count_tokens(shared.groups, static_cast<int>(model.config.layers));
    if (argc == 6) {  // for a profiler: one kind, shared, alone
      if (kind == argv[5]) std::cout << run(model, shared, batch).passes << " passes\n";
      continue;
    }
    std::vector<double> ratios;
    std::vector<double> ones;
    std::vector<double> seconds;
    bool equal = true;
    int passes = 0;
    for (int round = 0; round < std::stoi(argv[4]); ++round) {
      const Timed fast = run(model, shared, batch);
      const Timed slow = run(model, plain, batch);
      const Timed single = run(model, plain, 1);
      passes = fast.passes;
      equal = equal && fast.kl == slow.kl && fast.kl == single.kl;
      ratios.push_back(slow.seconds / fast.seconds);
      ones.push_back(single.seconds / fast.seconds);
      seconds.push_back(fast.seconds);
    }
    std::cout << nlohmann::ordered_json{{"sweep", kind},
                                        {"runs", count.runs},
                                        {"token_layers", count.token_layers_shared},
                                        {"token_layers_alone", count.token_layers_alone},
                                        {"ratio_by_count",
                                         static_cast<double>(count.token_layers_alone) /
                                             static_cast<double>(count.token_layers_shared)},
                                        {"ratio", median(ratios)},
                                        {"ratio_of_one_run_at_a_time", median(ones)},
                                        {"seconds", median(seconds)},
                                        {"passes", passes},
                                        {"kl_equal", equal}}
                     .dump()
              << std::endl;
  }
  return 0;
}
