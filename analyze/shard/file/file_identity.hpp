// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace phiscope::shard {

/// What tells whether a file is still the one it was: whoever puts another file under its name, or
/// other bytes into it, changes one of these.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;        ///< bytes
  std::int64_t modified_ns = 0;  ///< of the bytes, since 1970
  std::int64_t changed_ns = 0;   ///< of anything about the file; no program can set it back
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// The identity of a file, nothing if there is none. Links are followed.
/// @throws std::system_error if the system does not say
[[nodiscard]] std::optional<FileIdentity> identity_of(const std::filesystem::path& file);

/// That of an open file. @param path  for errors
[[nodiscard]] FileIdentity identity_of(int descriptor, const std::filesystem::path& path);

/// Which of the five differ, in words: "modification time, change time".
[[nodiscard]] std::string differences(const FileIdentity& before, const FileIdentity& now);

}  // namespace phiscope::shard
