// SPDX-License-Identifier: MIT
#pragma once

#include "files/tokenizer/added_token.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract::tokenizer {

/// A token as a file beside tokenizer.json has it.
struct FileToken {
  AddedToken token;
  bool has_flags = false;            ///< an object; a plain string has none
  bool normalized_is_given = false;  ///< else it follows `special`
};

/// Files beside tokenizer.json that say something of it.
inline constexpr std::string_view tokenizer_config_name = "tokenizer_config.json";
inline constexpr std::string_view special_tokens_name = "special_tokens_map.json";
inline constexpr std::string_view added_tokens_name = "added_tokens.json";

/// What tokenizer_config.json, special_tokens_map.json and added_tokens.json say, as transformers
/// 4.57.6 reads them: the last two only where the first has no added_tokens_decoder.
struct Companions {
  std::map<int, FileToken> by_id;  ///< of added_tokens_decoder, else of added_tokens.json
  bool has_decoder = false;        ///< there is an added_tokens_decoder
  std::vector<FileToken> named;    ///< bos_token, eos_token, ... in the order of transformers
  std::vector<FileToken> further;  ///< additional_special_tokens, then extra_special_tokens
  std::optional<std::string> bos;
  std::optional<std::string> eos;
  std::optional<bool> add_bos;
  std::optional<bool> add_eos;
  std::optional<bool> add_prefix_space;
  std::vector<std::string> warnings;  ///< where the files contradict each other

  /// The tokens that transformers adds to those of tokenizer.json, in its order; many are there
  /// already, perhaps with other flags. `id` is what a file says, -1 where none does.
  /// @param own  the added tokens of tokenizer.json
  [[nodiscard]] std::vector<AddedToken> additions(const std::vector<AddedToken>& own) const;
};

/// @throws shard::FormatError naming file, field, found and expected
[[nodiscard]] Companions read_companions(const std::filesystem::path& directory);

}  // namespace phiscope::extract::tokenizer
