// SPDX-License-Identifier: MIT
#pragma once

#include "steps/analysis/run.hpp"

#include <vector>

namespace phiscope::analyze::steps {

/// Were the two computed alike: model and its layers, layers, step sets, latents, donor, dtype?
[[nodiscard]] bool are_alike(const Steps& a, const Steps& b);

/// Puts runs that were computed alike together, each with the first one like it: more problems of
/// the same run. Other runs stay apart, in the order of their first.
/// @throws shard::FormatError if two runs that are alike have a problem of the same id
[[nodiscard]] std::vector<Steps> pool(std::vector<Steps> runs);

}  // namespace phiscope::analyze::steps
