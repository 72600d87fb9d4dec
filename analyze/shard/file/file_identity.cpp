// SPDX-License-Identifier: MIT
#include "shard/file/file_identity.hpp"

#include "shard/file/format_error.hpp"

#include <cerrno>
#include <sys/stat.h>
#include <system_error>

namespace phiscope::shard {
namespace {

FileIdentity identity_from(const struct stat& status) {
  const auto nanoseconds = [](const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  };
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = nanoseconds(status.st_mtim),
          .changed_ns = nanoseconds(status.st_ctim)};
}

[[noreturn]] void fail_to_look(const std::filesystem::path& path, int error) {
  throw std::system_error(error, std::generic_category(), path_text(path) + ": cannot look at it");
}

}  // namespace

std::optional<FileIdentity> identity_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0) return identity_from(status);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  fail_to_look(file, errno);
}

FileIdentity identity_of(int descriptor, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) fail_to_look(path, errno);
  return identity_from(status);
}

std::string differences(const FileIdentity& before, const FileIdentity& now) {
  std::string text;
  const auto compare = [&text](auto a, auto b, const char* what) {
    if (a != b) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  compare(before.device, now.device, "device");
  compare(before.inode, now.inode, "inode");
  compare(before.size, now.size, "size");
  compare(before.modified_ns, now.modified_ns, "modification time");
  compare(before.changed_ns, now.changed_ns, "change time");
  return text;
}

}  // namespace phiscope::shard
