// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::shard {

class Sha256;

/// A file that appears under its name complete or not at all. Written as
/// `<path>.part-<pid>-<random>`, flushed to the disk, renamed, and the directory flushed.
/// Move-only. Every failure throws std::system_error "<path>: cannot ...: <reason of the system>".
class AtomicFile {
 public:
  /// @throws std::system_error if the part cannot be made, e.g. because the folder is missing
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) = delete;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();  ///< removes the part unless commit() was done

  void write(std::span<const std::byte> bytes);  ///< appends (through a buffer)

  /// Replaces bytes that write() has put down before. @throws std::invalid_argument past the end
  void overwrite(std::uint64_t offset, std::span<const std::byte> bytes);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  ///< bytes written

  /// Reads back what was written, from `offset` on, and adds it to a hash.
  void read_back(std::uint64_t offset, Sha256& hash);

  void sync();  ///< waits until all bytes so far are on the disk

  /// Puts the file under its name, replacing what is there; nothing may be written afterwards.
  void commit();

 private:
  void flush();
  void drop() noexcept;
  [[noreturn]] void fail(const char* what) const;

  std::filesystem::path path_;
  std::filesystem::path part_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::vector<std::byte> buffer_;
};

/// The end of the name of something that is not finished, another one each time:
/// ".part-<pid>-<random>". The random part keeps hosts apart that share a file system.
[[nodiscard]] std::string part_suffix();

/// True for the name of an uncommitted file, `<name>.part-<pid>-<random>`.
[[nodiscard]] bool is_part(std::string_view file_name);

/// A whole small file by way of AtomicFile. @throws std::system_error
void write_file(const std::filesystem::path& file, std::string_view bytes);

/// Makes the names in a directory survive a power cut. @throws std::system_error
void sync_directory(const std::filesystem::path& directory);

/// Makes a directory and those above it that are missing, which all survive a power cut.
/// @throws std::system_error
void make_directories(const std::filesystem::path& directory);

}  // namespace phiscope::shard
