// SPDX-License-Identifier: MIT
// Tiny models of latent thoughts under the names of the training code.
#pragma once

#include "extract/files/tiny_model.hpp"

#include <random>

namespace phiscope::test {

/// A latent model directory under construction.
struct TinyLatent {
  nlohmann::json config;
  nlohmann::json codi;
  TinyTensors tensors;
  std::mt19937_64 random{11};

  /// A tensor of numbers in [-1, 1) that use all of float32's digits.
  void add(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::uniform_real_distribution<float> any(-1.0F, 1.0F);
    std::int64_t count = 1;
    for (const std::int64_t n : shape) count *= n;
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) values.push_back(any(random));
    tensors.all[name] = {shape, values};
  }

  /// A matrix out of `in` with LoRA of rank 2. @param conv1d  the base is stored [in, out]
  void add_lora(const std::string& name, std::int64_t out, std::int64_t in, bool conv1d) {
    add(name + ".base_layer.weight", conv1d ? std::vector{in, out} : std::vector{out, in});
    if (conv1d) add(name + ".base_layer.bias", {out});
    add(name + ".lora_A.default.weight", {2, in});
    add(name + ".lora_B.default.weight", {out, 2});
  }

  void add_projection(std::int64_t width, std::int64_t hidden) {
    add("prj.1.weight", {width, hidden});
    add("prj.1.bias", {width});
    add("prj.3.weight", {hidden, width});
    add("prj.3.bias", {hidden});
    add("prj.ln.weight", {hidden});
    add("prj.ln.bias", {hidden});
  }

  /// The same tensor under another name.
  void rename(const std::string& from, const std::string& to) {
    tensors.all[to] = tensors.all.at(from);
    tensors.all.erase(from);
  }

  void write(const std::filesystem::path& directory) const {
    std::filesystem::create_directories(directory);
    write_model(directory, config, tensors);
    write_bytes(directory / "codi.json", codi.dump());
  }
};

/// codi.json of the models below: ten tokens and three more, LoRA scaled by 3 / 2.
inline nlohmann::json tiny_codi() {
  return {{"base_vocab_size", 10}, {"pad_id", 10},       {"bot_id", 11},    {"eot_id", 12},
          {"bos_id", 1},           {"eos_id", 2},        {"num_latent", 4}, {"use_prj", true},
          {"prj_dim", 6},          {"prj_no_ln", false}, {"lora_r", 2},     {"lora_alpha", 3},
          {"remove_eos", true},    {"logits_slice", 12}};
}

inline const std::string codi_wrapper = "codi.base_model.model.";

/// tiny_config() after CODI's training: LoRA on every matrix of the one block.
inline TinyLatent tiny_latent_llama() {
  TinyLatent model{.config = tiny_config(), .codi = tiny_codi(), .tensors = {}};
  model.add(codi_wrapper + "model.embed_tokens.weight", {13, 4});
  const std::string layer = codi_wrapper + "model.layers.0.";
  model.add(layer + "input_layernorm.weight", {4});
  model.add_lora(layer + "self_attn.q_proj", 4, 4, false);
  model.add_lora(layer + "self_attn.k_proj", 2, 4, false);
  model.add_lora(layer + "self_attn.v_proj", 2, 4, false);
  model.add_lora(layer + "self_attn.o_proj", 4, 4, false);
  model.add(layer + "post_attention_layernorm.weight", {4});
  model.add_lora(layer + "mlp.gate_proj", 8, 4, false);
  model.add_lora(layer + "mlp.up_proj", 8, 4, false);
  model.add_lora(layer + "mlp.down_proj", 4, 8, false);
  model.add(codi_wrapper + "model.norm.weight", {4});
  model.add_projection(6, 4);
  return model;
}

/// GPT-2 of one block after CODI's training: its matrices are stored [in, out].
inline TinyLatent tiny_latent_gpt2() {
  TinyLatent model{.config = {{"model_type", "gpt2"},
                              {"architectures", {"GPT2LMHeadModel"}},
                              {"vocab_size", 10},
                              {"n_positions", 16},
                              {"n_layer", 1},
                              {"n_embd", 4},
                              {"n_head", 2},
                              {"activation_function", "gelu_new"},
                              {"bos_token_id", 1},
                              {"eos_token_id", 2}},
                   .codi = tiny_codi(),
                   .tensors = {}};
  model.codi["bos_id"] = nullptr;
  model.add(codi_wrapper + "transformer.wte.weight", {13, 4});
  model.add(codi_wrapper + "transformer.wpe.weight", {16, 4});
  const std::string layer = codi_wrapper + "transformer.h.0.";
  for (const char* norm : {"ln_1", "ln_2"}) {
    model.add(layer + norm + ".weight", {4});
    model.add(layer + norm + ".bias", {4});
  }
  model.add_lora(layer + "attn.c_attn", 12, 4, true);
  model.add_lora(layer + "attn.c_proj", 4, 4, true);
  model.add_lora(layer + "mlp.c_fc", 16, 4, true);
  model.add_lora(layer + "mlp.c_proj", 4, 16, true);
  model.add(codi_wrapper + "transformer.ln_f.weight", {4});
  model.add(codi_wrapper + "transformer.ln_f.bias", {4});
  model.add_projection(6, 4);
  return model;
}

/// Coconut on GPT-2: no LoRA, no projection, the embedding twice, the head stored.
inline TinyLatent tiny_coconut() {
  const TinyLatent codi = tiny_latent_gpt2();
  TinyLatent model{.config = codi.config, .codi = tiny_codi(), .tensors = {}};
  model.codi["use_prj"] = false;
  model.codi["bos_id"] = nullptr;
  for (const char* gone : {"prj_dim", "prj_no_ln", "lora_r", "lora_alpha"}) model.codi.erase(gone);
  for (const auto& [name, tensor] : codi.tensors.all) {
    if (!name.starts_with(codi_wrapper) || name.find("lora_") != std::string::npos) continue;
    std::string own = "base_causallm." + name.substr(codi_wrapper.size());
    if (const std::size_t at = own.find(".base_layer"); at != std::string::npos) own.erase(at, 11);
    model.tensors.all[own] = tensor;
  }
  model.tensors.all["embedding.weight"] =
      model.tensors.all.at("base_causallm.transformer.wte.weight");
  model.tensors.all["base_causallm.lm_head.weight"] = model.tensors.all.at("embedding.weight");
  return model;
}

}  // namespace phiscope::test
