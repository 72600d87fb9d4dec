// SPDX-License-Identifier: MIT
#include "files/model/config.hpp"

#include "target.hpp"

#include <limits>
#include <optional>

namespace phiscope::fuzz {
namespace {

bool is_positive(double value) {
  return value > 0.0 && value <= std::numeric_limits<double>::max();
}

void check_rope(const extract::RopeParameters& rope, std::int64_t rotary_dim) {
  require(is_positive(rope.theta) && is_positive(rope.factor), "config: rope");
  require(is_positive(rope.attention_factor), "config: rope's attention factor");
  const bool is_longrope = rope.type == extract::RopeType::longrope;
  const std::size_t factors = is_longrope ? static_cast<std::size_t>(rotary_dim / 2) : 0;
  require(rope.short_factors.size() == factors && rope.long_factors.size() == factors,
          "config: factors of longrope");
}

void check(const extract::ModelConfig& config) {
  for (const std::int64_t size :
       {config.layers, config.heads, config.kv_heads, config.head_dim, config.hidden,
        config.intermediate, config.vocab, config.max_positions}) {
    require(size >= 1 && size <= 0x7FFFFFFF, "config: a size");
  }
  require(config.heads % config.kv_heads == 0, "config: heads");
  require(config.rotary_dim % 2 == 0 && config.rotary_dim <= config.head_dim,
          "config: rotary units");
  require(!config.learned_positions || config.rotary_dim == 0, "config: both positions");
  const auto layers = static_cast<std::size_t>(config.layers);
  require(config.windows.empty() || config.windows.size() == layers, "config: windows");
  require(config.rotated.empty() || config.rotated.size() == layers, "config: rotated");
  require(is_positive(config.norm_eps) && is_positive(config.embedding_scale) &&
              is_positive(config.attention_scale) && is_positive(config.residual_scale) &&
              is_positive(config.logit_divisor),
          "config: a scale");
  if (config.rotary_dim > 0) check_rope(config.rope, config.rotary_dim);
  if (config.local_rope) check_rope(*config.local_rope, config.rotary_dim);
  if (config.experts) {
    require(config.experts->layers.size() == layers, "config: layers of experts");
    require(config.experts->per_token >= 1 && config.experts->per_token <= config.experts->count,
            "config: experts of a token");
  }
  for (const std::int64_t id : config.eos) require(id >= 0, "config: end token");
  require(!config.bos || *config.bos >= 0, "config: first token");
  require(!config.latent, "config: latent without its file");
}

}  // namespace

/// A config.json; where it has a zero byte, a generation_config.json follows that.
bool try_config(std::string_view input) {
  std::string_view text = input;
  std::optional<std::string_view> generation;
  if (const std::size_t end = text.find('\0'); end != text.npos) {
    generation = text.substr(end + 1);
    text = text.substr(0, end);
  }
  // Both files lie at the top: the beginning of a message is the name of one of them.
  return accept_or_refuse(generation ? "" : "config.json", [&] {
    const extract::ModelConfig config = extract::parse_config(text, "config.json", generation);
    check(config);
    require(extract::parse_config(text, "config.json", generation) == config,
            "config: another one the second time");
  });
}

}  // namespace phiscope::fuzz
