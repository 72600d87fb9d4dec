// SPDX-License-Identifier: MIT
#include "files/weights/weights.hpp"

#include "files/weights/map.hpp"
#include "files/weights/pickles.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace phiscope::extract {

namespace fs = std::filesystem;
using shard::FormatError;
using shard::quote_bytes;

namespace {

constexpr const char* single_name = "model.safetensors";
constexpr const char* index_name = "model.safetensors.index.json";

/// Says why there is nothing to read, with a hint where pickles lie in the way.
[[noreturn]] void refuse_directory(const fs::path& directory) {
  if (const auto pickle = find_pickle(directory)) throw FormatError(*pickle, pickle_advice());
  throw FormatError(directory, std::string("no weights: expected ") + single_name + " or " +
                                   index_name + " in this directory");
}

}  // namespace

Weights Weights::open(const fs::path& directory) {
  if (!fs::is_directory(directory)) {
    throw FormatError(directory, fs::exists(directory)
                                     ? "not a directory, expected a model directory"
                                     : "no such directory");
  }
  const fs::path single = directory / single_name;
  const fs::path index = directory / index_name;
  Weights weights;
  if (fs::exists(single)) {
    weights.add_shard(single);
    if (fs::exists(index)) weights.compare_with_index(index);
    return weights;
  }
  if (!fs::exists(index)) refuse_directory(directory);

  // Before it is read: whoever changes it afterwards is found out.
  weights.files_.push_back({.path = index,
                            .identity = shard::identity_of(index).value_or(shard::FileIdentity{}),
                            .bytes = std::nullopt});
  const WeightMap shard_of = read_weight_map(index);
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : shard_of) shards.insert(shard);
  for (const std::string& shard : shards) {
    if (!fs::exists(directory / shard)) {
      throw FormatError(index, "shard " + quote_bytes(shard) + " is missing in this directory");
    }
    weights.add_shard(directory / shard);
  }
  for (const auto& [tensor, shard] : shard_of) {
    const auto found = weights.file_of_.find(tensor);
    if (found == weights.file_of_.end()) {
      throw FormatError(directory / shard, "tensor " + quote_bytes(tensor) +
                                               " is missing, expected here by " +
                                               std::string(index_name));
    }
    if (found->second.filename() != shard) {
      throw FormatError(index, "weight_map puts tensor " + quote_bytes(tensor) + " into " +
                                   quote_bytes(shard) + ", but " +
                                   quote_bytes(found->second.filename().string()) + " has it");
    }
  }
  for (const auto& [tensor, file] : weights.file_of_) {
    if (!shard_of.contains(tensor)) {
      throw FormatError(file, "tensor " + quote_bytes(tensor) + " is not in the weight_map of " +
                                  std::string(index_name));
    }
  }
  return weights;
}

void Weights::compare_with_index(const fs::path& index) {
  const WeightMap shard_of = read_weight_map(index);
  std::map<std::string, std::size_t> shards;  // with how many tensors
  for (const auto& [tensor, shard] : shard_of) ++shards[shard];
  std::size_t absent = 0;
  for (const auto& [shard, tensors] : shards) {
    const fs::path path = index.parent_path() / shard;
    if (!fs::exists(path)) {
      ++absent;
    } else if (shard != single_name) {
      compare_with_shard(path);
    }
  }
  for (const auto& [tensor, shard] : shard_of) {
    if (shard != single_name || tensors_.contains(tensor)) continue;
    throw FormatError(index.parent_path() / shard, "tensor " + quote_bytes(tensor) +
                                                       " is missing, expected here by " +
                                                       std::string(index_name));
  }
  if (shards.size() == 1 && shards.contains(single_name)) return;
  oddities_.push_back({.kind = OddityKind::skipped,
                       .file = index_name,
                       .what = "weight_map",
                       .found = "of " + std::to_string(shards.size()) + " files, " +
                                std::to_string(absent) + " of them absent",
                       .why = std::string(single_name) + " is taken"});
}

/// Two files with the weights of one model must agree, or nobody knows which one is meant.
void Weights::compare_with_shard(const fs::path& path) {
  const SafetensorsFile shard(path);
  for (const auto& [name, view] : shard.tensors()) {
    const auto taken = tensors_.find(name);
    const bool same = taken != tensors_.end() && taken->second.dtype == view.dtype &&
                      taken->second.shape == view.shape &&
                      std::ranges::equal(taken->second.bytes, view.bytes);
    if (taken != tensors_.end()) shard::release_pages(taken->second.bytes);
    shard::release_pages(view.bytes);
    if (same) continue;
    const std::string what = taken == tensors_.end() ? " is not in " : " differs from the one in ";
    throw FormatError(path, "tensor " + quote_bytes(name) + what + single_name +
                                ", which is taken: remove " + single_name + ", or " + index_name +
                                " and its shards");
  }
}

void Weights::add_shard(const fs::path& path) {
  shards_.emplace_back(path);
  files_.push_back({.path = path,
                    .identity = shards_.back().file().identity(),
                    .bytes = shards_.back().file().bytes()});
  for (const auto& [name, view] : shards_.back().tensors()) {
    const auto [place, is_new] = file_of_.emplace(name, path);
    if (!is_new) {
      throw FormatError(path, "tensor " + quote_bytes(name) + " is a duplicate, also in " +
                                  quote_bytes(place->second.filename().string()));
    }
    tensors_.emplace(name, view);
  }
}

const TensorView& Weights::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    throw std::invalid_argument("Weights::at: no tensor " + quote_bytes(name));
  return found->second;
}

const fs::path& Weights::file_of(const std::string& name) const {
  const auto found = file_of_.find(name);
  if (found == file_of_.end()) {
    throw std::invalid_argument("Weights::file_of: no tensor " + quote_bytes(name));
  }
  return found->second;
}

}  // namespace phiscope::extract
