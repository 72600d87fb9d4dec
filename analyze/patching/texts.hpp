// SPDX-License-Identifier: MIT
#pragma once

#include "patching/run.hpp"

#include <filesystem>

namespace phiscope::analyze::patching {

/// Reads what the runs of the model generated, and says of every site what became of the answer.
/// One JSON object per line: pair_id, layer, text, and for a patched run mode, set, step and (per
/// head) head, by the names of plan.json; layer -1 is the unpatched run, -2 the clean one. Lines of
/// pairs that are not in the run are refused, texts may be missing: their answers are unknown.
/// @throws shard::FormatError naming the line
void add_texts(const std::filesystem::path& file, Patching& data);

}  // namespace phiscope::analyze::patching
