// SPDX-License-Identifier: MIT
#include "files/family/fields.hpp"

#include <algorithm>
#include <cmath>

namespace phiscope::extract {

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
