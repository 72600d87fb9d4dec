// SPDX-License-Identifier: MIT
#pragma once

#include "shard/file/format_error.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace phiscope::fuzz {

/// A reader under test: takes any bytes, throws if something does not hold that must, and returns
/// whether it accepted them.
struct Target {
  std::string_view name;
  bool (*run)(std::string_view input);
};

/// All of them, in the order of tests/fuzz/CMakeLists.txt.
[[nodiscard]] std::span<const Target> targets();

/// @throws std::invalid_argument for a name that is none
[[nodiscard]] const Target& target_named(std::string_view name);

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Ends the fuzzer if something that must hold does not.
inline void require(bool holds, std::string_view what) {
  if (!holds) throw std::logic_error(std::string(what));
}

/// `size` times all lengths, computed in 128 bits; none as soon as a product reaches 2^63.
template <class Lengths>
std::optional<std::uint64_t> exact_bytes(const Lengths& lengths, std::uint64_t size) {
  __extension__ using Wide = unsigned __int128;
  Wide product = size;
  for (const auto length : lengths) {
    product *= static_cast<std::uint64_t>(length);
    if (product >> 63U != 0) return std::nullopt;
  }
  return static_cast<std::uint64_t>(product);
}

/// Runs a reader. It may refuse its input with a FormatError of one short line that begins with the
/// path; any other exception leaves here and ends the fuzzer.
/// @return  whether it was accepted
template <class Read>
bool accept_or_refuse(const std::filesystem::path& path, Read&& read) {
  try {
    read();
    return true;
  } catch (const shard::FormatError& error) {
    const std::string_view text = error.what();
    const bool one_line =
        std::ranges::none_of(text, [](char c) { return (c >= '\0' && c < ' ') || c == '\x7F'; });
    if (!one_line || !text.starts_with(path.string()) || text.size() >= 2000) {
      throw std::logic_error("a bad message: " + std::string(text));
    }
    return false;
  }
}

/// Runs a reader on what a writer has made of accepted input: it may not refuse that.
template <class Read>
auto read_again(Read&& read) {
  try {
    return read();
  } catch (const shard::FormatError& error) {
    throw std::logic_error(std::string("refused what was written: ") + error.what());
  }
}

/// Cuts the first line off a text; its end belongs to neither.
inline std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace phiscope::fuzz
