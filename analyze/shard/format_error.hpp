// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace phiscope::shard {

/// A file that is not what it should be. what() is one line: "<path>: <message>".
class FormatError : public std::runtime_error {
 public:
  /// @param message  what, where in the file, found, expected
  FormatError(const std::filesystem::path& file, const std::string& message)
      : std::runtime_error(file.string() + ": " + message) {}
};

/// Bytes of a file made fit for a message: in quotes, one line, printable ASCII (others as `\xNN`),
/// at most `limit` characters followed by `...`.
[[nodiscard]] std::string quote_bytes(std::string_view bytes, std::size_t limit = 120);

}  // namespace phiscope::shard
