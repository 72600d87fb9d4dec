// SPDX-License-Identifier: MIT
// OLMoE: experts in every layer, an RMSNorm over all queries and one over all keys of a token.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

namespace phiscope::extract {

namespace {

void read_olmoe(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config, 1e-5);
  read_rope(fields, {}, config);
  config.qk_norm = QkNorm::projection;
  expect_false(fields, "attention_bias", "false (biases are not supported in this family)");
  if (fields.has("clip_qkv")) fields.refuse("clip_qkv", "null (clipping is not supported)");
  config.experts = read_experts(fields, config.intermediate, config.layers);
}

std::vector<TensorSpec> olmoe_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

}  // namespace

extern const Family olmoe_family{
    .model_type = "olmoe",
    .architecture = "OlmoeForCausalLM",
    .text_config = "",
    .read = read_olmoe,
    .tensors = olmoe_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
};

}  // namespace phiscope::extract
