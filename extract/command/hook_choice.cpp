// SPDX-License-Identifier: MIT
#include "command/hook_choice.hpp"

#include "command/options.hpp"
#include "plan/absent_hooks.hpp"

#include <algorithm>
#include <fnmatch.h>
#include <set>
#include <stdexcept>

namespace phiscope::extract {
namespace {

constexpr std::string_view block_prefix = "blocks.{l}.";

std::string_view inside_block(const HookName& hook) {
  return hook.in_block ? hook.path.substr(block_prefix.size()) : hook.path;
}

std::string path_at(const HookName& hook, int layer) {
  return "blocks." + std::to_string(layer) + "." + std::string(inside_block(hook));
}

bool matches(const std::string& pattern, std::string_view name) {
  return fnmatch(pattern.c_str(), std::string(name).c_str(), 0) == 0;
}

bool is_pattern(const std::string& name) {
  return name.find_first_of("*?") != std::string::npos;
}

/// The layers at which an entry of --capture takes a hook; nothing where it does not mean it.
std::optional<std::set<int>> layers_of(const std::string& entry, const HookName& hook,
                                       const std::vector<int>& layers) {
  if (matches(entry, hook.name) || matches(entry, inside_block(hook)) || entry == hook.path) {
    return hook.in_block ? std::set(layers.begin(), layers.end()) : std::set<int>{};
  }
  std::set<int> found;
  for (const int layer : layers) {
    if (hook.in_block && matches(entry, path_at(hook, layer))) found.insert(layer);
  }
  return found.empty() ? std::nullopt : std::optional(found);
}

bool has_heads(Hook hook) {
  const RowShape shape = hook_name(hook).shape;
  return shape == RowShape::head_unit || shape == RowShape::head || shape == RowShape::head_token;
}

std::string known_hooks() {
  std::string known;
  for (const HookName& hook : hook_names) {
    known += ' ';
    known += hook.name;
  }
  return known;
}

}  // namespace

std::optional<Hook> hook_called(std::string_view name) {
  for (const HookName& hook : hook_names) {
    if (name == hook.name || name == hook.path || name == inside_block(hook)) return hook.hook;
  }
  return std::nullopt;
}

bool is_editable(Hook hook, const ModelConfig& config) {
  return hook_name(hook).editable && absent_reason(hook, config).empty();
}

std::vector<Capture> parse_captures(const HookChoice& choice, const ModelConfig& config) {
  std::vector<int> heads;
  if (choice.heads != "all") {
    heads = parse_list(choice.heads, "--heads", "heads", static_cast<int>(config.heads));
  }
  std::vector<Capture> captures;
  bool any_heads = false;
  for (const std::string& entry : choice.names) {
    bool known = false;
    for (const HookName& hook : hook_names) {
      const auto layers = layers_of(entry, hook, choice.layers);
      if (!layers) continue;
      const std::string absent = absent_reason(hook.hook, config);
      if (!absent.empty() && is_pattern(entry)) continue;
      if (!absent.empty()) {
        throw std::runtime_error("--capture: found '" + entry +
                                 "', expected hooks of this model: " + absent);
      }
      known = true;
      any_heads = any_heads || has_heads(hook.hook);
      const auto found = std::ranges::find(captures, hook.hook, &Capture::hook);
      if (found == captures.end()) {
        captures.push_back({.array = std::string(hook.name),
                            .hook = hook.hook,
                            .layers = {layers->begin(), layers->end()},
                            .heads = has_heads(hook.hook) ? heads : std::vector<int>{}});
        continue;
      }
      std::set<int> all(found->layers.begin(), found->layers.end());
      all.insert(layers->begin(), layers->end());
      if (!is_pattern(entry) && all.size() == found->layers.size()) {
        throw std::runtime_error("--capture: '" + entry + "' is listed twice");
      }
      found->layers.assign(all.begin(), all.end());
    }
    if (!known) {
      throw std::runtime_error("--capture: found '" + entry + "', expected some of" +
                               known_hooks() +
                               ", patterns of these like 'hook_resid_*', or full paths like "
                               "blocks.3.attn.hook_z within --layers");
    }
  }
  if (!heads.empty() && !any_heads) {
    throw std::runtime_error("--heads: found '" + choice.heads +
                             "', expected hooks with query heads in --capture: hook_q, "
                             "hook_pattern, hook_z or head_norm");
  }
  return captures;
}

}  // namespace phiscope::extract
