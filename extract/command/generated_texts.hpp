// SPDX-License-Identifier: MIT
#pragma once

#include "command/options.hpp"
#include "files/model/files.hpp"

namespace phiscope::extract {

/// Writes RUN/generated_texts.jsonl once the run is complete: what every run said, {key, text}, in
/// the order of generated_ids, special tokens left out. A function of the run and the tokenizer:
/// whoever writes it writes the same bytes. Nothing without a tokenizer.json, or while shards are
/// missing.
/// @param files  of the model: its tokenizer must be the one that the run began with
void write_generated_texts(const RunOptions& options, const ModelFiles& files);

}  // namespace phiscope::extract
