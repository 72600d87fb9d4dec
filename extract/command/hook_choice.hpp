// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "plan/plan.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// The hook with that name, that path, or that path without `blocks.{l}.`.
std::optional<Hook> hook_called(std::string_view name);

/// Whether a model has the hook, and later parts of it read its values.
bool is_editable(Hook hook, const ModelConfig& config);

/// What --capture, --layers and --heads choose.
struct HookChoice {
  std::vector<std::string> names;  ///< names, or patterns with * and ? of names and full paths
  std::vector<int> layers;         ///< ascending
  std::string heads = "all";       ///< "all", or a list like 0-3,7: of hooks with query heads
};

/// One capture per hook, in the order of the names. A pattern takes the hooks that the model has;
/// a full path such as `blocks.3.attn.hook_z`, with a pattern or not, takes that layer alone.
/// @throws std::runtime_error naming what is unknown, absent, listed twice, or chooses nothing
std::vector<Capture> parse_captures(const HookChoice& choice, const ModelConfig& config);

}  // namespace phiscope::extract
