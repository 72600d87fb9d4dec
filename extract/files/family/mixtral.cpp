// SPDX-License-Identifier: MIT
// Mixtral: Mistral whose MLPs are experts with weights that add up to one; a window only where the
// file names one.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

namespace phiscope::extract {

namespace {

void read_mixtral(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config, 1e-5);
  read_kv_heads(fields, 8, config);
  read_rope(fields, {.default_theta = 1e6}, config);
  const std::int64_t window = fields.integer_or("sliding_window", 0);
  read_windows(fields, window, config, [](std::int64_t) { return true; });
  config.experts = read_experts(fields, config.intermediate, config.layers);
  config.experts->renormalise = true;
}

std::vector<TensorSpec> mixtral_tensors(const ModelConfig& config) {
  return llama_layout(config, {.routed = "block_sparse_moe.",
                               .expert_gate = "w1.weight",
                               .expert_up = "w3.weight",
                               .expert_down = "w2.weight"});
}

}  // namespace

extern const Family mixtral_family{
    .model_type = "mixtral",
    .architecture = "MixtralForCausalLM",
    .text_config = "",
    .read = read_mixtral,
    .tensors = mixtral_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
};

}  // namespace phiscope::extract
