// SPDX-License-Identifier: MIT
#pragma once

#include "shard/file/file_identity.hpp"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace phiscope::shard {

/// The bytes of a file, mapped read-only into memory: nothing is read before it is looked at.
/// Move-only; a moved-from file is empty. The file must not shrink while it is mapped: see
/// report_cut_files().
class MappedFile {
 public:
  /// @throws FormatError if `path` cannot be opened or is not a regular file
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  /// The whole file; begins at a page boundary; empty for an empty file.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::string_view text() const noexcept;  ///< the same bytes as characters
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// Of the file that is mapped, as it was opened.
  [[nodiscard]] const FileIdentity& identity() const noexcept { return identity_; }

 private:
  void unmap() noexcept;

  std::filesystem::path path_;
  FileIdentity identity_;
  std::span<const std::byte> bytes_;
};

/// Gives back the memory of the pages that lie wholly inside these bytes of a mapped file; they are
/// read from the file again when someone looks at them.
void release_pages(std::span<const std::byte> bytes);

}  // namespace phiscope::shard
