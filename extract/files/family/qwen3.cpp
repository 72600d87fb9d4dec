// SPDX-License-Identifier: MIT
// Qwen3: Llama with an RMSNorm of every query and key before they are rotated.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

namespace phiscope::extract {

namespace {

void read_qwen3(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  read_rope(fields, {}, config);
  config.qk_norm = QkNorm::head;
  expect_false(fields, "attention_bias", "false (biases are not supported in this family)");
  read_upper_windows(fields, config);
}

std::vector<TensorSpec> qwen3_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

}  // namespace

extern const Family qwen3_family{
    .model_type = "qwen3",
    .architecture = "Qwen3ForCausalLM",
    .text_config = "",
    .read = read_qwen3,
    .tensors = qwen3_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
};

}  // namespace phiscope::extract
