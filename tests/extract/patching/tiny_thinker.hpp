// SPDX-License-Identifier: MIT
// A model of latent thoughts, and one without, that know characters: two layers, pairs to patch.
#pragma once

#include "extract/files/tiny_latent.hpp"
#include "patching_run.hpp"

namespace phiscope::test {

/// Token i + 3 is character i; 0, 1 and 2 are <u>, <s> and </s>.
inline const std::string thinker_characters = "0123456789 abcdefghijklmnopqrstuvwxyzT:?.";
inline const auto thinker_base = static_cast<std::int64_t>(thinker_characters.size()) + 3;

inline void write_tokenizer(const std::filesystem::path& model, bool begins = true) {
  nlohmann::json vocabulary{{"<u>", 0}, {"<s>", 1}, {"</s>", 2}};
  for (std::size_t i = 0; i < thinker_characters.size(); ++i) {
    vocabulary[std::string(1, thinker_characters[i])] = i + 3;
  }
  nlohmann::json added = nlohmann::json::array();
  for (const auto& [id, text] : {std::pair{0, "<u>"}, std::pair{1, "<s>"}, std::pair{2, "</s>"}}) {
    added.push_back({{"id", id},
                     {"content", text},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  const nlohmann::json sequence{{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const nlohmann::json begin{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}};
  nlohmann::json template_processing{
      {"type", "TemplateProcessing"},
      {"single", {begin, sequence}},
      {"pair", {begin, sequence, sequence}},
      {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {1}}, {"tokens", {"<s>"}}}}}}};
  const nlohmann::json whole{{"version", "1.0"},
                             {"added_tokens", added},
                             {"normalizer", nullptr},
                             {"pre_tokenizer", nullptr},
                             {"post_processor", begins ? template_processing : nlohmann::json()},
                             {"decoder", {{"type", "Fuse"}}},
                             {"model",
                              {{"type", "BPE"},
                               {"unk_token", "<u>"},
                               {"vocab", vocabulary},
                               {"merges", nlohmann::json::array()}}}};
  write_bytes(model / "tokenizer.json", whole.dump());
}

inline nlohmann::json thinker_config() {
  nlohmann::json config = tiny_config();
  config["hidden_size"] = 8;
  config["num_hidden_layers"] = 2;
  config["vocab_size"] = thinker_base;
  config["max_position_embeddings"] = 64;
  return config;
}

/// Two blocks of Llama with three thoughts. @param seed  another is another model
inline TinyLatent thinker(std::uint64_t seed = 11) {
  TinyLatent model{.config = thinker_config(), .codi = tiny_codi(), .tensors = {}};
  model.random.seed(seed);
  model.codi["base_vocab_size"] = thinker_base;
  model.codi["pad_id"] = thinker_base;
  model.codi["bot_id"] = thinker_base + 1;
  model.codi["eot_id"] = thinker_base + 2;
  model.codi["logits_slice"] = thinker_base;  // texts of known characters alone
  model.codi["num_latent"] = 3;
  model.add(codi_wrapper + "model.embed_tokens.weight", {thinker_base + 3, 8});
  for (int number = 0; number < 2; ++number) {
    const std::string layer = codi_wrapper + "model.layers." + std::to_string(number) + ".";
    model.add(layer + "input_layernorm.weight", {8});
    model.add_lora(layer + "self_attn.q_proj", 8, 8, false);
    model.add_lora(layer + "self_attn.k_proj", 4, 8, false);
    model.add_lora(layer + "self_attn.v_proj", 4, 8, false);
    model.add_lora(layer + "self_attn.o_proj", 8, 8, false);
    model.add(layer + "post_attention_layernorm.weight", {8});
    model.add_lora(layer + "mlp.gate_proj", 8, 8, false);
    model.add_lora(layer + "mlp.up_proj", 8, 8, false);
    model.add_lora(layer + "mlp.down_proj", 8, 8, false);
  }
  model.add(codi_wrapper + "model.norm.weight", {8});
  model.add_projection(6, 8);
  return model;
}

/// The directory of thinker(), with its tokenizer.
inline std::filesystem::path write_thinker(const std::filesystem::path& to,
                                           std::uint64_t seed = 11) {
  thinker(seed).write(to);
  write_tokenizer(to);
  return to;
}

/// The same two blocks, LoRA left out, without thoughts.
inline std::filesystem::path write_plain(const std::filesystem::path& to) {
  const TinyLatent whole = thinker();
  TinyTensors tensors;
  for (const auto& [name, tensor] : whole.tensors.all) {
    if (!name.starts_with(codi_wrapper) || name.find("lora_") != std::string::npos) continue;
    std::string own = name.substr(codi_wrapper.size());
    if (const std::size_t at = own.find(".base_layer"); at != std::string::npos) own.erase(at, 11);
    tensors.all[own] = tensor;
  }
  nlohmann::json config = thinker_config();
  config["vocab_size"] = thinker_base + 3;
  config["tie_word_embeddings"] = true;
  std::filesystem::create_directories(to);
  write_model(to, config, tensors);
  write_tokenizer(to);
  return to;
}

inline nlohmann::json half(const std::string& question, const nlohmann::json& answer) {
  return {{"question", question}, {"answer", answer}};
}

inline nlohmann::json pair_of(const nlohmann::json& id, const nlohmann::json& clean,
                              const nlohmann::json& corrupted) {
  return {{"pair_id", id}, {"clean", clean}, {"corrupted", corrupted}};
}

/// Three pairs of questions of different lengths, answers of one to three tokens.
inline nlohmann::json thinker_pairs() {
  return {pair_of(4, half("16 eggs less 3?", 13), half("171 eggs less 3?", 168)),
          pair_of("b", half("half of 40?", 20), half("half of 8?", 4)),
          pair_of(9, half("9 of 9?", "81"), half("9 of 10?", "90"))};
}

inline std::filesystem::path write_pairs(const std::filesystem::path& file,
                                         const nlohmann::json& pairs) {
  write_text(file, pairs.dump());
  return file;
}

/// A folder with a thinker, its pairs, and runs of both.
class ThinkerFolder {
 public:
  ThinkerFolder() {
    write_thinker(model());
    write_pairs(pairs(), thinker_pairs());
  }
  [[nodiscard]] const std::filesystem::path& path() const { return dir_.path(); }
  [[nodiscard]] std::filesystem::path model() const { return path() / "model"; }
  [[nodiscard]] std::filesystem::path pairs() const { return path() / "pairs.json"; }
  [[nodiscard]] std::string call(const std::string& name, const std::string& more) const {
    return patching_call(model(), pairs(), path() / name, more);
  }
  PatchingRun run(const std::string& name, const std::string& more) const {
    const Finished done = extract(call(name, more), path());
    CAPTURE(more, done.err);
    REQUIRE(done.status == 0);
    return PatchingRun(path() / name);
  }

 private:
  TempDir dir_;
};

}  // namespace phiscope::test
