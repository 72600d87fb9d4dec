// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace phiscope::extract {

/// The small network that makes the next input of a last hidden state: Linear, exact (erf) GELU,
/// Linear, and a LayerNorm where there is one.
struct LatentProjection {
  std::int64_t width = 0;  ///< units between the two products
  bool layer_norm = true;
  friend bool operator==(const LatentProjection&, const LatentProjection&) = default;
};

/// Matrices of low rank beside the base's: W = base + (alpha / rank) B A.
struct LatentLora {
  std::int64_t rank = 0;
  double alpha = 0.0;
  friend bool operator==(const LatentLora&, const LatentLora&) = default;
};

/// codi.json: what distinguishes a model of latent thoughts from the model that it was made of.
struct LatentConfig {
  std::int64_t base_vocab_size = 0;    ///< rows of the embedding before the added ones
  std::int64_t pad_id = 0;             ///< all ids are rows of the embedding
  std::int64_t bot_id = 0;             ///< begins the thoughts
  std::int64_t eot_id = 0;             ///< ends them
  std::optional<std::int64_t> bos_id;  ///< first token of a question, where there is one
  std::int64_t eos_id = 0;
  std::int64_t num_latent = 0;  ///< >= 1
  /// Nothing: the last hidden state itself is the next input, as in Coconut.
  std::optional<LatentProjection> projection;
  std::optional<LatentLora> lora;  ///< nothing: the files hold no such matrices
  bool remove_eos = true;          ///< else [eos, bot] and [eot, eos] are fed
  std::int64_t logits_slice = 0;   ///< ids below it can be generated
  std::string question_suffix;     ///< tokenised with the question
  std::string answer_prefix;       ///< precedes " " and the answer
  friend bool operator==(const LatentConfig&, const LatentConfig&) = default;

  [[nodiscard]] std::string_view feedback() const { return projection ? "projection" : "hidden"; }
};

inline constexpr const char* latent_config_name = "codi.json";

/// Epsilon of the projection's LayerNorm.
inline constexpr double latent_norm_eps = 1e-5;

/// The command that makes a model directory of what the publishers of latent models offer.
inline constexpr std::string_view latent_converter =
    "tools/convert_checkpoint.py CKPT --base BASE_DIR --out DIR";

/// Reads DIRECTORY/codi.json; nothing where there is no such file. What depends on the weights is
/// checked by check_latent_ids().
/// @throws shard::FormatError naming the file, the member, what was found and what is expected
[[nodiscard]] std::optional<LatentConfig> read_latent_config(
    const std::filesystem::path& directory);

/// As read_latent_config(), of the text of the file. @param file  its name, for messages
[[nodiscard]] LatentConfig parse_latent_config(std::string_view text,
                                               const std::filesystem::path& file);

/// Checks ids, base_vocab_size and logits_slice against the embedding's rows.
/// @throws shard::FormatError as above
void check_latent_ids(const std::filesystem::path& directory, std::int64_t embedding_rows);

}  // namespace phiscope::extract
