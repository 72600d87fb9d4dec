// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "run/trace.hpp"

#include <functional>
#include <vector>

namespace phiscope::extract {

/// What each head computes on average over every position of some texts, as a trace of one
/// position: hook_z of each layer, [1, head, unit] float64. One text at a time is computed, and
/// sums are taken in double in an order that depends on the lengths alone.
/// @param texts  [text] tokens; none: an empty trace
/// @param visited  called with the tokens of each text once it is done
RunTrace average_heads(const Model& model, const std::vector<std::vector<int>>& texts,
                       const std::function<void(std::size_t tokens)>& visited = {});

}  // namespace phiscope::extract
