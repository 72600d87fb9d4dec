// SPDX-License-Identifier: MIT
#include "files/family/gemma_fields.hpp"

#include <cmath>

namespace phiscope::extract {

void read_gemma_sizes(const JsonFields& fields, ModelConfig& config) {
  config.layers = fields.integer("num_hidden_layers", {.most = 100'000});
  config.hidden = fields.integer("hidden_size");
  config.intermediate = fields.integer("intermediate_size");
  config.vocab = fields.integer("vocab_size");
  config.max_positions = fields.integer("max_position_embeddings");
  config.norm_eps = fields.positive_or("rms_norm_eps", 1e-6);
  config.heads = fields.integer("num_attention_heads");
  read_heads(fields, config);
  config.attention_scale = 1.0 / std::sqrt(fields.positive_or("query_pre_attn_scalar", 256.0));
  config.attention_softcap = fields.positive_or("attn_logit_softcapping", 0.0);
  config.logit_softcap = fields.positive_or("final_logit_softcapping", 0.0);
  config.embedding_scale = std::sqrt(static_cast<double>(config.hidden));
  config.norm = NormKind::rms_plus_one;
  config.post_norms = true;
  config.tied = fields.boolean_or("tie_word_embeddings", true);
  config.activation = Activation::gelu_tanh;
  expect_one_of(fields, "hidden_activation", {"gelu_pytorch_tanh"});
  expect_false(fields, "attention_bias", "false (biases are not supported in this family)");
  expect_false(fields, "use_bidirectional_attention", "false (only causal attention)");
}

}  // namespace phiscope::extract
