// SPDX-License-Identifier: MIT
// OLMo-2: norms after attention and MLP and none before, an RMSNorm over all queries and one over
// all keys of a token, gains and rotations in float32.
#include "files/family/family.hpp"
#include "files/family/llama_layout.hpp"
#include "files/family/olmo_fields.hpp"

namespace phiscope::extract {

namespace {

void read_olmo2(const JsonFields& fields, ModelConfig& config) {
  read_olmo_sizes(fields, config);
  read_rope(fields, {}, config);
}

std::vector<TensorSpec> olmo2_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

}  // namespace

extern const Family olmo2_family{
    .model_type = "olmo2",
    .architecture = "Olmo2ForCausalLM",
    .text_config = "",
    .read = read_olmo2,
    .tensors = olmo2_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
};

}  // namespace phiscope::extract
