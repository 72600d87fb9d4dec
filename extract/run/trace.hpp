// SPDX-License-Identifier: MIT
#pragma once

#include "plan/hook.hpp"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <map>
#include <utility>

namespace phiscope::extract {

/// A hook of a layer.
using Place = std::pair<Hook, int>;

/// Values of one run at some places, [token, ...]: for runs that share its beginning, or take its
/// values. A place without values yet has an undefined tensor.
using RunTrace = std::map<Place, at::Tensor>;

/// Traces of runs of a group, by their index in it.
using GroupTraces = std::map<std::size_t, RunTrace>;

}  // namespace phiscope::extract
