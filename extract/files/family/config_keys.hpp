// SPDX-License-Identifier: MIT
// The keys of config.json: which ones a family reads, what they mean where they are absent, and
// what becomes of all others.
#pragma once

#include "files/json_fields.hpp"
#include "files/oddity.hpp"

#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace phiscope::extract {

struct Family;

/// A key that a family reads.
struct FamilyKey {
  std::string_view name;
  /// JSON text of the default of transformers' configuration class. Empty: null, or whatever the
  /// reader makes of other keys.
  std::string_view absent{};
  /// Where one of these keys is present, no default is put in.
  std::array<std::string_view, 2> instead{};
};

/// The family's keys that `object` lacks and that have a default.
[[nodiscard]] std::vector<FamilyKey> absent_keys(const nlohmann::json& object,
                                                 const Family& family);

/// `object` with the defaults of absent_keys(). A key that is null stays null, as for transformers:
/// without `sliding_window` Mistral has a window of 4096, with null it has none.
[[nodiscard]] nlohmann::json with_defaults(const nlohmann::json& object, const Family& family);

/// Which keys of an object of config.json are known.
enum class ConfigPart {
  text,   ///< those that describe the language model
  outer,  ///< those around it, in a model of text and images
};

/// Refuses a key that the family does not read and that, by its name, changes masks, scales, norms
/// or positions, unless its value is the one that changes nothing (`is_causal: true`).
/// @throws shard::FormatError naming the key, what was found and what is expected
void refuse_decisive_keys(const JsonFields& fields, const Family& family, ConfigPart part);

/// All other keys with a value that are neither read nor known to be harmless, as warnings.
/// Nothing for a family without a list of keys.
[[nodiscard]] std::vector<Oddity> unknown_keys(const JsonFields& fields, const Family& family,
                                               ConfigPart part);

}  // namespace phiscope::extract
