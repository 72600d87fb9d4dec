// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

namespace phiscope::analyze::patching {

/// The most memory that a task of a run has used, by the logs of extract.
struct PeakMemory {
  double bytes = 0.0;         ///< of the host
  double device_bytes = 0.0;  ///< of the accelerator; 0 on the CPU
  std::size_t lines = 0;      ///< of the logs that say it
};

/// Reads every RUN/*.log. A line that is no JSON is passed over: a task that was killed may have
/// left half of one, and logs are not a part of what a manifest vouches for.
/// @return  nothing where no line has peak_memory_bytes
[[nodiscard]] std::optional<PeakMemory> peak_memory(const std::filesystem::path& run);

}  // namespace phiscope::analyze::patching
