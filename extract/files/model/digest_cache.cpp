// SPDX-License-Identifier: MIT
#include "files/model/digest_cache.hpp"

#include "shard/file/atomic_file.hpp"
#include "shard/file/sha256.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace phiscope::extract {
namespace {

namespace fs = std::filesystem;

/// One file an inode: what was known of its earlier bytes is replaced.
std::string name_of(const shard::FileIdentity& file) {
  return "digest-" + std::to_string(file.device) + "-" + std::to_string(file.inode);
}

/// What the file of the cache begins with; the SHA-256 follows.
std::string line_of(const shard::FileIdentity& file) {
  std::string line;
  for (const auto& number :
       {std::to_string(file.device), std::to_string(file.inode), std::to_string(file.size),
        std::to_string(file.modified_ns), std::to_string(file.changed_ns)}) {
    line += number + " ";
  }
  return line;
}

/// The text of a small file, empty if it cannot be read.
std::string text_of_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string name_of_note(const std::string& text) {
  return "note-" + shard::sha256(std::as_bytes(std::span(text)));
}

}  // namespace

std::optional<fs::path> user_cache_folder() {
  const auto variable = [](const char* name) -> fs::path {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  // Relative paths are to be ignored, as the XDG Base Directory Specification has it.
  if (const fs::path cache = variable("XDG_CACHE_HOME"); cache.is_absolute()) {
    return cache / "phiscope";
  }
  if (const fs::path home = variable("HOME"); home.is_absolute()) {
    return home / ".cache" / "phiscope";
  }
  return std::nullopt;
}

DigestCache::DigestCache(fs::path folder, std::chrono::nanoseconds settled)
    : folder_(std::move(folder)), settled_(settled) {}

std::optional<DigestCache> DigestCache::of_user() {
  const auto folder = user_cache_folder();
  return folder ? std::optional(DigestCache(*folder)) : std::nullopt;
}

std::optional<std::string> DigestCache::find(const shard::FileIdentity& file) const {
  const std::string text = text_of_file(folder_ / name_of(file));
  const std::string line = line_of(file);
  constexpr std::size_t digits = 64;
  if (!text.starts_with(line) || text.size() != line.size() + digits + 1) return std::nullopt;
  std::string digest = text.substr(line.size(), digits);
  if (digest.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  return digest;
}

void DigestCache::keep(const shard::FileIdentity& file, const std::string& sha256,
                       std::chrono::system_clock::time_point before) {
  const auto youngest =
      std::chrono::nanoseconds(std::max(file.modified_ns, file.changed_ns)) + settled_;
  if (before.time_since_epoch() < youngest) return;
  write(name_of(file), line_of(file) + sha256 + "\n");
}

bool DigestCache::is_noted(const std::string& text) const {
  return text_of_file(folder_ / name_of_note(text)) == text;
}

void DigestCache::note(const std::string& text) {
  write(name_of_note(text), text);
}

void DigestCache::write(const std::string& name, const std::string& text) {
  try {
    fs::create_directories(folder_);
    shard::write_file(folder_ / name, text);
  } catch (const std::system_error& error) {  // of both: a filesystem_error is one
    problem_ = error.what();
  }
}

}  // namespace phiscope::extract
