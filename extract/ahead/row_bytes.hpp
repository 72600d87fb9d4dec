// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"
#include "shard/plan.hpp"

#include <cstdint>
#include <vector>

namespace phiscope::extract {

/// Bytes of a row of an array.
std::uint64_t bytes_per_row(const shard::ArrayPlan& array);

/// Rows that are kept of a run, at most: a generation may end early.
/// @return  [space] the runs' own, Plan::further_spaces, what is generated
std::vector<std::uint64_t> most_rows(const Plan& plan, const Run& run);

/// Index of an array's row space in most_rows().
std::size_t space_of(const Plan& plan, const shard::ArrayPlan& array);

/// Bytes of array and key data that some shards will take, at most.
std::uint64_t expected_bytes(const Plan& plan, const std::vector<shard::ArrayPlan>& arrays,
                             const std::vector<std::int64_t>& shards);

}  // namespace phiscope::extract
