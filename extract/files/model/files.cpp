// SPDX-License-Identifier: MIT
#include "files/model/files.hpp"

#include "files/latent_config.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/file/sha256.hpp"

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

/// Removes the tensors that lie within some bytes from a map, and returns them.
std::vector<TensorView> taken(std::map<std::string, TensorView>& tensors,
                              std::span<const std::byte> bytes) {
  std::vector<TensorView> found;
  std::erase_if(tensors, [&](const auto& entry) {
    const std::span<const std::byte> own = entry.second.bytes;
    const bool inside =
        own.data() >= bytes.data() && own.data() + own.size() <= bytes.data() + bytes.size();
    if (inside) found.push_back(entry.second);
    return inside;
  });
  return found;
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
  return read({}, cache, between).digests;
}

ModelFiles::Reading ModelFiles::read(const std::map<std::string, TensorView>& tensors,
                                     DigestCache* cache, const Between& between) const {
  Reading reading{.digests = {}};
  /// A file whose digest is not known.
  struct Unknown {
    fs::path path;
    FileIdentity identity;
  };
  std::vector<Unknown> unknown;  // those that are mapped
  std::vector<UnreadWeights> unread;
  const auto find = [&](const fs::path& path, const FileIdentity& identity) {
    const auto known = cache == nullptr ? std::nullopt : cache->find(identity);
    if (known) reading.digests[path.filename().string()] = *known;
    return known.has_value();
  };
  const auto keep = [&](const Unknown& file, const std::string& digest,
                        std::chrono::system_clock::time_point start) {
    check_same(file.path, file.identity, shard::identity_of(file.path));
    if (cache != nullptr) cache->keep(file.identity, digest, start);
    reading.digests[file.path.filename().string()] = digest;
  };
  const auto add = [&](const fs::path& path, const FileIdentity& identity) {
    if (find(path, identity)) return;
    const auto start = std::chrono::system_clock::now();
    const shard::MappedFile file(path);
    check_same(path, identity, file.identity());
    keep({path, identity}, sha256_in_pieces(file.bytes(), between), start);
  };
  reading.not_read = tensors;
  for (const Weights::File& file : weights_.opened()) {
    if (!file.bytes) {
      add(file.path, file.identity);
    } else if (!find(file.path, file.identity)) {
      unknown.push_back({file.path, file.identity});
      unread.push_back({.bytes = *file.bytes, .tensors = taken(reading.not_read, *file.bytes)});
    }
  }
  const auto start = std::chrono::system_clock::now();
  const std::vector<WeightScan> scans = scan_weights(unread, between);
  for (std::size_t i = 0; i < scans.size(); ++i) {
    keep(unknown[i], scans[i].sha256, start);
    reading.finite = reading.finite && scans[i].finite;
  }
  for (const Companion& file : companions_) {
    if (file.identity) add(file.path, *file.identity);
  }
  return reading;
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
