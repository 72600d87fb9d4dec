// SPDX-License-Identifier: MIT
#pragma once

#include "files/latent_config.hpp"
#include "files/oddity.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// What a model asks of generation, beside its configuration.
inline constexpr const char* generation_name = "generation_config.json";

/// How rotation frequencies are scaled for contexts longer than the trained one.
enum class RopeType {
  plain,     ///< "default": not at all
  linear,    ///< positions divided by `factor`
  llama3,    ///< low frequencies divided by `factor`, a smooth passage up to the high ones
  yarn,      ///< the same by number of turns in the trained context, and larger scores
  dynamic,   ///< a larger base in passes longer than the trained context
  longrope,  ///< a divisor per frequency, another one in passes longer than the trained context
};
[[nodiscard]] std::string_view name_of(RopeType type);  ///< as in config.json: "default"

/// Rotary position embedding; from `factor` on a field has a meaning only for the types it names.
struct RopeParameters {
  RopeType type = RopeType::plain;
  double theta = 10000.0;         ///< base of the frequencies, > 0
  double factor = 1.0;            ///< linear, llama3, yarn, dynamic: >= 1
  double low_freq_factor = 1.0;   ///< llama3: > 0
  double high_freq_factor = 4.0;  ///< llama3: > low_freq_factor
  /// llama3, yarn, dynamic, longrope: trained context in tokens
  std::int64_t original_max_positions = 0;
  double beta_fast = 32.0;              ///< yarn: turns from which a frequency is as it is, > 0
  double beta_slow = 1.0;               ///< yarn: turns up to which it is divided, > 0
  bool truncate = true;                 ///< yarn: the passage between them has whole ends
  double attention_factor = 1.0;        ///< yarn, longrope: of cosine and sine, > 0
  std::vector<double> short_factors{};  ///< longrope: [rotary_dim / 2] up to the trained context
  std::vector<double> long_factors{};   ///< longrope: [rotary_dim / 2] beyond it
  friend bool operator==(const RopeParameters&, const RopeParameters&) = default;

  /// True if a pass longer than `original_max_positions` has other frequencies than a shorter one.
  [[nodiscard]] bool depends_on_length() const {
    return type == RopeType::dynamic || type == RopeType::longrope;
  }
};

enum class NormKind {
  rms,           ///< x / rms(x) * w
  rms_wide,      ///< the same, all of it in float32 or better (OLMo-2 and 3)
  rms_plus_one,  ///< x / rms(x) * (1 + w), all of it in float32 or better (Gemma)
  layer,         ///< (x - mean) / deviation * w + b
};

/// What is normed of queries and keys before they are rotated.
enum class QkNorm { none, head, projection };

enum class Activation { silu, gelu, gelu_tanh };

/// MLPs of which a router chooses some for each token.
struct Experts {
  std::int64_t count = 0;
  std::int64_t per_token = 0;     ///< how many a token passes through
  std::int64_t intermediate = 0;  ///< width of one
  bool renormalise = false;       ///< the chosen ones' weights are divided by their sum
  std::vector<bool> layers;       ///< [layer] experts here, or one dense MLP
  friend bool operator==(const Experts&, const Experts&) = default;
};

/// A model as the forward pass sees it: the numbers of config.json under one name each, whatever
/// their dialect, and what distinguishes the families.
struct ModelConfig {
  std::string family;        ///< model_type of config.json: "llama"
  std::string architecture;  ///< "LlamaForCausalLM"
  std::int64_t layers = 0;
  std::int64_t heads = 0;     ///< query heads
  std::int64_t kv_heads = 0;  ///< divides heads
  std::int64_t head_dim = 0;  ///< heads * head_dim need not be hidden
  std::int64_t hidden = 0;
  std::int64_t intermediate = 0;   ///< width of a dense MLP
  std::int64_t vocab = 0;          ///< rows of the embedding
  std::int64_t max_positions = 0;  ///< longest context in tokens

