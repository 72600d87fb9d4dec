// SPDX-License-Identifier: MIT
#include "model/model.hpp"

#include "files/model_check.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>

namespace phiscope::extract {
namespace {

at::ScalarType scalar_type(TensorDtype dtype, const std::string& name) {
  switch (dtype) {
    case TensorDtype::f16:
      return at::kHalf;
    case TensorDtype::bf16:
      return at::kBFloat16;
    case TensorDtype::f32:
      return at::kFloat;
    case TensorDtype::f64:
      return at::kDouble;
    default:
      throw std::invalid_argument("load_model: " + name + " is not of a float dtype");
  }
}

/// A tensor in the wanted dtype on the wanted device; the mapped bytes themselves where they serve.
at::Tensor load(const TensorView& view, at::ScalarType dtype, at::Device device) {
  const at::ScalarType stored = scalar_type(view.dtype, view.name);
  const auto options = at::TensorOptions().dtype(stored);
  // ATen takes a pointer to mutable data; nothing writes to a weight.
  auto* data = const_cast<std::byte*>(view.bytes.data());       // NOLINT
  const auto address = reinterpret_cast<std::uintptr_t>(data);  // NOLINT
  const bool aligned = address % item_size(view.dtype) == 0;
  at::Tensor tensor;
  if (aligned) {
    tensor = at::from_blob(data, view.shape, options);
  } else {
    tensor = at::empty(view.shape, options);
    std::memcpy(tensor.mutable_data_ptr(), data, view.bytes.size());
  }
  return tensor.to(device, dtype);
}

}  // namespace

Model load_model(const std::filesystem::path& directory, at::ScalarType dtype, at::Device device) {
  Model model{.config = read_config(directory),
              .device = device,
              .dtype = dtype,
              .files = Weights::open(directory),
              .embedding = {},
              .blocks = {},
              .final_norm = {},
              .head = {},
              .rope_frequencies = {}};
  const std::map<std::string, TensorView> tensors = model_tensors(model.config, *model.files);
  const auto weight = [&](const std::string& name) {
    return load(tensors.at(name), dtype, device);
  };
  model.embedding = weight("model.embed_tokens.weight");
  for (std::int64_t layer = 0; layer < model.config.layers; ++layer) {
    const std::string block = "model.layers." + std::to_string(layer) + ".";
    model.blocks.push_back({.attention_norm = weight(block + "input_layernorm.weight"),
                            .query = weight(block + "self_attn.q_proj.weight"),
                            .key = weight(block + "self_attn.k_proj.weight"),
                            .value = weight(block + "self_attn.v_proj.weight"),
                            .output = weight(block + "self_attn.o_proj.weight"),
                            .mlp_norm = weight(block + "post_attention_layernorm.weight"),
                            .gate = weight(block + "mlp.gate_proj.weight"),
                            .up = weight(block + "mlp.up_proj.weight"),
                            .down = weight(block + "mlp.down_proj.weight")});
  }
  model.final_norm = weight("model.norm.weight");
  model.head = model.config.tied ? model.embedding : weight("lm_head.weight");
  model.rope_frequencies = rope_frequencies(model.config, device);
  return model;
}

}  // namespace phiscope::extract
