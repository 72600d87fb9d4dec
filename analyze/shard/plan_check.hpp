// SPDX-License-Identifier: MIT
#pragma once

#include "shard/plan.hpp"

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace phiscope::shard {

/// Members of plan.json that are not details.
inline constexpr std::array<std::string_view, 6> plan_members = {
    "schema", "experiment", "shards", "row_spaces", "arrays", "files"};

/// What is wrong with a plan, "" for nothing.
[[nodiscard]] std::string plan_problem(const RunPlan& plan);

/// plan.json as a value; details follow the plan's own members.
[[nodiscard]] nlohmann::ordered_json plan_json(const RunPlan& plan);

/// Bytes of one row of an array of a checked plan.
[[nodiscard]] std::size_t row_bytes(const ArrayPlan& array);

}  // namespace phiscope::shard