  double embedding_scale = 1.0;    ///< embeddings are multiplied by it
  bool rounded_scale = true;       ///< embedding_scale is rounded to their dtype first (Gemma)
  bool learned_positions = false;  ///< a table of max_positions is added to the embedding
  std::int64_t rotary_dim = 0;     ///< leading units of a head that are rotated; even; perhaps none
  RopeParameters rope;
  std::optional<RopeParameters> local_rope;  ///< of the layers with a window, where it differs
  std::vector<bool> rotated{};  ///< [layer] rotary positions here; empty: in all (SmolLM3)
  bool wide_rotation = false;   ///< rotated in float32 or better and rounded once (OLMo-2 and 3)

  NormKind norm = NormKind::rms;
  double norm_eps = 0.0;
  QkNorm qk_norm = QkNorm::none;
  bool pre_norms = true;           ///< norms before attention and MLP (not in OLMo-2 and 3)
  bool post_norms = false;         ///< norms after attention and MLP (Gemma, OLMo-2 and 3)
  double residual_scale = 1.0;     ///< of what attention and MLP add (Granite)
  bool parallel_residual = false;  ///< the MLP reads the stream from before the attention

  bool query_bias = false;              ///< q, k and v have biases
  bool output_bias = false;             ///< o has one
  double attention_scale = 0.0;         ///< of query times key
  double attention_softcap = 0.0;       ///< scores become cap * tanh(score / cap); 0: they do not
  std::vector<std::int64_t> windows{};  ///< [layer] tokens visible, its own included; 0: all before

  Activation activation = Activation::silu;
  bool gated = true;  ///< down(act(gate x) * up x), else down(act(up x))
  bool mlp_bias = false;
  std::optional<Experts> experts;

  bool tied = false;           ///< the embedding is the output matrix as well
  double logit_divisor = 1.0;  ///< logits are divided by it (Granite)
  double logit_softcap = 0.0;  ///< as attention_softcap, of the logits

  std::string dtype;                ///< "float32", ...; empty when the file says nothing
  std::optional<std::int64_t> bos;  ///< first token of a text, where the model has one
  std::vector<std::int64_t> eos;    ///< tokens that end a generation; perhaps none
  /// The directory has a codi.json: the model thinks in latents. Then `vocab` is what the files
  /// have, with the rows added to config.json's, and `tied` holds.
  std::optional<LatentConfig> latent{};
  friend bool operator==(const ModelConfig&, const ModelConfig&) = default;
};

/// Reads DIRECTORY/config.json in either dialect (published files, transformers 5) and the end
/// tokens of generation_config.json, which win where that file has some. With a codi.json it also
/// looks at the headers of the weights, for the rows of the embedding.
/// @throws shard::FormatError naming file, key, what was found and what is expected; an unknown
///         model type is refused by name with the list of supported ones, and so is a key that
///         changes masks, scales, norms or positions in a way the family is not computed
[[nodiscard]] ModelConfig read_config(const std::filesystem::path& directory);

/// As read_config(), of the text of a config.json, and that of a generation_config.json where there
/// is one, without other files beside them. @param file  the name of config.json, for messages
[[nodiscard]] ModelConfig parse_config(std::string_view text, const std::filesystem::path& file,
                                       std::optional<std::string_view> generation = std::nullopt);

/// What read_config() makes of keys that a reader of config.json may expect something else of:
/// those it does not read, as warnings, those that are absent, with their defaults, and end tokens
/// that generation_config.json replaces.
/// @throws shard::FormatError if the directory's configuration cannot be read
[[nodiscard]] std::vector<Oddity> config_oddities(const std::filesystem::path& directory);

/// Rows of the embedding according to DIRECTORY/config.json, whatever the family; nothing where
/// the file is missing or leaves it to the family. A codi.json adds at least three.
/// @throws shard::FormatError if the file is malformed
[[nodiscard]] std::optional<std::int64_t> read_vocab_size(const std::filesystem::path& directory);

}  // namespace phiscope::extract
