// SPDX-License-Identifier: MIT
#pragma once

#include "shard/file/file_identity.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace phiscope::extract {

/// $XDG_CACHE_HOME/phiscope or ~/.cache/phiscope; nothing where neither variable is a path.
[[nodiscard]] std::optional<std::filesystem::path> user_cache_folder();

/// What a user's earlier runs found out about files, so that a job array of a hundred tasks reads a
/// model of 15 GB once: the SHA-256 of a file, by what tells whether it is still the same. A folder
/// that takes no file is no reason to end a run: see problem().
class DigestCache {
 public:
  /// @param folder   made when something is kept
  /// @param settled  a file whose times are younger is not kept: it could be written to again
  ///                 within what its file system takes for one moment
  explicit DigestCache(std::filesystem::path folder,
                       std::chrono::nanoseconds settled = std::chrono::seconds(2));

  /// That of user_cache_folder(); nothing where there is none.
  [[nodiscard]] static std::optional<DigestCache> of_user();

  /// SHA-256 of a file that was kept; one that is damaged counts as absent.
  [[nodiscard]] std::optional<std::string> find(const shard::FileIdentity& file) const;
  /// @param before  the time at which reading the file began
  void keep(const shard::FileIdentity& file, const std::string& sha256,
            std::chrono::system_clock::time_point before);

  /// Whether a text, such as what a check found good, was noted.
  [[nodiscard]] bool is_noted(const std::string& text) const;
  void note(const std::string& text);

  /// Why something could not be kept; empty: all was.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void write(const std::string& name, const std::string& text);

  std::filesystem::path folder_;
  std::chrono::nanoseconds settled_;
  std::string problem_;
};

}  // namespace phiscope::extract
