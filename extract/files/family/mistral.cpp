// SPDX-License-Identifier: MIT
// Mistral: Llama with a sliding window in every layer.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

namespace phiscope::extract {

namespace {

void read_mistral(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  read_rope(fields, {}, config);
  const std::int64_t window = fields.integer_or("sliding_window", 0);
  read_windows(fields, window, config, [](std::int64_t) { return true; });
}

std::vector<TensorSpec> mistral_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

}  // namespace

extern const Family mistral_family{
    .model_type = "mistral",
    .architecture = "MistralForCausalLM",
    .text_config = "",
    .read = read_mistral,
    .tensors = mistral_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
};

}  // namespace phiscope::extract
