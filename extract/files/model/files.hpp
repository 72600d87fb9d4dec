// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "files/model/digest_cache.hpp"
#include "files/weights/scan.hpp"
#include "files/weights/weights.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Called between the pieces of long work; may throw to end it.
using Between = std::function<void()>;

/// A model directory, opened once: what is checked, hashed and computed with are the same bytes.
/// The weights stay mapped; what is small may be read again by its name, and check_unchanged() says
/// whether that was the same.
class ModelFiles {
 public:
  /// @throws shard::FormatError if the configuration or the headers of the weights are broken
  explicit ModelFiles(std::filesystem::path directory);

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] const ModelConfig& config() const { return config_; }
  [[nodiscard]] const Weights& weights() const { return weights_; }

  /// SHA-256 (hex) of config.json, the files of the weights, and of codi.json,
  /// generation_config.json, tokenizer.json, tokenizer_config.json, special_tokens_map.json and
  /// added_tokens.json where they exist, by file name.
  /// @param cache  of digests that are known; null: every byte is read
  /// @throws shard::FormatError as check_unchanged()
  [[nodiscard]] std::map<std::string, std::string> digests(DigestCache* cache = nullptr,
                                                           const Between& between = {}) const;

  /// What reading the files has shown.
  struct Reading {
    std::map<std::string, std::string> digests;    ///< as digests()
    std::map<std::string, TensorView> not_read{};  ///< of `tensors`, in files that the cache knew
    bool finite = true;                            ///< all values of the others
  };
  /// As digests(); values of some tensors are looked at in the same pass.
  [[nodiscard]] Reading read(const std::map<std::string, TensorView>& tensors, DigestCache* cache,
                             const Between& between = {}) const;

  /// @throws shard::FormatError naming the first file that is not the one that was opened, or has
  ///         come or gone since
  void check_unchanged() const;

 private:
  /// What the directory holds besides weights, as it was before anything was read.
  struct Companion {
    std::filesystem::path path;
    std::optional<shard::FileIdentity> identity;
  };
  static std::vector<Companion> companions(const std::filesystem::path& directory);

  std::filesystem::path directory_;
  std::vector<Companion> companions_;  ///< first: what follows reads them
  ModelConfig config_;
  Weights weights_;
};

}  // namespace phiscope::extract
