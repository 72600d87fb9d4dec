// SPDX-License-Identifier: MIT
#pragma once

#include "command/options.hpp"
#include "files/model/config.hpp"

#include <cstdint>
#include <optional>

namespace phiscope::extract {

/// Bytes of memory that a run may take: those of --memory, else those that are free on its device.
/// @param on_device  those that are free on a device that is open; nothing in a dry run
[[nodiscard]] std::optional<std::uint64_t> run_memory(
    const RunOptions& options, const std::optional<std::uint64_t>& on_device);

/// Refuses a model whose weights alone do not fit, before they are read; a dry run says it on
/// standard error.
/// @param memory  see run_memory()
/// @throws std::runtime_error with their size, the memory found and what to do
void check_memory(const RunOptions& options, const ModelConfig& config,
                  const std::optional<std::uint64_t>& memory);

}  // namespace phiscope::extract
