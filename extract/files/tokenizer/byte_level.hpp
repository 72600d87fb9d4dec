// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace phiscope::extract::tokenizer {

/// The letter (in UTF-8) that encodes each byte in the tokens of a byte-level vocabulary: itself
/// for visible Latin-1 characters, else U+0100 and up in order. @see OpenAI's GPT-2,
/// bytes_to_unicode
[[nodiscard]] const std::array<std::string, 256>& byte_letters();

/// The byte that a letter encodes, or nothing.
[[nodiscard]] std::optional<unsigned char> byte_of_letter(char32_t letter);

/// Appends the bytes of a byte-level token; a token with any other character as it is.
void append_token_bytes(std::string& bytes, std::string_view token);

}  // namespace phiscope::extract::tokenizer
