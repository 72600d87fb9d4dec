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

void check_temperatures(const std::string& option, const std::vector<double>& temperatures) {
  std::set<std::uint32_t> seen;
  for (const double temperature : temperatures) {
    // Draws are told apart by thousandths of a temperature.
    if (!(temperature >= 0.0) || temperature > 60.0 ||
        std::abs(temperature * 1000.0 - std::round(temperature * 1000.0)) > 1e-6) {
      refuse(option, std::to_string(temperature),
             "a number from 0 to 60 with at most three decimals");
    }
    if (!seen.insert(draw_sample(temperature, 0)).second) {
      refuse(option, std::to_string(temperature) + " twice", "each once");
    }
  }
  if (temperatures.empty()) refuse(option, "nothing", "at least one");
}

/// The option that says how many tokens a step generates, and how many.
std::string tokens_option(const SamplingOptions& options, SamplingStep step) {
  std::string name = "--max-new-tokens";
  if (step == SamplingStep::variance && options.variance_max_new_tokens > 0) {
    name = "--variance-max-new-tokens";
  } else if (step == SamplingStep::clustering && options.cluster_max_new_tokens > 0) {
    name = "--cluster-max-new-tokens";
  }
  return name + " (" + std::to_string(step_tokens(options, step)) + ")";
}

void check_checkpoints(const SamplingOptions& options) {
  const int tokens = step_tokens(options, SamplingStep::variance);
  int before = options.stride - 1;
  for (const int checkpoint : options.checkpoints) {
    if (checkpoint <= before || (checkpoint > tokens && options.texts.empty())) {
      refuse("--checkpoints", std::to_string(checkpoint),
             "ascending numbers from --stride (" + std::to_string(options.stride) + ") to " +
                 tokens_option(options, SamplingStep::variance));
    }
    before = checkpoint;
  }
  if (options.checkpoints.empty()) refuse("--checkpoints", "nothing", "at least one");
}

/// These steps have no checkpoint to compare: a solution shorter than the stride has no latent.
void check_stride(const SamplingOptions& options, SamplingStep step) {
  if (!options.texts.empty() || options.stride <= step_tokens(options, step)) return;
  refuse("--stride", std::to_string(options.stride), "at most " + tokens_option(options, step));
}

void check_layers(const SamplingOptions& options, const ModelConfig& config, bool clusters) {
  const std::vector<int> layers = parse_layers(options.run.layers, static_cast<int>(config.layers));
  const auto check = [&](const std::string& option, int layer) {
    if (layer < -1 || layer >= config.layers) {
      refuse(option, std::to_string(layer),
             "a layer from 0 to " + std::to_string(config.layers - 1) + ", or -1");
    }
    if (layer >= 0 && std::ranges::count(layers, layer) == 0) {
      refuse(option, std::to_string(layer), "one of --layers");
    }
  };
  check("--target-layer", options.target_layer);
  if (clusters) check("--cluster-layer", options.cluster_layer);
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
  std::vector<SamplingStep> order(steps.begin(), steps.end());
  // Last: whether there are points shows as the run goes, and that there are none is an error of
  // this step alone.
  std::stable_partition(order.begin(), order.end(),
                        [](SamplingStep step) { return step != SamplingStep::attribution; });
  return order;
}

void check_sampling(const SamplingOptions& options, const std::vector<SamplingStep>& steps,
                    const ModelConfig& config) {
  const auto has = [&](SamplingStep step) { return std::ranges::count(steps, step) > 0; };
  if (config.latent) {
    refuse("--model", "a model of latent thoughts", "one that writes its solutions");
  }
  for (const SamplingStep step : steps) {
    if (options.texts.empty() || step == SamplingStep::variance ||
        step == SamplingStep::clustering) {
      continue;
    }
    refuse("--texts", "the step " + choice_name(sampling_steps, step) + ", which generates",
           "--steps variance,clustering, or one of them");
  }
  check_draw_options(draw_options(options));
  // One temperature is also that of given texts which name none.
  if (has(SamplingStep::variance) || !options.texts.empty()) {
    check_temperatures("--temperatures", options.temperatures);
  }
  if (has(SamplingStep::clustering)) {
    check_temperatures("--cluster-temperature", {options.cluster_temperature});
  }
  if (options.samples > 65535)
    refuse("--samples", std::to_string(options.samples), "at most 65535");
  if (has(SamplingStep::variance)) check_checkpoints(options);
  for (const SamplingStep step : {SamplingStep::manifold, SamplingStep::clustering}) {
    if (has(step)) check_stride(options, step);
  }
  check_layers(options, config, has(SamplingStep::clustering));
  if (has(SamplingStep::manifold) &&
      (!(options.prefix_share >= 0.0) || options.prefix_share >= 1.0)) {
    refuse("--prefix-share", std::to_string(options.prefix_share), "a share from 0 up to 1");
  }
  if (has(SamplingStep::sensitivity) && options.interval >= options.max_new_tokens) {
    refuse("--interval", std::to_string(options.interval),
           "less than --max-new-tokens (" + std::to_string(options.max_new_tokens) + ")");
  }
  if (has(SamplingStep::sensitivity) && options.window_stride > options.lookahead) {
    refuse("--window-stride", std::to_string(options.window_stride),
           "at most --lookahead (" + std::to_string(options.lookahead) + ")");
  }
}

int step_tokens(const SamplingOptions& options, SamplingStep step) {
  const int own = step == SamplingStep::variance     ? options.variance_max_new_tokens
                  : step == SamplingStep::clustering ? options.cluster_max_new_tokens
                                                     : 0;
  return own > 0 ? own : options.max_new_tokens;
}

std::vector<int> step_layers(const SamplingOptions& options, SamplingStep step,
                             const ModelConfig& config) {
  const auto count = static_cast<int>(config.layers);
  if (step != SamplingStep::variance || options.variance_layers.empty()) {
    return parse_layers(options.run.layers, count);
  }
  std::vector<int> layers = parse_layers(options.variance_layers, count, "--variance-layers");
  // A report that looks at another layer than the one asked for would mislead.
  if (options.target_layer >= 0 && !std::ranges::binary_search(layers, options.target_layer)) {
    layers.insert(std::ranges::upper_bound(layers, options.target_layer), options.target_layer);
  }
  return layers;
}

int step_target(const SamplingOptions& options, SamplingStep step, const ModelConfig& config) {
  if (step == SamplingStep::clustering && options.cluster_layer >= 0) return options.cluster_layer;
  if (options.target_layer >= 0) return options.target_layer;
  const std::vector<int> layers = step_layers(options, step, config);
  return layers[layers.size() * 2 / 3];
}

DrawOptions draw_options(const SamplingOptions& options) {
  return {.temperature = 1.0,
          .top_k = options.top_k,
          .top_p = options.top_p,
          .repetition_penalty = options.repetition_penalty};
}

SampleLayout sample_layout(const SamplingOptions& options, SamplingStep step) {
  SampleLayout layout{.temperatures = options.temperatures,
                      .samples = options.samples,
                      .checkpoints = options.checkpoints,
                      .stride = options.stride};
  if (step == SamplingStep::clustering) {
    layout.temperatures = {options.cluster_temperature};
    layout.checkpoints = {step_tokens(options, step)};
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
