// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

namespace phiscope::shard {

/// A lock for file systems that offer no flock: a file that is made by one process alone, says who
/// that is, and is touched by it every half minute. Whoever finds a file that was not touched for a
/// long time, or whose process on the same machine is gone, takes it away. Two rules of time hold
/// it together: a machine that stands still for longer than that loses its locks, and finds out
/// before it commits (still_held()).
class LockNote {
 public:
  struct Times {
    std::chrono::milliseconds beat = std::chrono::seconds(30);
    std::chrono::milliseconds dead = std::chrono::minutes(5);  ///< without a beat
  };

  /// The lock, or nothing when another process holds it. @throws std::system_error
  [[nodiscard]] static std::optional<LockNote> try_take(const std::filesystem::path& path,
                                                        const Times& times);
  [[nodiscard]] static std::optional<LockNote> try_take(const std::filesystem::path& path);
  /// Whether someone holds it; a file that nobody holds is removed. @throws std::system_error
  [[nodiscard]] static bool is_held(const std::filesystem::path& path, const Times& times);
  [[nodiscard]] static bool is_held(const std::filesystem::path& path);

  LockNote(LockNote&&) noexcept;
  LockNote& operator=(LockNote&&) noexcept;
  LockNote(const LockNote&) = delete;
  LockNote& operator=(const LockNote&) = delete;
  ~LockNote();  ///< removes the file if it is still ours

  /// False if another process has taken the file away.
  [[nodiscard]] bool still_held() const;

 private:
  class Beat;
  explicit LockNote(std::unique_ptr<Beat> beat);
  std::unique_ptr<Beat> beat_;
};

}  // namespace phiscope::shard
