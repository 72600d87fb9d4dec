// SPDX-License-Identifier: MIT
#pragma once

#include "files/json_fields.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace phiscope::extract::tokenizer {

/// Ids must be below this: tables are as long as the largest id.
inline constexpr std::int64_t id_limit = std::int64_t{1} << 22U;

/// The model's tokens and their ids: a bijection, perhaps with holes among the ids.
class Vocabulary {
 public:
  /// Reads `vocab` of the model. @throws shard::FormatError naming the token with a wrong or
  /// doubled id
  explicit Vocabulary(const JsonFields& model);
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;
  Vocabulary(const Vocabulary&) = delete;  // the ids are found by views of the tokens
  Vocabulary& operator=(const Vocabulary&) = delete;
  ~Vocabulary() = default;

  [[nodiscard]] std::optional<int> id_of(std::string_view token) const;
  /// The token with this id, or nullptr.
  [[nodiscard]] const std::string* token_of(int id) const;
  [[nodiscard]] std::size_t size() const { return ids_.size(); }
  [[nodiscard]] int largest_id() const { return static_cast<int>(tokens_.size()) - 1; }

 private:
  std::vector<std::optional<std::string>> tokens_;  // by id
  std::unordered_map<std::string_view, int> ids_;
};

}  // namespace phiscope::extract::tokenizer
