// SPDX-License-Identifier: MIT
#pragma once

#include "patching/run.hpp"

#include <filesystem>

namespace phiscope::analyze::patching {

inline constexpr const char* texts_name = "generated_texts.jsonl";

/// Reads what the runs said, {key, text} per line, and fills in PairRows::generated and greedy.
/// Nothing is known without the file, or of runs that it does not name.
/// @throws shard::FormatError naming the line: no such key, or a key twice
void read_texts(const std::filesystem::path& run, Patching& patching);

}  // namespace phiscope::analyze::patching
