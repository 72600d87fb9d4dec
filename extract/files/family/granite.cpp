// SPDX-License-Identifier: MIT
// Granite: Llama with factors of the embedding, of the scores, of what attention and MLP add, and a
// divisor of the logits.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

namespace phiscope::extract {

namespace {

void read_granite(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  read_rope(fields, {}, config);
  config.embedding_scale = fields.positive_or("embedding_multiplier", 1.0);
  config.rounded_scale = false;
  config.attention_scale = fields.positive_or("attention_multiplier", 1.0);
  config.residual_scale = fields.positive_or("residual_multiplier", 1.0);
  config.logit_divisor = fields.positive_or("logits_scaling", 1.0);
  constexpr std::string_view no_biases = "false (biases are not supported in this family)";
  expect_false(fields, "attention_bias", no_biases);
  expect_false(fields, "mlp_bias", no_biases);
}

std::vector<TensorSpec> granite_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

}  // namespace

extern const Family granite_family{
    .model_type = "granite",
    .architecture = "GraniteForCausalLM",
    .text_config = "",
    .read = read_granite,
    .tensors = granite_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
};

}  // namespace phiscope::extract
