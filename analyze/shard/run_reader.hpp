// SPDX-License-Identifier: MIT
#pragma once

#include "shard/commit.hpp"
#include "shard/npy/npy.hpp"
#include "shard/plan.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::shard {

/// How a run is read.
struct ReadOptions {
  bool allow_partial = false;  ///< accept an unfinished run, and read the shards it has
  bool verify = true;  ///< compare every file that is read with the SHA-256 of its commit, once
};

/// A run directory, read-only. Nothing in it is trusted.
class Run {
 public:
  /// @throws FormatError if something is wrong, or if the run is not complete
  [[nodiscard]] static Run open(const std::filesystem::path& run, const ReadOptions& options = {});

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] const RunPlan& plan() const noexcept { return plan_; }
  /// The lines of prompts.jsonl; each is an object.
  [[nodiscard]] const std::vector<nlohmann::json>& prompts() const noexcept { return prompts_; }
  [[nodiscard]] std::vector<std::int64_t> shards() const;  ///< committed, ascending
  [[nodiscard]] bool complete() const noexcept;            ///< no shard is missing
  /// "2 of 5 shards are missing"; empty for a complete run.
  [[nodiscard]] std::string missing() const;

  /// An array's part in a shard, [row, row_shape...], with the plan's dtype, little endian, C
  /// order.
  /// @throws std::invalid_argument for a name or shard that the run does not have; FormatError if
  ///         the file is not as plan and commit say, its SHA-256 included
  [[nodiscard]] NpyFile array(std::string_view name, std::int64_t shard) const;

  /// The keys of a row space in a shard, i8 [row, key]. @throws as array()
  [[nodiscard]] NpyFile keys(std::string_view row_space, std::int64_t shard) const;

  /// An array beside the shards, [shape...]. Runs written before plans had hashes of such files
  /// have it too.
  /// @throws FormatError if the file is no array of that shape or not the plan's by its SHA-256
  [[nodiscard]] NpyFile side_array(const std::string& name,
                                   const std::vector<std::uint64_t>& shape) const;

 private:
  Run() = default;
  struct Verified;
  [[nodiscard]] std::size_t commit_index(std::int64_t shard) const;
  [[nodiscard]] NpyFile open_file(std::size_t commit, std::size_t file, Dtype dtype,
                                  const std::vector<std::uint64_t>& row_shape) const;

  std::filesystem::path path_;
  RunPlan plan_;
  std::vector<nlohmann::json> prompts_;
  std::vector<Commit> commits_;         ///< ascending by shard
  std::shared_ptr<Verified> verified_;  ///< which files are as committed; none: not asked for
};

}  // namespace phiscope::shard
