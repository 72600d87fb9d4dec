// SPDX-License-Identifier: MIT
#include "sampling/options.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

namespace phiscope::extract {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& found,
                         const std::string& expected) {
  throw std::runtime_error(option + ": found " + found + ", expected " + expected);
}

void check_temperatures(const std::vector<double>& temperatures) {
  std::set<std::uint32_t> seen;
  for (const double temperature : temperatures) {
    // Draws are told apart by thousandths of a temperature.
    if (!(temperature >= 0.0) || temperature > 60.0 ||
        std::abs(temperature * 1000.0 - std::round(temperature * 1000.0)) > 1e-6) {
      refuse("--temperatures", std::to_string(temperature),
             "numbers from 0 to 60 with at most three decimals");
    }
    if (!seen.insert(draw_sample(temperature, 0)).second) {
      refuse("--temperatures", std::to_string(temperature) + " twice", "each once");
    }
  }
  if (temperatures.empty()) refuse("--temperatures", "nothing", "at least one");
}

void check_checkpoints(const SamplingOptions& options) {
  int before = options.stride - 1;
  for (const int checkpoint : options.checkpoints) {
    if (checkpoint <= before || checkpoint > options.max_new_tokens) {
      refuse("--checkpoints", std::to_string(checkpoint),
             "ascending numbers from --stride (" + std::to_string(options.stride) +
                 ") to --max-new-tokens (" + std::to_string(options.max_new_tokens) + ")");
    }
    before = checkpoint;
  }
  if (options.checkpoints.empty()) refuse("--checkpoints", "nothing", "at least one");
}

}  // namespace

std::vector<SamplingStep> asked_steps(const SamplingOptions& options) {
  const std::map<std::string, SamplingStep> numbers{
      {"2", SamplingStep::variance},    {"3", SamplingStep::manifold},
      {"4", SamplingStep::manifold},    {"5", SamplingStep::sensitivity},
      {"6", SamplingStep::attribution}, {"7", SamplingStep::clustering}};
  std::set<SamplingStep> steps;
  for (const std::string& name : options.steps) {
    const auto number = numbers.find(name);
    const auto* const named = std::ranges::find(sampling_steps, std::string_view(name),
                                                &std::pair<std::string_view, SamplingStep>::first);
    if (number == numbers.end() && named == sampling_steps.end()) {
      refuse("--steps", "'" + name + "'",
             "some of variance, manifold, sensitivity, attribution, clustering, or their numbers 2 "
             "to 7");
    }
    steps.insert(number == numbers.end() ? named->second : number->second);
  }
  if (steps.empty()) refuse("--steps", "nothing", "at least one step");
  return {steps.begin(), steps.end()};
}

void check_sampling(const SamplingOptions& options, const std::vector<SamplingStep>& steps,
                    const ModelConfig& config) {
  const auto has = [&](SamplingStep step) { return std::ranges::count(steps, step) > 0; };
  if (config.latent) {
    refuse("--model", "a model of latent thoughts", "one that writes its solutions");
  }
  check_temperatures(options.temperatures);
  check_temperatures({options.cluster_temperature});
  if (options.samples > 65535)
    refuse("--samples", std::to_string(options.samples), "at most 65535");
  check_checkpoints(options);
  if (options.target_layer >= config.layers) {
    refuse("--target-layer", std::to_string(options.target_layer),
           "a layer from 0 to " + std::to_string(config.layers - 1));
  }
  const std::vector<int> layers = parse_layers(options.run.layers, static_cast<int>(config.layers));
  if (options.target_layer >= 0 && std::ranges::count(layers, options.target_layer) == 0) {
    refuse("--target-layer", std::to_string(options.target_layer), "one of --layers");
  }
  if (has(SamplingStep::manifold) && options.oracle.empty()) {
    refuse("--oracle", "nothing", "a file of known solutions, which the step manifold needs");
  }
  if (!(options.prefix_share >= 0.0) || options.prefix_share >= 1.0) {
    refuse("--prefix-share", std::to_string(options.prefix_share), "a share from 0 up to 1");
  }
  if (has(SamplingStep::sensitivity) && options.interval >= options.max_new_tokens) {
    refuse("--interval", std::to_string(options.interval),
           "less than --max-new-tokens (" + std::to_string(options.max_new_tokens) + ")");
  }
  if (options.window_stride > options.lookahead) {
    refuse("--window-stride", std::to_string(options.window_stride),
           "at most --lookahead (" + std::to_string(options.lookahead) + ")");
  }
}

SampleLayout sample_layout(const SamplingOptions& options, SamplingStep step) {
  SampleLayout layout{.temperatures = options.temperatures,
                      .samples = options.samples,
                      .checkpoints = options.checkpoints,
                      .stride = options.stride};
  if (step == SamplingStep::clustering) {
    layout.temperatures = {options.cluster_temperature};
    layout.checkpoints = {options.max_new_tokens};
  }
  return layout;
}

BranchLayout branch_layout(const SamplingOptions& options) {
  return {.interval = options.interval,
          .lookahead = options.lookahead,
          .stride = options.window_stride,
          .tokens = options.max_new_tokens,
          .to_end = options.to_end};
}

}  // namespace phiscope::extract
