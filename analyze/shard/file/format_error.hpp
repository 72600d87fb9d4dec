// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace phiscope::shard {

/// Text fit for one line of a terminal, a log or JSON: bytes that are no UTF-8 and control
/// characters become `\xNN`, all else stays as it is.
[[nodiscard]] std::string printable(std::string_view text);
/// printable() of a path: what every message and every output says of one.
[[nodiscard]] std::string path_text(const std::filesystem::path& path);

/// A file that is not what it should be. what() is one line: "<path>: <message>".
class FormatError : public std::runtime_error {
 public:
  /// @param message  what, where in the file, found, expected; made printable(): it may quote the
  ///                 file
  FormatError(const std::filesystem::path& file, const std::string& message)
      : std::runtime_error(path_text(file) + ": " + printable(message)) {}
};

/// Bytes of a file made fit for a message: in quotes, one line, printable ASCII (others as `\xNN`),
/// at most `limit` characters followed by `...`.
[[nodiscard]] std::string quote_bytes(std::string_view bytes, std::size_t limit = 120);

}  // namespace phiscope::shard
