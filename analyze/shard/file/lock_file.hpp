// SPDX-License-Identifier: MIT
#pragma once

#include "shard/file/lock_note.hpp"

#include <filesystem>
#include <optional>

namespace phiscope::shard {

/// How processes are kept apart.
enum class LockKind {
  flock,  ///< by the system, which gives the lock back when its holder dies
  files,  ///< by files that say who holds them, where a file system offers no flock: see LockNote
  none,   ///< not at all: whoever starts them sees to it
};

/// An exclusive lock between processes (flock on an empty file), released by the system when its
/// holder dies. The file is removed with the lock; a process that waited on a removed file notices
/// and starts over, so two processes never both believe that they hold the lock. All processes must
/// lock in the same way.
class LockFile {
 public:
  /// Waits for the lock. @throws std::system_error if the file cannot be made or locked
  [[nodiscard]] static LockFile wait(const std::filesystem::path& path,
                                     LockKind kind = LockKind::flock);

  /// The lock, or nothing when another process holds it. @throws std::system_error as wait()
  [[nodiscard]] static std::optional<LockFile> try_take(const std::filesystem::path& path,
                                                        LockKind kind = LockKind::flock);

  /// True when another process (or another LockFile of this one) holds the lock of an existing
  /// file; an existing file that nobody holds is removed. @throws std::system_error
  [[nodiscard]] static bool held_elsewhere(const std::filesystem::path& path,
                                           LockKind kind = LockKind::flock);

  /// False if another process has taken the lock away, which can happen to a file.
  [[nodiscard]] bool still_held() const { return !note_ || note_->still_held(); }

  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) = delete;
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();  ///< as release(), but a lock file that cannot be removed stays

  /// Gives the lock back and removes its file. @throws std::system_error if that fails
  void release();

 private:
  LockFile(std::filesystem::path path, int descriptor) noexcept;
  LockFile(std::filesystem::path path, LockNote note) noexcept;
  static std::optional<LockFile> take(const std::filesystem::path& path, int open_flags,
                                      int lock_operation, bool& held);

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::optional<LockNote> note_;
};

}  // namespace phiscope::shard
