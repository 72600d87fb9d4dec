// SPDX-License-Identifier: MIT
#include "shard/file/lock_file.hpp"

#include "shard/file/format_error.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace phiscope::shard {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int error, const char* what = "lock") {
  std::string message = path_text(path) + ": cannot " + what;
  if (error == ENOSYS || error == EOPNOTSUPP || error == ENOLCK) {
    message += " (this file system offers no flock: --lock files locks without it)";
  }
  throw std::system_error(error, std::generic_category(), message);
}

/// True if `path` still names the file that is open as `descriptor`.
bool same_file(const std::filesystem::path& path, int descriptor) {
  struct stat named {};
  struct stat opened {};
  if (::fstat(descriptor, &opened) != 0) fail(path, errno);
  if (::stat(path.c_str(), &named) != 0) {
    if (errno == ENOENT) return false;
    fail(path, errno);
  }
  return named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

}  // namespace

LockFile::LockFile(std::filesystem::path path, int descriptor) noexcept
    : path_(std::move(path)), descriptor_(descriptor) {}

LockFile::LockFile(std::filesystem::path path, LockNote note) noexcept
    : path_(std::move(path)), note_(std::move(note)) {}

LockFile::LockFile(LockFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      note_(std::exchange(other.note_, std::nullopt)) {}

LockFile::~LockFile() {
  if (descriptor_ < 0) return;
  // In this order: who takes the lock after us finds that its file has no name any more.
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

void LockFile::release() {
  note_.reset();
  if (descriptor_ < 0) return;
  const int error = ::unlink(path_.c_str()) == 0 ? 0 : errno;
  ::close(std::exchange(descriptor_, -1));
  if (error != 0) fail(path_, error, "remove");
}

std::optional<LockFile> LockFile::take(const std::filesystem::path& path, int open_flags,
                                       int lock_operation, bool& held) {
  held = false;
  while (true) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC | open_flags, 0666);
    if (descriptor < 0) {
      if (errno == ENOENT && (open_flags & O_CREAT) == 0) return std::nullopt;
      fail(path, errno);
    }
    int result = 0;
    do {
      result = ::flock(descriptor, lock_operation);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
      const int error = errno;
      ::close(descriptor);
      if (error != EWOULDBLOCK) fail(path, error);
      held = true;
      return std::nullopt;
    }
    // From here on the descriptor is closed by the lock; but only our own file may be removed.
    if (same_file(path, descriptor)) return LockFile(path, descriptor);
    ::close(descriptor);
  }
}

LockFile LockFile::wait(const std::filesystem::path& path, LockKind kind) {
  if (kind == LockKind::none) return {path, -1};
  while (kind == LockKind::files) {
    if (auto note = LockNote::try_take(path)) return {path, std::move(*note)};
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  bool held = false;
  return std::move(*take(path, O_CREAT, LOCK_EX, held));
}

std::optional<LockFile> LockFile::try_take(const std::filesystem::path& path, LockKind kind) {
  if (kind == LockKind::none) return LockFile(path, -1);
  if (kind == LockKind::files) {
    auto note = LockNote::try_take(path);
    return note ? std::optional(LockFile(path, std::move(*note))) : std::nullopt;
  }
  bool held = false;
  return take(path, O_CREAT, LOCK_EX | LOCK_NB, held);
}

bool LockFile::held_elsewhere(const std::filesystem::path& path, LockKind kind) {
  if (kind == LockKind::none) return false;
  if (kind == LockKind::files) return LockNote::is_held(path);
  bool held = false;
  const std::optional<LockFile> idle = take(path, 0, LOCK_EX | LOCK_NB, held);
  return held;
}

}  // namespace phiscope::shard
