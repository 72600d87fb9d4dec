// SPDX-License-Identifier: MIT
// Qwen2 and Qwen2.5: Llama with biases of query, key and value; optional windows in upper layers.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

namespace phiscope::extract {

namespace {

void read_qwen2(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  read_rope(fields, {}, config);
  config.query_bias = true;
  read_upper_windows(fields, config);
}

std::vector<TensorSpec> qwen2_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

}  // namespace

extern const Family qwen2_family{
    .model_type = "qwen2",
    .architecture = "Qwen2ForCausalLM",
    .text_config = "",
    .read = read_qwen2,
    .tensors = qwen2_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
};

}  // namespace phiscope::extract
