// SPDX-License-Identifier: MIT
// The engine's side of bench/forward.py: reads "KERNEL ARGUMENTS" lines, answers with CPU seconds.
#include "ahead/estimate.hpp"
#include "run/stored_rows.hpp"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <ctime>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

namespace {

using namespace phiscope::extract;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// A line of /proc/self/status in bytes: VmRSS is in use now, VmHWM was the most.
double status_bytes(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return 1024.0 * std::stod(line.substr(name.size() + 1));
  }
  return 0.0;
}

/// Reads every weight, so that mapped ones count as memory in use.
void touch(const Model& model) {
  double sum = model.parts[Part::embedding].sum().item<double>() +
               model.parts[Part::head].sum().item<double>();
  for (const BlockWeights& block : model.blocks) {
    for (int part = 0; part < static_cast<int>(Part::count); ++part) {
      const at::Tensor& weight = block.parts[static_cast<Part>(part)];
      if (weight.defined()) sum += weight.sum().item<double>();
    }
  }
  if (std::isnan(sum)) std::cerr << "forward_bench: a weight is not a number\n";
}

std::vector<Run> random_runs(const Model& model, int count, int length, bool last_only) {
  std::mt19937_64 engine(0);
  std::vector<Run> runs;
  for (int r = 0; r < count; ++r) {
    Run run{.tokens = {}, .rows = {}, .key = {r}};
    for (int position = 0; position < length; ++position) {
      run.tokens.push_back(
          static_cast<int>(engine() % static_cast<std::uint64_t>(model.config.vocab)));
      if (last_only && position + 1 < length) continue;
      run.rows.push_back({.key = {r, position}, .spans = {{position, position + 1}}});
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

/// Captures by name: "" nothing but the end, "logits", "residuals" (all, and head norms).
std::vector<Capture> captures(const Model& model, const std::string& what) {
  std::vector<int> layers;
  for (int layer = 0; layer < model.config.layers; ++layer) layers.push_back(layer);
  if (what == "logits") return {{.array = "l", .hook = Hook::logits, .layers = {}}};
  if (what == "residuals") {
    return {{.array = "l", .hook = Hook::logits, .layers = {}},
            {.array = "r", .hook = Hook::resid_post, .layers = layers},
            {.array = "n", .hook = Hook::head_norm, .layers = layers}};
  }
  return {};
}

/// All runs in one batch, with every row made as it would be stored.
void run_all(const Model& model, Plan plan, const std::vector<Run>& runs) {
  plan.groups.clear();
  for (const Run& run : runs) plan.groups.push_back({.runs = {run}});
  Stepper stepper(model, plan, runs.size());
  stepper.begin(plan.groups);
  for (bool going = true; going;) {
    going = stepper.step();
    const std::vector<FinishedRun> finished = stepper.take_finished();
    for (std::size_t c = 0; c < plan.captures.size(); ++c) {
      StoredRows stored(model, plan, c, finished);
      while (stored.next()) {
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: forward_bench MODEL THREADS\n";
    return 2;
  }
  const c10::InferenceMode no_gradients;
  at::set_num_threads(std::stoi(argv[2]));
  const Model model = load_model(argv[1], at::kFloat, at::kCPU);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string kernel;
    std::string what;
    int count = 0;
    int length = 0;
    int steps = 0;
    words >> kernel >> what >> count >> length >> steps;
    Plan plan;
    if (kernel == "memory") touch(model);
    const double resident = status_bytes("VmRSS");
    double seconds = 0.0;
    if (kernel == "prefill" || kernel == "last") {
      const std::vector<Run> runs = random_runs(model, count, length, kernel == "last");
      plan.captures = captures(model, what);
      const double start = cpu_seconds();
      run_all(model, plan, runs);
      seconds = cpu_seconds() - start;
    } else if (kernel == "decode") {
      std::vector<Run> runs = random_runs(model, count, length, true);
      for (Run& run : runs) run.rows.clear();
      plan.captures = what == "norms" ? captures(model, "residuals") : std::vector<Capture>{};
      if (what == "norms") plan.captures.erase(plan.captures.begin(), plan.captures.begin() + 2);
      plan.generation = {.tokens = 1, .end = {}, .rows = GeneratedRows::predicting};
      double start = cpu_seconds();
      run_all(model, plan, runs);  // the prompt's part of what follows
      const double prompt = cpu_seconds() - start;
      plan.generation.tokens = steps + 1;
      start = cpu_seconds();
      run_all(model, plan, runs);
      seconds = (cpu_seconds() - start - prompt) / steps;
    } else if (kernel != "memory") {
      std::cerr << "forward_bench: unknown kernel " << kernel << '\n';
      return 2;
    }
    std::cout << seconds << ' ' << resident << ' ' << status_bytes("VmHWM") << std::endl;
  }
  return 0;
}
