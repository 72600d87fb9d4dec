// SPDX-License-Identifier: MIT
#include "files/model_files.hpp"

#include "files/latent/latent_config.hpp"
#include "shard/format_error.hpp"
#include "shard/mapped_file.hpp"
#include "shard/sha256.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace phiscope::extract {
namespace {

namespace fs = std::filesystem;
using shard::FileIdentity;
using shard::FormatError;

void check_same(const fs::path& path, const std::optional<FileIdentity>& before,
                const std::optional<FileIdentity>& now) {
  if (before == now) return;
  std::string found = "is gone";
  if (now) found = before ? "has another " + differences(*before, *now) : "has appeared";
  throw FormatError(path, "the file changed during the run: it " + found +
                              ", expected it as it was when the run read it; nothing was kept that "
                              "was computed after that");
}

/// SHA-256 of mapped bytes, asking `between` after every piece and giving its memory back.
std::string sha256_in_pieces(std::span<const std::byte> bytes, const Between& between) {
  constexpr std::size_t piece = std::size_t{8} << 20U;  // whole pages
  shard::Sha256 hash;
  while (!bytes.empty()) {
    const std::size_t size = std::min(piece, bytes.size());
    hash.update(bytes.first(size));
    shard::release_pages(bytes.first(size));
    bytes = bytes.subspan(size);
    if (between) between();
  }
  return hash.hex();
}

}  // namespace

std::vector<ModelFiles::Companion> ModelFiles::companions(const fs::path& directory) {
  std::vector<Companion> found;
  for (const char* name :
       {"config.json", latent_config_name, "generation_config.json", "tokenizer.json",
        "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"}) {
    found.push_back({.path = directory / name, .identity = shard::identity_of(directory / name)});
  }
  return found;
}

ModelFiles::ModelFiles(fs::path directory)
    : directory_(std::move(directory)),
      companions_(companions(directory_)),
      config_(read_config(directory_)),
      weights_(Weights::open(directory_)) {}

std::map<std::string, std::string> ModelFiles::digests(DigestCache* cache,
                                                       const Between& between) const {
  std::map<std::string, std::string> digests;
  const auto add = [&](const fs::path& path, const FileIdentity& identity,
                       std::optional<std::span<const std::byte>> mapped) {
    std::string& digest = digests[path.filename().string()];
    if (cache != nullptr) {
      if (auto known = cache->find(identity)) {
        digest = std::move(*known);
        return;
      }
    }
    const auto start = std::chrono::system_clock::now();
    if (mapped) {
      digest = sha256_in_pieces(*mapped, between);
    } else {
      const shard::MappedFile file(path);
      check_same(path, identity, file.identity());
      digest = sha256_in_pieces(file.bytes(), between);
    }
    check_same(path, identity, shard::identity_of(path));
    if (cache != nullptr) cache->keep(identity, digest, start);
  };
  for (const Weights::File& file : weights_.opened()) add(file.path, file.identity, file.bytes);
  for (const Companion& file : companions_) {
    if (file.identity) add(file.path, *file.identity, std::nullopt);
  }
  return digests;
}

void ModelFiles::check_unchanged() const {
  for (const Weights::File& file : weights_.opened()) {
    check_same(file.path, file.identity, shard::identity_of(file.path));
  }
  for (const Companion& file : companions_) {
    check_same(file.path, file.identity, shard::identity_of(file.path));
  }
}

}  // namespace phiscope::extract
