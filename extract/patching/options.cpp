// SPDX-License-Identifier: MIT
#include "patching/options.hpp"

#include "command/hook_choice.hpp"
#include "shard/text/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <stdexcept>

namespace phiscope::extract {
namespace {

/// "greedy:4" as 4; -1 for anything else, and for more than `most`.
int greedy_count(const std::string& text, std::int64_t most) {
  constexpr std::string_view name = "greedy:";
  if (!text.starts_with(name)) return -1;
  int n = 0;
  const char* begin = text.data() + name.size();
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), n);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && n > 0 && n <= most ? n : -1;
}

void read_modes(const PatchingOptions& options, const ModelConfig& config, PatchLayout& layout) {
  if (options.published) {
    if (!config.latent) {
      throw std::runtime_error(
          "--published: found a model without codi.json, expected a model of latent thoughts");
    }
    layout.modes = {PatchMode::published};
    return;
  }
  for (const std::string& name : options.modes) {
    if (name != "rerun" && name != "frozen") {
      throw std::runtime_error("--mode: found '" + name + "', expected rerun, frozen or both");
    }
    layout.modes.push_back(choice_value(patch_modes, name));
  }
  if (!config.latent && layout.modes != std::vector{PatchMode::rerun}) {
    throw std::runtime_error(
        "--mode: found frozen for a model without latent thoughts, expected rerun");
  }
}

void read_readouts(const PatchingOptions& options, const ModelConfig& config, PatchLayout& layout) {
  // A read-out has a name; with --allow-long the context has no end that would bound them.
  const std::int64_t most = std::min<std::int64_t>(config.max_positions, 1'000'000);
  for (const std::string& name : options.readouts) {
    if (name == "eot") continue;  // always read
    if (name == "answer") {
      layout.answers = true;
      continue;
    }
    layout.greedy = greedy_count(name, most);
    if (layout.greedy < 0) {
      throw std::runtime_error("--readouts: found '" + name +
                               "', expected some of eot, answer, greedy:N with N from 1 to " +
                               std::to_string(most));
    }
  }
}

Hook parse_hook(const std::string& name, const ModelConfig& config) {
  std::string known;
  for (const HookName& hook : hook_names) {
    if (!hook.in_block || !is_editable(hook.hook, config)) continue;
    if (name == hook.name) return hook.hook;
    known += known.empty() ? "" : ", ";
    known += hook.name;
  }
  throw std::runtime_error("--hook: found '" + name + "', expected one of " + known);
}

}  // namespace

std::string primary_claim(const PatchingOptions& options, const PatchLayout& layout) {
  if (options.primary.empty()) return layout.answers ? "recovery" : "answer_logit_diff";
  const std::size_t colon = options.primary.find(':');
  const std::string measure = options.primary.substr(0, colon);
  const std::string set = colon == std::string::npos ? "" : options.primary.substr(colon + 1);
  const bool scored = measure == "recovery" || measure == "answer_diff";
  const bool known = scored || measure == "answer_logit_diff";
  const bool has_set = colon == std::string::npos || std::ranges::count(options.sets, set) > 0;
  if (known && has_set && (layout.answers || !scored)) return options.primary;
  throw std::runtime_error(
      "--primary: found '" + options.primary +
      "', expected recovery or answer_diff (with --readouts answer) or answer_logit_diff, and "
      "perhaps ':' and one of --sets");
}

PatchDonor parse_donor(const std::string& text, double& noise) {
  if (text == "clean") return PatchDonor::clean;
  if (text == "zero") return PatchDonor::zero;
  if (text == "mean") return PatchDonor::mean;
  if (text == "resample") return PatchDonor::resample;
  constexpr std::string_view name = "noise:";
  if (text.starts_with(name)) {
    noise = shard::decimal(std::string_view(text).substr(name.size())).value_or(0.0);
    if (noise > 0.0 && noise < 1e6) return PatchDonor::noise;
  }
  throw std::runtime_error("--donor: found '" + text +
                           "', expected clean, zero, mean, resample, or noise:S with S standard "
                           "deviations");
}

PatchLayout layout_of(const PatchingOptions& options, const ModelConfig& config) {
  PatchLayout layout;
  read_modes(options, config, layout);
  for (const std::string& name : options.sets) {
    const std::optional<SiteSet> set = parse_site_set(name);
    if (!set) {
      throw std::runtime_error(
          "--sets: found '" + name +
          "', expected some of single, layer, first:N, last:N, prefix, suffix");
    }
    layout.sets.push_back(*set);
  }
  layout.layers = parse_layers(options.run.layers, static_cast<int>(config.layers));
  layout.hook = parse_hook(options.hook, config);
  const RowShape shape = hook_name(layout.hook).shape;
  if (shape == RowShape::head_unit) layout.heads = static_cast<int>(config.heads);
  if (shape == RowShape::kv_head_unit) layout.heads = static_cast<int>(config.kv_heads);
  layout.donor = parse_donor(options.donor, layout.noise);
  if (options.latents > 0 && (!config.latent || options.published)) {
    throw std::runtime_error("--latents: found " + std::to_string(options.latents) +
                             ", expected none where no thoughts are computed");
  }
  if (config.latent && !options.published) {
    layout.latents =
        options.latents > 0 ? options.latents : static_cast<int>(config.latent->num_latent);
  }
  if (!options.span.empty() && config.latent) {
    throw std::runtime_error("--span: found '" + options.span +
                             "' for a model of latent thoughts, whose sites are its thoughts, "
                             "expected none");
  }
  if (!options.span.empty() && options.align != Align::start) {
    throw std::runtime_error("--span: found '" + options.span +
                             "' and --align end, expected one of them");
  }
  read_readouts(options, config, layout);
  if (options.published) layout.answers = false;
  layout.free = !options.no_greedy;
  layout.keep_clean = true;
  return layout;
}

}  // namespace phiscope::extract
