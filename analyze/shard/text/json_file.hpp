// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace phiscope::shard {

/// Deepest nesting of arrays and objects that is read.
inline constexpr std::size_t json_depth_limit = 100;

/// One strict JSON value and nothing else: no repeated key, valid UTF-8 (a byte order mark is
/// skipped, UTF-16 is refused by name), no comment, no NaN, depth at most json_depth_limit.
/// @param for_errors  the file named in messages
/// @param first_line  number of the first line of `text` in that file
/// @throws FormatError "<file>: line L:C: ...", L and C from 1, C in bytes
[[nodiscard]] nlohmann::json parse_json(std::string_view text,
                                        const std::filesystem::path& for_errors,
                                        std::size_t first_line = 1);

/// As parse_json(), keeping the order of the keys.
[[nodiscard]] nlohmann::ordered_json parse_ordered_json(std::string_view text,
                                                        const std::filesystem::path& for_errors,
                                                        std::size_t first_line = 1);

/// parse_json() of a whole file. @throws FormatError also if it cannot be read
[[nodiscard]] nlohmann::json read_json(const std::filesystem::path& file);

}  // namespace phiscope::shard
