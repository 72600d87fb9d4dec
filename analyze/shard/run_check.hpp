// SPDX-License-Identifier: MIT
#pragma once

#include "shard/commit.hpp"
#include "shard/npy/npy.hpp"
#include "shard/plan.hpp"

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::shard {

/// The lines of RUN/prompts.jsonl. @throws FormatError unless each is an object on a line of its
/// own
[[nodiscard]] std::vector<nlohmann::json> read_prompts(const std::filesystem::path& run);

/// As read_prompts(), of the text of prompts.jsonl. @param file  its name, for messages
[[nodiscard]] std::vector<nlohmann::json> parse_prompts(std::string_view text,
                                                        const std::filesystem::path& file);

/// Compares the manifest of a run whose shards are all there with what it must be.
/// @throws FormatError if it is missing or another
void check_manifest(const std::filesystem::path& run, const RunPlan& plan,
                    std::span<const Commit> commits);

/// As check_manifest(), of the texts of manifest.json and prompts.jsonl.
/// @param file  the manifest's name, for messages
void check_manifest(std::string_view manifest, const std::filesystem::path& file,
                    std::string_view prompts_jsonl, const RunPlan& plan,
                    std::span<const Commit> commits);

/// @throws FormatError unless the array is as plan and commit say: [rows, row_shape...], little
///         endian, in C order, of the committed size
void check_array(const NpyArray& array, const CommittedFile& file, Dtype dtype,
                 const std::vector<std::uint64_t>& row_shape);

/// @param found  the SHA-256 of a file's bytes
/// @throws FormatError unless it is the committed one
void check_hash(const std::filesystem::path& path, const std::string& found,
                const CommittedFile& file);

/// The same of a file beside the shards. @param planned  what plan.json says
void check_planned_hash(const std::filesystem::path& path, const std::string& found,
                        const std::string& planned);

}  // namespace phiscope::shard
