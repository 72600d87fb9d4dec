// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace phiscope::extract {

/// Rows of some groups in each of row_spaces(), where they follow from the plan; nothing where they
/// depend on what is generated.
std::vector<std::optional<std::uint64_t>> foretold_rows(const Plan& plan,
                                                        std::span<const Group> groups);

}  // namespace phiscope::extract
