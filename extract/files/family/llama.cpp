// SPDX-License-Identifier: MIT
// Llama 1 to 3: RMSNorm, rotary positions, grouped query heads, gated SiLU, no biases.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

namespace phiscope::extract {

namespace {

void read_llama(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  read_rope(fields, {}, config);
  constexpr std::string_view no_biases = "false (biases are not supported in this family)";
  expect_false(fields, "attention_bias", no_biases);
  expect_false(fields, "mlp_bias", no_biases);
}

std::vector<TensorSpec> llama_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

}  // namespace

extern const Family llama_family{
    .model_type = "llama",
    .architecture = "LlamaForCausalLM",
    .text_config = "",
    .read = read_llama,
    .tensors = llama_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
};

}  // namespace phiscope::extract
