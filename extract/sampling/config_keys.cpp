// SPDX-License-Identifier: MIT
#include "sampling/config_keys.hpp"

#include "sampling/options.hpp"

#include <array>
#include <utility>

namespace phiscope::extract {
namespace {

using enum ConfigType;

constexpr const char* no_loader = "models are read from a directory, in --dtype";
constexpr const char* for_judge =
    "analyze-sampling writes the questions, judge --model answers them";

constexpr const char* steered =
    "steering is no step of extract sampling, --interventions of extract activations does it";

std::vector<ConfigKey> root_keys() {
  return {
      {"experiment_name", text},
      {"output_dir", text},
      {"dataset_limit", whole, "limit"},
      {"n_samples_per_problem", whole, "samples"},
      {"variance_layers", wholes, "variance-layers"},
      {"latent_sampling_stride", whole, "stride"},
      {"latent_pooling_window", whole, "pooling-window"},
      {"target_layer", whole, "target-layer"},
      {"task_name", text, "task-name"},
      {"data_path", text, "problems"},
      {"seed", whole, "seed"},
      {"temperatures", numbers, "", "variance_exp.temperatures are those of the step variance"},
      {"seeds", wholes, "", "every draw follows from seed, problem, temperature and sample"},
      {"oracle_model", text, "", "known solutions are read from manifold_exp.oracle_file"},
  };
}

std::vector<ConfigKey> model_keys() {
  return {
      {"model.model_name_or_path", text, "model"},
      {"model.device", text, "device"},
      {"model.dtype", text, "dtype"},
      {"model.attn_implementation", text, "", "attention is computed in one way"},
      {"model.trust_remote_code", boolean, "", "no code of a model is run"},
      {"model.load_in_8bit", boolean, "", no_loader},
      {"model.load_in_4bit", boolean, "", no_loader},
      {"generation.max_new_tokens", whole, "max-new-tokens"},
      {"generation.do_sample", boolean, "", "a temperature of 0 is greedy, any other is drawn"},
      {"generation.temperature", number, "",
       "variance_exp.temperatures and clustering.temperature are used, other steps are greedy"},
      {"generation.top_p", number, "top-p"},
      {"generation.top_k", whole, "top-k"},
      {"generation.repetition_penalty", number, "repetition-penalty"},
  };
}

std::vector<ConfigKey> step_keys() {
  return {
      {"variance_exp.temperatures", numbers, "temperatures"},
      {"variance_exp.token_checkpoints", wholes, "checkpoints"},
      {"variance_exp.max_new_tokens", whole, "variance-max-new-tokens"},
      {"manifold_exp.enabled", boolean},
      {"manifold_exp.oracle_percentage", number, "prefix-share"},
      {"manifold_exp.oracle_file", text, "oracle"},
      {"sensitivity_exp.enabled", boolean},
      {"sensitivity_exp.bifurcation_step_interval", whole, "interval"},
      {"sensitivity_exp.lookahead_tokens", whole, "",
       "sensitivity_exp.max_new_tokens is the length of a branch"},
      {"sensitivity_exp.max_new_tokens", whole, "lookahead"},
      {"sensitivity_exp.stride", whole, "window-stride"},
      {"attribution_exp.enabled", boolean},
      {"attribution_exp.top_n_points", whole, "top-points"},
      {"attribution_exp.norm", text, "",
       "a run serves all three norms, analyze-sampling --norm chooses"},
      {"clustering.enabled", boolean},
      {"clustering.n_clusters", whole, "clusters"},
      {"clustering.temperature", number, "cluster-temperature"},
      {"clustering.layer", whole, "cluster-layer"},
      {"clustering.judge_model", text, "", for_judge},
      {"clustering.judge_enabled", boolean, "", for_judge},
      {"clustering.max_new_tokens", whole, "cluster-max-new-tokens"},
      {"steering", table, "", steered},
      {"steering_exp", table, "", steered},
  };
}

/// The run directory of an experiment's name, and the steps that are not switched off.
ConfigValues combined(const ConfigValues& found) {
  const auto value = [&](const std::string& key) {
    const auto at = found.find(key);
    return at == found.end() ? std::string() : at->second;
  };
  ConfigValues flags;
  const std::string folder = value("output_dir");
  const std::string name = value("experiment_name");
  if (!folder.empty() || !name.empty()) {
    flags["out"] = folder;
    if (!folder.empty() && !name.empty()) flags["out"] += "/";
    flags["out"] += name;
  }
  constexpr std::array<std::pair<const char*, const char*>, 4> tables{
      {{"manifold", "manifold_exp.enabled"},
       {"sensitivity", "sensitivity_exp.enabled"},
       {"attribution", "attribution_exp.enabled"},
       {"clustering", "clustering.enabled"}}};
  std::string steps = "variance";
  for (const auto& [step, key] : tables) {
    if (value(key) == "false") continue;
    steps += ",";
    steps += step;
  }
  flags["steps"] = steps;
  return flags;
}

}  // namespace

ConfigNames sampling_config_names() {
  ConfigNames names{.keys = root_keys(), .combine = combined};
  for (const std::vector<ConfigKey>& keys : {model_keys(), step_keys()}) {
    names.keys.insert(names.keys.end(), keys.begin(), keys.end());
  }
  return names;
}

}  // namespace phiscope::extract
