// SPDX-License-Identifier: MIT
#include "shard/file/mapped_file.hpp"

#include "shard/file/format_error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace phiscope::shard {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

/// Closes a descriptor that was only read from; nothing can be lost by a failure to close.
struct ReadDescriptor {
  explicit ReadDescriptor(int number) : fd(number) {}
  ReadDescriptor(const ReadDescriptor&) = delete;
  ReadDescriptor& operator=(const ReadDescriptor&) = delete;
  ~ReadDescriptor() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
};

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  const ReadDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0) throw FormatError(path, "cannot open: " + reason(errno));
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) throw FormatError(path, "cannot open: " + reason(errno));
  if (S_ISDIR(status.st_mode)) throw FormatError(path, "is a directory, expected a file");
  if (!S_ISREG(status.st_mode)) throw FormatError(path, "is not a regular file");
  identity_ = identity_of(file.fd, path);
  if (identity_.size == 0) return;
  const auto size = static_cast<std::size_t>(identity_.size);
  void* const memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (memory == MAP_FAILED) throw FormatError(path, "cannot map: " + reason(errno));
  bytes_ = {static_cast<const std::byte*>(memory), size};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      identity_(other.identity_),
      bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    unmap();
    path_ = std::move(other.path_);
    identity_ = other.identity_;
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

MappedFile::~MappedFile() {
  unmap();
}

void MappedFile::unmap() noexcept {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  bytes_ = {};
}

std::string_view MappedFile::text() const noexcept {
  if (bytes_.empty()) return {};
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

void release_pages(std::span<const std::byte> bytes) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());  // NOLINT
  const std::uintptr_t first = (begin + page - 1) / page * page;
  const std::uintptr_t last = (begin + bytes.size()) / page * page;
  if (first >= last) return;
  void* const pages = reinterpret_cast<void*>(first);  // NOLINT
  if (::madvise(pages, last - first, MADV_DONTNEED) != 0) {
    throw std::system_error(errno, std::generic_category(), "madvise");
  }
}

}  // namespace phiscope::shard
