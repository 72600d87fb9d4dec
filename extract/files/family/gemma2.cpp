// SPDX-License-Identifier: MIT
// Gemma-2: gains of 1 + w, norms before and after attention and MLP, soft caps of the attention's
// scores and of the logits, a window in every second layer.
#include "files/family/family.hpp"
#include "files/family/gemma_fields.hpp"
#include "files/family/llama_layout.hpp"

namespace phiscope::extract {

namespace {

void read_gemma2(const JsonFields& fields, ModelConfig& config) {
  read_gemma_sizes(fields, {.vocab = 256'000, .kv_heads = 4, .max_positions = 8192}, config);
  read_rope(fields, {}, config);
  const std::int64_t window = fields.integer_or("sliding_window", 4096);
  read_windows(fields, window, config, [](std::int64_t layer) { return layer % 2 == 0; });
}

std::vector<TensorSpec> gemma2_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

}  // namespace

extern const Family gemma2_family{
    .model_type = "gemma2",
    .architecture = "Gemma2ForCausalLM",
    .text_config = "",
    .read = read_gemma2,
    .tensors = gemma2_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
};

}  // namespace phiscope::extract
