// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/run.hpp"
#include "shard/text/keyed_texts.hpp"

#include <filesystem>

namespace phiscope::analyze::patching {

using shard::texts_name;

/// Reads what the runs said, {key, text} per line, and fills in PairRows::generated and greedy.
/// Nothing is known without the file, or of runs that it does not name.
/// @throws shard::FormatError naming the line: no such key, or a key twice
void read_texts(const std::filesystem::path& run, Patching& patching);

}  // namespace phiscope::analyze::patching
