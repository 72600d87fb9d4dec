// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace phiscope::extract {

/// How fast rows can be hashed and written, in bytes per second.
struct WritingSpeed {
  double hash = 0.0;  ///< by all threads of a ShardQueue, at most
  double disk = 0.0;  ///< 0: nothing could be written
};

/// Measures both with 32 MiB, in a file that is removed.
/// @param folder  existing, on the disk that is meant
WritingSpeed measure_writing(const std::filesystem::path& folder);

}  // namespace phiscope::extract
