// SPDX-License-Identifier: MIT
#pragma once

#include "command/run.hpp"

#include <cstdint>
#include <optional>

namespace phiscope::extract {

/// The files of a model, read and checked whole, and whether they fit the memory.
/// @param free_bytes  of an open device, see run_memory()
/// @throws std::runtime_error or shard::FormatError for a model that cannot be run
[[nodiscard]] CheckedModel checked_model(const RunOptions& options,
                                         const std::optional<std::uint64_t>& free_bytes);

}  // namespace phiscope::extract
