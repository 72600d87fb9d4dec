// SPDX-License-Identifier: MIT
#include "steps/options.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace phiscope::extract {
namespace {

/// The claims that a run can be made to decide.
constexpr std::array<std::string_view, 3> claims{"needs_thought", "importance", "trend"};

/// What the published experiment had no choice of.
void check_published(const StepsOptions& options) {
  const auto refuse = [](const std::string& name) {
    throw std::runtime_error("--published: found " + name +
                             " as well, expected none: the published experiment sets the first "
                             "steps to zero");
  };
  if (options.sets != StepsOptions{}.sets) refuse("--sets");
  if (options.donor != StepDonor::zero) refuse("--donor");
  if (options.include_bot) refuse("--include-bot");
}

std::vector<StepKind> read_sets(const StepsOptions& options) {
  if (options.published) return {StepKind::cumulative};
  std::vector<StepKind> kinds;
  kinds.reserve(options.sets.size());
  for (const std::string& name : options.sets) {
    const auto kind = parse_step_kind(name);
    if (!kind) {
      throw std::runtime_error("--sets: found '" + name +
                               "', expected some of cumulative, single, leave-one, all, "
                               "early-exit");
    }
    if (std::ranges::count(kinds, *kind) > 0) {
      throw std::runtime_error("--sets: found " + name + " twice, expected each once");
    }
    kinds.push_back(*kind);
  }
  return kinds;
}

}  // namespace

std::string primary_claim(const StepsOptions& options, const StepLayout& layout) {
  const auto has = [&](StepKind kind) { return std::ranges::count(layout.kinds, kind) > 0; };
  const bool all = has(StepKind::all) || has(StepKind::cumulative);
  const bool single = has(StepKind::single);
  if (options.primary.empty()) return all ? "needs_thought" : single ? "importance" : "";
  if (std::ranges::count(claims, options.primary) == 0) {
    throw std::runtime_error("--primary: found '" + options.primary +
                             "', expected needs_thought, importance or trend");
  }
  const bool is_whole = options.primary == "needs_thought";
  if (is_whole ? all : single) return options.primary;
  throw std::runtime_error("--primary: found " + options.primary + ", expected --sets with " +
                           (is_whole ? "all" : "single"));
}

StepLayout layout_of(const StepsOptions& options, const ModelConfig& config) {
  if (!config.latent) {
    throw std::runtime_error(
        "--model: found a model without latent thoughts (no codi.json), expected one that has some "
        "(extract patching takes any model)");
  }
  StepLayout layout;
  if (options.published) check_published(options);
  layout.kinds = read_sets(options);
  const auto layers = static_cast<int>(config.layers);
  layout.layers = options.run.layers == "middle" ? std::vector{layers / 2}
                                                 : parse_layers(options.run.layers, layers);
  layout.latents =
      options.latents > 0 ? options.latents : static_cast<int>(config.latent->num_latent);
  layout.published = options.published;
  layout.include_bot = options.include_bot;
  layout.keep_clean = true;
  layout.donor = options.donor;
  if (options.donor == StepDonor::zero && !options.donors.empty()) {
    throw std::runtime_error(
        "--donors: found a run for --donor zero, expected one of mean, resample");
  }
  if (options.donor != StepDonor::zero && options.donors.empty()) {
    throw std::runtime_error(
        "--donors: found nothing, expected a run directory of extract steps, whose clean values "
        "--donor " +
        choice_name(step_donors, options.donor) + " needs");
  }
  return layout;
}

}  // namespace phiscope::extract
