// SPDX-License-Identifier: MIT
#include "files/family/fields.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace phiscope::extract {

namespace {

/// Fields of a rope object with a meaning; any other could change the numbers, so it is refused.
constexpr std::array<std::string_view, 8> rope_keys{"rope_type",
                                                    "type",
                                                    "rope_theta",
                                                    "factor",
                                                    "low_freq_factor",
                                                    "high_freq_factor",
                                                    "original_max_position_embeddings",
                                                    "partial_rotary_factor"};

RopeType rope_type(const JsonFields& rope) {
  const std::string_view key = rope.has("rope_type") ? "rope_type" : "type";
  const std::string name = rope.text_or(key, "default");
  if (rope.text_or("type", name) != name) rope.refuse("type", "the same as rope_type");
  for (const RopeType type : {RopeType::plain, RopeType::linear, RopeType::llama3}) {
    if (name_of(type) == name) return type;
  }
  rope.refuse(key, "one of default, linear, llama3");
}

/// The number under a key inside of the rope object and one outside of it, which must agree.
double same_inside_and_outside(const JsonFields* rope, std::string_view inside,
                               const JsonFields& fields, std::string_view outside, double absent) {
  const bool within = rope != nullptr && rope->has(inside);
  const bool without = !outside.empty() && fields.has(outside);
  if (!without) return within ? rope->positive(inside) : absent;
  const double number = fields.positive(outside);
  if (within && rope->positive(inside) != number) {
    rope->refuse(inside, "the same as the outer " + std::string(outside));
  }
  return number;
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

RopeParameters read_rope_object(const JsonFields& rope, double theta) {
  for (const auto& [key, value] : rope.value().items()) {
    if (value.is_null() || std::ranges::find(rope_keys, key) != rope_keys.end()) continue;
    rope.refuse(key, "no such field (not supported for this family)");
  }
  RopeParameters parameters;
  parameters.theta = rope.positive_or("rope_theta", theta);
  parameters.type = rope_type(rope);
  if (parameters.type == RopeType::plain) return parameters;
  parameters.factor = rope.positive("factor");
  if (parameters.factor < 1.0) rope.refuse("factor", "a number >= 1");
  if (parameters.type == RopeType::linear) return parameters;
  parameters.low_freq_factor = rope.positive("low_freq_factor");
  parameters.high_freq_factor = rope.positive("high_freq_factor");
  if (parameters.high_freq_factor <= parameters.low_freq_factor) {
    rope.refuse("high_freq_factor", "a number above low_freq_factor");
  }
  parameters.original_max_positions = rope.integer("original_max_position_embeddings");
  return parameters;
}

void read_rope(const JsonFields& fields, const RopeNames& names, ModelConfig& config) {
  const bool new_dialect = fields.has("rope_parameters");
  const bool old_scaling = fields.has("rope_scaling");
  if (new_dialect && old_scaling &&
      fields.value().at("rope_parameters") != fields.value().at("rope_scaling")) {
    fields.refuse("rope_scaling", "the same as rope_parameters, or only one of the two");
  }
  std::optional<JsonFields> rope;
  if (new_dialect || old_scaling) {
    rope = fields.object(new_dialect ? "rope_parameters" : "rope_scaling");
  }
  const JsonFields* inside = rope ? &*rope : nullptr;
  if (rope) config.rope = read_rope_object(*rope, names.default_theta);
  config.rope.theta =
      same_inside_and_outside(inside, "rope_theta", fields, names.theta, names.default_theta);

  const bool partial = !names.fraction.empty();
  const std::string_view key = partial ? names.fraction : "partial_rotary_factor";
  const double fraction = same_inside_and_outside(inside, "partial_rotary_factor", fields, key,
                                                  partial ? names.default_fraction : 1.0);
  if (fraction > 1.0 || (!partial && fraction != 1.0)) {
    fields.refuse(key, partial ? "a share of at most 1" : "1 for this family");
  }
  config.rotary_dim = static_cast<std::int64_t>(static_cast<double>(config.head_dim) * fraction);
  if (config.rotary_dim % 2 != 0 || config.rotary_dim == 0) {
    fields.refuse(fields.has("head_dim") ? "head_dim" : "num_attention_heads",
                  "an even number of rotated units in a head");
  }
}

void read_heads(const JsonFields& fields, ModelConfig& config, std::int64_t head_dim) {
  config.kv_heads = fields.integer_or("num_key_value_heads", config.heads);
  if (config.heads % config.kv_heads != 0) {
    fields.refuse("num_key_value_heads",
                  "a divisor of num_attention_heads (" + std::to_string(config.heads) + ")");
  }
  if (!fields.has("head_dim") && head_dim == 0 && config.hidden % config.heads != 0) {
    fields.refuse("num_attention_heads",
                  "a divisor of hidden_size (" + std::to_string(config.hidden) + ")");
  }
  config.head_dim = fields.integer_or(
      "head_dim", head_dim > 0 ? head_dim : config.hidden / config.heads, {.most = 65'536});
  config.attention_scale = 1.0 / std::sqrt(static_cast<double>(config.head_dim));
}

void read_llama_sizes(const JsonFields& fields, ModelConfig& config, double eps) {
  config.layers = fields.integer("num_hidden_layers", {.most = 100'000});
  config.hidden = fields.integer("hidden_size");
  config.intermediate = fields.integer("intermediate_size");
  config.vocab = fields.integer("vocab_size");
  config.max_positions = fields.integer("max_position_embeddings");
  config.norm_eps = fields.positive_or("rms_norm_eps", eps);
  config.heads = fields.integer("num_attention_heads");
  read_heads(fields, config);
  config.tied = fields.boolean_or("tie_word_embeddings", false);
  expect_one_of(fields, "hidden_act", {"silu", "swish"});
}

void read_upper_windows(const JsonFields& fields, ModelConfig& config) {
  const bool use = fields.boolean_or("use_sliding_window", false);
  const std::int64_t window = use ? fields.integer_or("sliding_window", 0) : 0;
  const std::int64_t first = fields.integer_or("max_window_layers", 28, {.least = 0});
  read_windows(fields, window, config, [=](std::int64_t layer) { return layer >= first; });
}

Experts read_experts(const JsonFields& fields, std::int64_t intermediate, std::int64_t layers) {
  const std::string_view key = fields.has("num_local_experts") && !fields.has("num_experts")
                                   ? "num_local_experts"
                                   : "num_experts";
  if (!fields.has(key)) fields.refuse(key, "a number of experts, here or as num_local_experts");
  Experts experts{.count = fields.integer(key, {.most = 65'536}),
                  .per_token = fields.integer("num_experts_per_tok"),
                  .intermediate = intermediate,
                  .renormalise = fields.boolean_or("norm_topk_prob", false),
                  .layers = std::vector<bool>(static_cast<std::size_t>(layers), true)};
  if (fields.has("num_experts") && fields.has("num_local_experts") &&
      fields.integer("num_local_experts") != experts.count) {
    fields.refuse("num_local_experts", "the same as num_experts");
  }
  // A list of their tensors must fit into memory before a file can prove it wrong.
  if (experts.count * layers > 1'000'000) {
    fields.refuse(key, "at most 1000000 experts in all " + std::to_string(layers) + " layers");
  }
  if (experts.per_token > experts.count) {
    fields.refuse("num_experts_per_tok",
                  "at most " + std::string(key) + " (" + std::to_string(experts.count) + ")");
  }
  return experts;
}

void expect_one_of(const JsonFields& fields, std::string_view key,
                   std::span<const std::string_view> supported) {
  if (!fields.has(key)) return;
  if (std::ranges::find(supported, fields.text(key)) != supported.end()) return;
  std::string list = "one of";
  for (const std::string_view name : supported) list.append(" ").append(name);
  fields.refuse(key, list);
}

void expect_one_of(const JsonFields& fields, std::string_view key,
                   std::initializer_list<std::string_view> supported) {
  expect_one_of(fields, key, std::span(supported.begin(), supported.size()));
}

void expect_false(const JsonFields& fields, std::string_view key, std::string_view why) {
  if (fields.boolean_or(key, false)) fields.refuse(key, why);
}

}  // namespace phiscope::extract
