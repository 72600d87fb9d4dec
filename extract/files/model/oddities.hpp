// SPDX-License-Identifier: MIT
#pragma once

#include "files/oddity.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::extract {

/// What a run would make of a model directory: for a user who decides whether to trust it.
struct DirectoryReport {
  /// As describe_model() without digests; null where the directory is refused.
  nlohmann::ordered_json model;
  /// By file: config.json, generation_config.json, weights, tokenizer, further files.
  std::vector<Oddity> oddities;
  /// Why a run would be refused: the message of its error.
  std::optional<std::string> refusal;
};

/// Looks at every file of DIRECTORY that a run reads, and lists what would be ignored, put in by
/// default, skipped, converted, or done otherwise than the files ask. A directory that a run would
/// refuse is reported as far as it can be read.
/// @param quick  headers only: no NaN is looked for in the weights
[[nodiscard]] DirectoryReport check_model(const std::filesystem::path& directory, bool quick);

/// Entries of DIRECTORY/generation_config.json that change what transformers generates, none of
/// which is read, and end tokens that are read instead of config.json's.
/// @throws shard::FormatError if the file is malformed
[[nodiscard]] std::vector<Oddity> generation_oddities(const std::filesystem::path& directory);

}  // namespace phiscope::extract
