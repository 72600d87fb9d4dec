// SPDX-License-Identifier: MIT
#include "shard/file/atomic_file.hpp"

#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <random>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace phiscope::shard {
namespace {

constexpr std::size_t buffer_limit = std::size_t{1} << 18U;  // bytes
constexpr std::string_view part_mark = ".part-";

[[noreturn]] void fail_at(const std::filesystem::path& path, const char* what, int error) {
  throw std::system_error(error, std::generic_category(),
                          path_text(path) + ": cannot " + std::string(what));
}

/// Writes all of `bytes` at `offset`. @return  0 or the error of the system
int write_all(int descriptor, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return 0;
}

}  // namespace

std::string part_suffix() {
  std::random_device device;
  std::array<char, 17> random{};
  std::snprintf(random.data(), random.size(), "%08x%08x", device(), device());
  return std::string(part_mark) + std::to_string(::getpid()) + "-" + random.data();
}

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), part_(path_.string() + part_suffix()) {
  buffer_.reserve(buffer_limit);
  descriptor_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail_at(path_, "create", errno);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      part_(std::exchange(other.part_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      buffer_(std::move(other.buffer_)) {}

AtomicFile::~AtomicFile() {
  drop();
}

void AtomicFile::drop() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  if (!part_.empty()) ::unlink(part_.c_str());
  part_.clear();
}

void AtomicFile::fail(const char* what) const {
  fail_at(path_, what, errno);
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  if (buffer_.size() + bytes.size() > buffer_limit) flush();
  if (bytes.size() < buffer_limit) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  } else {
    if (const int error = write_all(descriptor_, bytes, size_); error != 0) {
      fail_at(path_, "write", error);
    }
    // The disk begins now, not when the kernel finds too much waiting, or sync() does. Only a hint:
    // where it is not understood, sync() does all.
    static_cast<void>(::sync_file_range(descriptor_, static_cast<off_t>(size_),
                                        static_cast<off_t>(bytes.size()), SYNC_FILE_RANGE_WRITE));
  }
  size_ += bytes.size();
}

void AtomicFile::flush() {
  if (const int error = write_all(descriptor_, buffer_, size_ - buffer_.size()); error != 0) {
    fail_at(path_, "write", error);
  }
  buffer_.clear();
}

void AtomicFile::overwrite(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (offset > size_ || bytes.size() > size_ - offset) {
    throw std::invalid_argument("AtomicFile::overwrite: past the end of what was written");
  }
  flush();
  if (const int error = write_all(descriptor_, bytes, offset); error != 0) {
    fail_at(path_, "write", error);
  }
}

void AtomicFile::read_back(std::uint64_t offset, Sha256& hash) {
  flush();
  std::vector<std::byte> piece(buffer_limit);
  while (offset < size_) {
    const ssize_t got =
        ::pread(descriptor_, piece.data(), piece.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read back");
    if (got == 0) fail_at(path_, "read back", EIO);
    hash.update(std::span(piece).first(static_cast<std::size_t>(got)));
    offset += static_cast<std::uint64_t>(got);
  }
}

void AtomicFile::sync() {
  flush();
  if (::fsync(descriptor_) != 0) fail("flush to the disk");
}

void AtomicFile::commit() {
  sync();
  if (::close(std::exchange(descriptor_, -1)) != 0) fail("close");
  if (::rename(part_.c_str(), path_.c_str()) != 0) fail("rename into place");
  part_.clear();
  sync_directory(path_.parent_path());
}

bool is_part(std::string_view file_name) {
  // <name>.part-<digits>-<16 hexadecimal digits>
  const std::size_t at = file_name.rfind(part_mark);
  if (at == std::string_view::npos || at == 0) return false;
  const std::string_view suffix = file_name.substr(at + part_mark.size());
  const std::size_t dash = suffix.find('-');
  if (dash == std::string_view::npos || dash == 0 || suffix.size() - dash != 17) return false;
  const auto all_in = [](std::string_view text, std::string_view set) {
    return text.find_first_not_of(set) == std::string_view::npos;
  };
  return all_in(suffix.substr(0, dash), "0123456789") &&
         all_in(suffix.substr(dash + 1), "0123456789abcdef");
}

void write_file(const std::filesystem::path& file, std::string_view bytes) {
  AtomicFile out(file);
  out.write(std::as_bytes(std::span(bytes)));
  out.commit();
}

void sync_directory(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory.empty() ? "." : directory;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail_at(path, "open", errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);  // opened for reading: nothing can be lost here
  // Some file systems cannot flush directories and say so with EINVAL.
  if (error != 0 && error != EINVAL) fail_at(path, "flush to the disk", error);
}

void make_directories(const std::filesystem::path& directory) {
  if (directory.empty() || std::filesystem::is_directory(directory)) return;
  const std::filesystem::path above = directory.parent_path();
  make_directories(above);
  // Nothing is made of "run/": its name is that of what is above it.
  if (!directory.has_filename() || !std::filesystem::create_directory(directory)) return;
  // One may be allowed to make a folder where one may not read, which flushing needs.
  if (::access(above.empty() ? "." : above.c_str(), R_OK) == 0) sync_directory(above);
}

}  // namespace phiscope::shard
