// SPDX-License-Identifier: MIT
#pragma once

#include "shard/file/lock_file.hpp"

#include <filesystem>

namespace phiscope::extract {

/// Writes RUN/bifurcation_points.json once a run of the step sensitivity is complete: for each
/// problem and point the distance D between what follows there and what followed, the two tokens,
/// how many tokens of both were compared, and the ids up to there, the largest distance first;
/// with the model's digests. A function of the run: whoever writes it writes the same bytes.
/// Nothing while shards are missing.
/// @param locks  the same as of all tasks of the run
void write_points(const std::filesystem::path& run, shard::LockKind locks);

}  // namespace phiscope::extract
