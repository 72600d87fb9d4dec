// SPDX-License-Identifier: MIT
#include "files/model/embedded_ids.hpp"

#include "files/tokenizer.hpp"
#include "shard/file/format_error.hpp"

#include <limits>
#include <optional>
#include <utility>

namespace phiscope::extract {

EmbeddedIds::EmbeddedIds(std::filesystem::path model, std::int64_t rows)
    : model_(std::move(model)), rows_(rows) {}

void EmbeddedIds::check(std::span<const int> ids, const std::filesystem::path& file,
                        const std::string& where) const {
  for (const int id : ids) {
    if (has(id)) continue;
    throw shard::FormatError(file, where + ": token id " + named(id) + ", expected " + expected());
  }
}

std::string EmbeddedIds::named(std::int64_t id) const {
  std::string number = std::to_string(id);
  const bool is_id = id >= 0 && id <= std::numeric_limits<int>::max();
  if (!is_id || !std::filesystem::exists(model_ / "tokenizer.json")) return number;
  std::optional<std::string> token;
  try {
    token = Tokenizer::open(model_).token_of(static_cast<int>(id));
  } catch (const shard::FormatError&) {  // ids that were given need no tokenizer
    return number;
  }
  return token ? number + " (" + shard::quote_bytes(*token, 60) + ")" : number;
}

std::string EmbeddedIds::expected() const {
  return "0 to " + std::to_string(rows_ - 1) + ", the rows of the model's embedding";
}

}  // namespace phiscope::extract
