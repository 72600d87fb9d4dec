// SPDX-License-Identifier: MIT
#pragma once

#include "files/oddity.hpp"
#include "files/weights/safetensors.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace phiscope::extract {

/// All tensors of a model directory: model.safetensors, or the shards that
/// model.safetensors.index.json lists. Bytes are mapped, nothing is copied. Where there are both,
/// the single file is taken; shards that are there must hold the same.
class Weights {
 public:
  /// @throws shard::FormatError for a broken file; an index that leaves the directory, lists a
  ///         tensor its shard lacks or lacks one a shard has; a tensor in two shards, or one that
  ///         model.safetensors has otherwise; no weights at all (with a hint when there are only
  ///         pickles)
  static Weights open(const std::filesystem::path& directory);

  /// Every tensor by its name in the files; the views live as long as this object.
  [[nodiscard]] const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  /// @throws std::invalid_argument if there is no tensor of that name
  [[nodiscard]] const TensorView& at(const std::string& name) const;
  /// The file that holds the tensor. @throws std::invalid_argument if there is none
  [[nodiscard]] const std::filesystem::path& file_of(const std::string& name) const;
  /// A file as it was when it was opened.
  struct File {
    std::filesystem::path path;
    shard::FileIdentity identity;
    std::optional<std::span<const std::byte>> bytes;  ///< where it stays mapped: not the index
  };
  /// Files read, in a fixed order: the index (where there is one), then the shards by name.
  [[nodiscard]] const std::vector<File>& opened() const { return files_; }
  /// The file to name when the whole is wrong: the index, or model.safetensors.
  [[nodiscard]] const std::filesystem::path& main_file() const { return files_.front().path; }
  /// An index that is not followed.
  [[nodiscard]] const std::vector<Oddity>& oddities() const { return oddities_; }

 private:
  void add_shard(const std::filesystem::path& path);
  void compare_with_index(const std::filesystem::path& index);
  void compare_with_shard(const std::filesystem::path& path);

  std::vector<SafetensorsFile> shards_;
  std::vector<File> files_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::filesystem::path> file_of_;
  std::vector<Oddity> oddities_;
};

}  // namespace phiscope::extract
