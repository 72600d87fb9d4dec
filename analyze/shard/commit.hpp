// SPDX-License-Identifier: MIT
#pragma once

#include "shard/plan.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::shard {

/// One finished file of a shard.
struct CommittedFile {
  std::string file;  ///< relative to RUN
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< 64 hexadecimal digits
  bool operator==(const CommittedFile&) const = default;
};

/// The finished files of one shard: one per array, then one per row space, in the plan's order.
struct Commit {
  std::int64_t shard = 0;
  std::vector<CommittedFile> files;
  bool operator==(const Commit&) const = default;
};

/// The text of RUN/commit/shard-KKKKK.json, schema "phiscope-commit/1".
[[nodiscard]] std::string commit_bytes(const Commit& commit);

/// Reads one commit and checks it against the plan: exactly the plan's files, under exactly their
/// names, as many rows as keys. @throws FormatError
[[nodiscard]] Commit read_commit(const std::filesystem::path& run, const RunPlan& plan,
                                 std::int64_t shard);

/// As read_commit(), of the text of the commit. @param path  of its file, for messages
[[nodiscard]] Commit parse_commit(std::string_view text, const std::filesystem::path& path,
                                  const RunPlan& plan, std::int64_t shard);

/// The first file of a commit that is not there, or has another size; nothing: all are there. What
/// they hold is for verify() to look at.
[[nodiscard]] std::optional<std::string> missing_file(const std::filesystem::path& run,
                                                      const Commit& commit);

/// The names that a commit of `shard` must hold, in its order.
[[nodiscard]] std::vector<std::string> committed_names(const RunPlan& plan, std::int64_t shard);

/// The shard of a file named "shard-KKKKK<extension>", nothing for any other name.
[[nodiscard]] std::optional<std::int64_t> shard_of_file(std::string_view name,
                                                        std::string_view extension);

/// The shards that have a commit, ascending. @throws FormatError for a commit of a shard that the
/// plan does not know, std::filesystem::filesystem_error if the folder cannot be read
[[nodiscard]] std::vector<std::int64_t> committed_shards(const std::filesystem::path& run,
                                                         const RunPlan& plan);

/// The text of RUN/manifest.json, schema "phiscope-manifest/1".
/// @param commits  of all shards, ascending
[[nodiscard]] std::string manifest_bytes(const RunPlan& plan, std::string_view prompts_jsonl,
                                         std::span<const Commit> commits);

}  // namespace phiscope::shard
