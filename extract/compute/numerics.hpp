// SPDX-License-Identifier: MIT
#pragma once

#include "command/options.hpp"
#include "files/model/config.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace phiscope::extract {

/// "2.11.0", of the LibTorch that runs, which need not be the one it was built with.
[[nodiscard]] std::string libtorch_version();

/// The instruction set that LibTorch computes with on this CPU: "AVX2", "AVX512".
[[nodiscard]] std::string instruction_set();

/// What the instruction set in a plan is to be. Tasks of a run must have the same one, or its
/// shards would differ in their last bits, unless they are allowed to be mixed: then what the run
/// was begun with stays in the plan, and the log of each task has its own.
/// @param there  that of the plan in the run directory, nothing without one
/// @param here   of this CPU
/// @param plan   the file, for errors
/// @throws shard::FormatError if they differ and may not
[[nodiscard]] std::string planned_instructions(const std::optional<std::string>& there,
                                               const std::string& here, bool mixed,
                                               const std::filesystem::path& plan);

/// `numerics` of plan.json: everything but the inputs that the last bits of a run depend on.
/// @throws shard::FormatError as planned_instructions()
[[nodiscard]] nlohmann::ordered_json numerics(const RunOptions& options, const ModelConfig& config);

}  // namespace phiscope::extract
