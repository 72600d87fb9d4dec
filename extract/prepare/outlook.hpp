// SPDX-License-Identifier: MIT
#pragma once

#include "command/run.hpp"
#include "plan/timed_work.hpp"
#include "shard/plan.hpp"

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::extract {

/// What a run is foretold from beside its options.
struct Surroundings {
  std::optional<std::uint64_t> free_bytes{};  ///< on a device that is open
  bool independent_rows = true;  ///< the bits of a run do not depend on what else is in its batch
};

/// What is known of a run before it starts.
struct Outlook {
  shard::RunPlan plan;
  nlohmann::ordered_json expected;    ///< work, disk and memory, for people and for --dry-run
  std::vector<std::string> warnings;  ///< of the model and of texts beyond its context
  std::string conditions;             ///< what the speed depends on most: the key of PastSpeeds
};

/// Divides a request into shards, describes its plan and foretells what it takes. The warnings, and
/// a line of what is expected, go to standard error.
/// @param request   its plan's shards become small enough for --shard-minutes
/// @param numerics  of plan.json
/// @throws std::runtime_error for a run that the model cannot compute
[[nodiscard]] Outlook look_ahead(const RunOptions& options, const CheckedModel& model,
                                 RunRequest& request, const nlohmann::ordered_json& numerics,
                                 const Surroundings& around);

/// All shards of a plan, by number.
[[nodiscard]] std::vector<std::int64_t> all_shards(const Plan& plan);

/// The nearest parent that exists, whose disk a run will use.
[[nodiscard]] std::filesystem::path existing_parent(std::filesystem::path path);

}  // namespace phiscope::extract
