// SPDX-License-Identifier: MIT
#include "files/family.hpp"

#include "shard/format_error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace phiscope::extract {

using nlohmann::json;
using shard::FormatError;
using shard::quote_bytes;

namespace {

/// Fields of a rope object with a meaning; any other could change the numbers, so it is refused.
constexpr std::array<std::string_view, 7> rope_keys{"rope_type",
                                                    "type",
                                                    "rope_theta",
                                                    "factor",
                                                    "low_freq_factor",
                                                    "high_freq_factor",
                                                    "original_max_position_embeddings"};

RopeType rope_type(const JsonFields& rope) {
  const std::string_view key = rope.has("rope_type") ? "rope_type" : "type";
  const std::string name = rope.text_or(key, "default");
  if (rope.text_or("type", name) != name) rope.refuse("type", "the same as rope_type");
  for (const RopeType type : {RopeType::plain, RopeType::linear, RopeType::llama3}) {
    if (name_of(type) == name) return type;
  }
  rope.refuse(key, "one of default, linear, llama3");
}

void read_scaling(const JsonFields& rope, RopeParameters& parameters) {
  for (const auto& [key, value] : rope.value().items()) {
    if (value.is_null() || std::ranges::find(rope_keys, key) != rope_keys.end()) continue;
    if (key == "partial_rotary_factor" && value == 1.0) continue;
    rope.refuse(key, "no such field (not supported for this family)");
  }
  parameters.type = rope_type(rope);
  if (parameters.type == RopeType::plain) return;
  parameters.factor = rope.positive("factor");
  if (parameters.factor < 1.0) rope.refuse("factor", "a number >= 1");
  if (parameters.type == RopeType::linear) return;
  parameters.low_freq_factor = rope.positive("low_freq_factor");
  parameters.high_freq_factor = rope.positive("high_freq_factor");
  if (parameters.high_freq_factor <= parameters.low_freq_factor) {
    rope.refuse("high_freq_factor", "a number above low_freq_factor");
  }
  parameters.original_max_positions = rope.integer("original_max_position_embeddings");
}

}  // namespace

std::string_view name_of(RopeType type) {
  switch (type) {
    case RopeType::plain:
      return "default";
    case RopeType::linear:
      return "linear";
    case RopeType::llama3:
      return "llama3";
  }
  throw std::invalid_argument("name_of: not a RopeType");
}

RopeParameters read_rope(const JsonFields& fields, double theta) {
  const bool new_dialect = fields.has("rope_parameters");
  const bool old_scaling = fields.has("rope_scaling");
  if (new_dialect && old_scaling &&
      fields.value().at("rope_parameters") != fields.value().at("rope_scaling")) {
    fields.refuse("rope_scaling", "the same as rope_parameters, or only one of the two");
  }
  RopeParameters parameters;
  parameters.theta = fields.positive_or("rope_theta", theta);
  if (new_dialect || old_scaling) {
    const JsonFields rope = fields.object(new_dialect ? "rope_parameters" : "rope_scaling");
    read_scaling(rope, parameters);
    if (rope.has("rope_theta")) {
      const double inner = rope.positive("rope_theta");
      if (fields.has("rope_theta") && inner != parameters.theta) {
        rope.refuse("rope_theta", "the same as the outer rope_theta");
      }
      parameters.theta = inner;
    }
  }
  if (fields.has("partial_rotary_factor") && fields.positive("partial_rotary_factor") != 1.0) {
    fields.refuse("partial_rotary_factor", "1 for this family");
  }
  return parameters;
}

void read_heads(const JsonFields& fields, ModelConfig& config) {
  config.heads = fields.integer("num_attention_heads");
  config.kv_heads = fields.integer_or("num_key_value_heads", config.heads);
  if (config.heads % config.kv_heads != 0) {
    fields.refuse("num_key_value_heads",
                  "a divisor of num_attention_heads (" + std::to_string(config.heads) + ")");
  }
  if (config.hidden % config.heads != 0) {
    fields.refuse("num_attention_heads",
                  "a divisor of hidden_size (" + std::to_string(config.hidden) + ")");
  }
  config.head_dim = fields.integer_or("head_dim", config.hidden / config.heads, {.most = 65'536});
  if (config.head_dim % 2 != 0) {
    fields.refuse(fields.has("head_dim") ? "head_dim" : "num_attention_heads",
                  "an even size of a head (rotary positions)");
  }
}

void expect_one_of(const JsonFields& fields, std::string_view key,
                   std::span<const std::string_view> supported) {
  if (!fields.has(key)) return;
  if (std::ranges::find(supported, fields.text(key)) != supported.end()) return;
  std::string list = "one of";
  for (const std::string_view name : supported) list.append(" ").append(name);
  fields.refuse(key, list);
}

std::span<const Family* const> families() {
  static constexpr std::array<const Family*, 1> all{&llama_family};
  return all;
}

const Family& family_of(const ModelConfig& config) {
  for (const Family* family : families()) {
    if (family->model_type == config.family) return *family;
  }
  throw std::invalid_argument("family_of: unknown family " + quote_bytes(config.family));
}

}  // namespace phiscope::extract
