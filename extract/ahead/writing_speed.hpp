// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

namespace phiscope::extract {

/// Threads that write and hash rows: a file is hashed by one at a time, beside the one that writes
/// it.
[[nodiscard]] inline std::size_t writing_threads() {
  return std::clamp(std::thread::hardware_concurrency(), 3U, 9U) - 1U;
}

/// How fast rows can be hashed and written, in bytes per second.
struct WritingSpeed {
  double hash = 0.0;  ///< by all threads of a ShardQueue, at most
  double disk = 0.0;  ///< 0: nothing could be written
};

/// Measures both with 32 MiB, in a file that is removed.
/// @param folder  existing, on the disk that is meant
WritingSpeed measure_writing(const std::filesystem::path& folder);

/// "200 kB per token; this disk takes about 5000 tokens/s (1.0 GB/s), hashing at most 9000 tokens/s
/// (1.8 GB/s)", and what of these and of computing is the limit, by how much.
/// @param bytes      of rows per token, positive
/// @param computing  tokens per second of such a run before, where known
[[nodiscard]] std::string writing_text(double bytes, const WritingSpeed& speed,
                                       std::optional<double> computing);

}  // namespace phiscope::extract
