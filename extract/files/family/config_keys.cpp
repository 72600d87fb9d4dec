// SPDX-License-Identifier: MIT
#include "files/family/config_keys.hpp"

#include "files/family/family.hpp"

#include <algorithm>

namespace phiscope::extract {

using nlohmann::json;

namespace {

/// Read for all families alike.
constexpr std::array<std::string_view, 8> read_for_all{"architectures",
                                                       "bos_token_id",
                                                       "dtype",
                                                       "eos_token_id",
                                                       "model_type",
                                                       "torch_dtype",
                                                       "quantization_config",
                                                       "original_max_position_embeddings"};

/// Of every configuration class, without a meaning for a forward pass in evaluation mode: training,
/// what a call returns, labels of classifiers, generation, and notes of the tools that saved it.
constexpr std::array<std::string_view, 107> harmless_for_all{
    "transformers_version", "_name_or_path", "name_or_path", "_commit_hash", "model_name",
    // Training.
    "initializer_range", "attention_dropout", "hidden_dropout", "resid_pdrop", "embd_pdrop",
    "attn_pdrop", "classifier_dropout", "dropout", "attention_dropout_prob", "hidden_dropout_prob",
    "resid_dropout", "gradient_checkpointing", "router_aux_loss_coef", "router_jitter_noise",
    "initializer_factor", "max_grad_norm",
    // How it is computed.
    "use_cache", "torchscript", "use_bfloat16", "tf_legacy_loss", "pretraining_tp",
    "chunk_size_feed_forward", "_attn_implementation", "attn_implementation",
    "_attn_implementation_autoset", "_attn_implementation_internal", "cache_implementation",
    "use_flash_attention", "use_flash_attn", "_flash_attn_2_enabled", "fp16", "bf16", "fp32",
    // What is returned.
    "output_attentions", "output_hidden_states", "output_router_logits", "output_scores",
    "return_dict", "return_dict_in_generate", "use_return_dict",
    // Heads that are not loaded.
    "id2label", "label2id", "num_labels", "problem_type", "finetuning_task", "task_specific_params",
    "tie_encoder_decoder", "is_decoder", "summary_activation", "summary_first_dropout",
    "summary_proj_to_labels", "summary_type", "summary_use_proj",
    // Tokens and text.
    "pad_token_id", "sep_token_id", "cls_token_id", "mask_token_id", "unk_token_id",
    "decoder_start_token_id", "tokenizer_class", "prefix",
    // Generation, as old files have it.
    "bad_words_ids", "begin_suppress_tokens", "diversity_penalty", "do_sample", "early_stopping",
    "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty", "forced_bos_token_id",
    "forced_eos_token_id", "length_penalty", "max_length", "min_length", "no_repeat_ngram_size",
    "num_beam_groups", "num_beams", "num_return_sequences", "remove_invalid_values",
    "repetition_penalty", "suppress_tokens", "temperature", "top_k", "top_p", "typical_p",
    // Tools.
    "unsloth_version", "unsloth_fixed", "is_llama_config",
    // Biases are tensors: a missing or surplus one is refused by name.
    "attention_bias", "mlp_bias", "qkv_bias", "attention_out_bias", "lm_head_bias", "use_bias",
    "add_bias_linear",
    // Lengths of training, and labels.
    "max_sequence_length", "max_seq_len", "model_max_length", "seq_length", "_num_labels",
    "transformers.js_config", "loss_type", "ignore_index"};

/// The value with which a key changes nothing; null does so for all.
enum class Neutral { null, no, yes, one, full_attention, long_window };

/// A key that changes the numbers of some model, and what of it.
struct DecisiveKey {
  std::string_view name;
  std::string_view changes;
  Neutral neutral = Neutral::null;
};

/// Refused in every family that does not read them. New ones belong here.
constexpr std::array<DecisiveKey, 72> decisive_keys{{
    {"is_causal", "the mask", Neutral::yes},
    {"causal", "the mask", Neutral::yes},
    {"causal_attention", "the mask", Neutral::yes},
    {"use_causal_mask", "the mask", Neutral::yes},
    {"use_bidirectional_attention", "the mask", Neutral::no},
    {"bidirectional_attention", "the mask", Neutral::no},
    {"bidirectional", "the mask", Neutral::no},
    {"is_bidirectional", "the mask", Neutral::no},
    {"is_encoder_decoder", "the mask", Neutral::no},
    {"is_prefix_lm", "the mask", Neutral::no},
    {"add_cross_attention", "what is attended to", Neutral::no},
    {"cross_attention_hidden_size", "what is attended to"},
    {"attention_chunk_size", "the mask"},
    {"attention_types", "the mask"},
    {"attention_window", "the mask"},
    {"attention_window_size", "the mask"},
    {"window_size", "the mask"},
    {"local_attention_window", "the mask"},
    {"sliding_window", "the mask", Neutral::long_window},
    {"sliding_window_size", "the mask", Neutral::long_window},
    {"sliding_window_pattern", "the mask"},
    {"_sliding_window_pattern", "the mask"},
    {"use_sliding_window", "the mask", Neutral::no},
    {"layer_types", "the mask", Neutral::full_attention},
    {"pruned_heads", "the heads"},
    {"attn_logit_softcapping", "scales"},
    {"final_logit_softcapping", "scales"},
    {"query_pre_attn_scalar", "scales"},
    {"attention_multiplier", "scales"},
    {"embedding_multiplier", "scales", Neutral::one},
    {"residual_multiplier", "scales", Neutral::one},
    {"logits_scaling", "scales", Neutral::one},
    {"logit_scale", "scales", Neutral::one},
    {"output_multiplier_scale", "scales", Neutral::one},
    {"embedding_scale", "scales", Neutral::one},
    {"scale_emb", "scales", Neutral::one},
    {"scale_depth", "scales", Neutral::one},
    {"scale_embedding", "scales", Neutral::no},
    {"normalize_embedding", "scales", Neutral::no},
    {"scale_attn_weights", "scales", Neutral::yes},
    {"scale_attn_by_inverse_layer_idx", "scales", Neutral::no},
    {"use_logn_attn", "scales", Neutral::no},
    {"attention_temperature_tuning", "scales", Neutral::no},
    {"attn_temperature_tuning", "scales", Neutral::no},
    {"routed_scaling_factor", "scales", Neutral::one},
    {"clip_qkv", "scales"},
    {"qk_norm", "norms", Neutral::no},
    {"use_qk_norm", "norms", Neutral::no},
    {"qk_layernorm", "norms", Neutral::no},
    {"use_qk_layernorm", "norms", Neutral::no},
    {"apply_residual_connection_post_layernorm", "norms", Neutral::no},
    {"use_post_norm", "norms", Neutral::no},
    {"norm_type", "norms"},
    {"normalization_type", "norms"},
    {"parallel_attn", "what the MLP reads", Neutral::no},
    {"use_parallel_residual", "what the MLP reads", Neutral::no},
    {"alibi", "positions", Neutral::no},
    {"use_alibi", "positions", Neutral::no},
    {"rope_scaling", "positions"},
    {"rope_parameters", "positions"},
    {"rope_local_base_freq", "positions"},
    {"rope_interleaved", "positions", Neutral::no},
    {"rope_interleave", "positions", Neutral::no},
    {"rope_ratio", "positions", Neutral::one},
    {"rotary_pct", "positions", Neutral::one},
    {"rotary_dim", "positions"},
    {"partial_rotary_factor", "positions", Neutral::one},
    {"use_dynamic_ntk", "positions", Neutral::no},
    {"use_mrope", "positions", Neutral::no},
    {"mrope_section", "positions"},
    {"no_rope_layers", "positions"},
    {"no_rope_layer_interval", "positions"},
}};

bool is_in(std::span<const std::string_view> list, std::string_view key) {
  return std::ranges::find(list, key) != list.end();
}

bool is_read(const Family& family, ConfigPart part, std::string_view key) {
  if (is_in(read_for_all, key)) return true;
  if (part == ConfigPart::outer) return key == family.text_config || is_in(family.outer, key);
  return std::ranges::find(family.keys, key, &FamilyKey::name) != family.keys.end();
}

bool is_harmless(const Family& family, ConfigPart part, std::string_view key) {
  return is_in(harmless_for_all, key) || (part == ConfigPart::text && is_in(family.harmless, key));
}

/// null, and a list or an object with nothing in it, as old files write what is not used.
bool is_void(const json& value) {
  return value.is_null() || (value.is_structured() && value.empty());
}

/// A window as long as the context hides nothing.
bool hides_nothing(const json& window, const JsonFields& fields) {
  const auto positions = fields.value().find("max_position_embeddings");
  return window.is_number() && positions != fields.value().end() && positions->is_number() &&
         window.get<double>() >= positions->get<double>();
}

bool changes_nothing(const DecisiveKey& key, const json& value, const JsonFields& fields) {
  switch (key.neutral) {
    case Neutral::null:
      return false;
    case Neutral::no:
      return value == false;
    case Neutral::yes:
      return value == true;
    case Neutral::one:
      return value.is_number() && value.get<double>() == 1.0;
    case Neutral::full_attention:
      return value.is_array() &&
             std::ranges::all_of(value, [](const json& type) { return type == "full_attention"; });
    case Neutral::long_window:
      return hides_nothing(value, fields);
  }
  return false;
}

std::string_view wanted(Neutral neutral) {
  switch (neutral) {
    case Neutral::null:
      return "null";
    case Neutral::no:
      return "false";
    case Neutral::yes:
      return "true";
    case Neutral::one:
      return "1";
    case Neutral::full_attention:
      return "entries full_attention";
    case Neutral::long_window:
      return "null, or at least max_position_embeddings";
  }
  return "null";
}

}  // namespace

std::vector<FamilyKey> absent_keys(const json& object, const Family& family) {
  std::vector<FamilyKey> absent;
  for (const FamilyKey& key : family.keys) {
    if (key.absent.empty() || object.contains(key.name)) continue;
    const bool replaced = std::ranges::any_of(key.instead, [&](std::string_view other) {
      return object.contains(other) && !object.at(std::string(other)).is_null();
    });
    if (!replaced) absent.push_back(key);
  }
  return absent;
}

json with_defaults(const json& object, const Family& family) {
  json whole = object;
  for (const FamilyKey& key : absent_keys(object, family)) {
    whole[std::string(key.name)] = json::parse(key.absent);
  }
  return whole;
}

void refuse_decisive_keys(const JsonFields& fields, const Family& family, ConfigPart part) {
  for (const DecisiveKey& key : decisive_keys) {
    const auto found = fields.value().find(key.name);
    if (found == fields.value().end() || is_void(*found)) continue;
    if (is_read(family, part, key.name) || is_harmless(family, part, key.name)) continue;
    if (changes_nothing(key, *found, fields)) continue;
    std::string expected(wanted(key.neutral));
    expected.append(": it changes ").append(key.changes).append(", and ");
    expected.append(family.model_type).append(" is computed without it");
    fields.refuse(key.name, expected);
  }
}

std::vector<Oddity> unknown_keys(const JsonFields& fields, const Family& family, ConfigPart part) {
  std::vector<Oddity> unknown;
  if (family.keys.empty()) return unknown;
  for (const auto& [key, value] : fields.value().items()) {
    if (is_void(value) || is_read(family, part, key) || is_harmless(family, part, key)) continue;
    const auto decisive = std::ranges::find(decisive_keys, key, &DecisiveKey::name);
    const bool neutral =
        decisive != decisive_keys.end() && changes_nothing(*decisive, value, fields);
    // A window that hides nothing is still one that somebody may have meant.
    if (neutral && decisive->neutral != Neutral::long_window) continue;
    unknown.push_back({.kind = OddityKind::ignored,
                       .file = "config.json",
                       .what = fields.name_of(key),
                       .found = shown(value),
                       .why = std::string(family.model_type) + " does not read it",
                       .warning = true});
  }
  return unknown;
}

}  // namespace phiscope::extract
