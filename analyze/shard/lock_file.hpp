// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>

namespace phiscope::shard {

/// An exclusive lock between processes (flock on an empty file), released by the system when its
/// holder dies. The file is removed with the lock; a process that waited on a removed file notices
/// and starts over, so two processes never both believe that they hold the lock.
class LockFile {
 public:
  /// Waits for the lock. @throws std::system_error if the file cannot be made or locked
  [[nodiscard]] static LockFile wait(const std::filesystem::path& path);

  /// The lock, or nothing when another process holds it. @throws std::system_error as wait()
  [[nodiscard]] static std::optional<LockFile> try_take(const std::filesystem::path& path);

  /// True when another process (or another LockFile of this one) holds the lock of an existing
  /// file; an existing file that nobody holds is removed. @throws std::system_error
  [[nodiscard]] static bool held_elsewhere(const std::filesystem::path& path);

  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) = delete;
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();  ///< as release(), but a lock file that cannot be removed stays

  /// Gives the lock back and removes its file. @throws std::system_error if that fails
  void release();

 private:
  LockFile(std::filesystem::path path, int descriptor) noexcept;
  static std::optional<LockFile> take(const std::filesystem::path& path, int open_flags,
                                      int lock_operation, bool& held);

  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace phiscope::shard
