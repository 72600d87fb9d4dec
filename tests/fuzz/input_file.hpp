// SPDX-License-Identifier: MIT
#pragma once

#include "shard/format_error.hpp"
#include "temp_dir.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace phiscope::test {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// The input of a fuzzer as a file called `name`, always in the same directory.
inline std::filesystem::path input_file(const char* name, std::string_view bytes) {
  static const TempDir folder;
  const std::filesystem::path path = folder.path() / name;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  if (!file.flush()) throw std::runtime_error(path.string() + ": cannot write");
  return path;
}

/// Runs a reader. It may refuse its file with a FormatError of one short line that begins with the
/// path; any other exception leaves here and ends the fuzzer.
template <class Read>
void accept_or_refuse(const std::filesystem::path& path, Read&& read) {
  try {
    read();
  } catch (const shard::FormatError& error) {
    const std::string_view text = error.what();
    if (!text.starts_with(path.string()) || text.find('\n') != text.npos || text.size() > 2000) {
      throw std::logic_error("a bad message: " + std::string(text));
    }
  }
}

/// Ends the fuzzer if something that must hold does not.
inline void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace phiscope::test
