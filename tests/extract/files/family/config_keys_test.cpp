// SPDX-License-Identifier: MIT
#include "files/family/config_keys.hpp"

#include "catch.hpp"
#include "files/family/family.hpp"
#include "files/model/config.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"
#include "tiny_model.hpp"

#include <set>

namespace {

using namespace phiscope::extract;
using nlohmann::json;
using phiscope::test::TempDir;
using phiscope::test::write_bytes;

/// What transformers puts in for absent keys: {version: {model_type: {key: default}}}.
json defaults_of_transformers() {
  std::ifstream in(phiscope::test::golden() / "config_defaults" / "defaults.json");
  return json::parse(in);
}

/// Runs `action` on a directory with this config.json.
template <class Action>
auto with_config(const json& value, Action action) {
  const TempDir dir;
  write_bytes(dir.path() / "config.json", value.dump());
  return action(dir.path());
}

ModelConfig config_with(const json& value) {
  return with_config(value, [](const auto& dir) { return read_config(dir); });
}

std::vector<std::string> warnings_with(const json& value) {
  return with_config(value, [](const auto& dir) { return warnings_of(config_oddities(dir)); });
}

const Family& family_named(const char* name) {
  ModelConfig config;
  config.family = name;
  return family_of(config);
}

/// A small configuration that `family` can read, without the keys that have defaults.
json small_config(const Family& family) {
  json text;
  for (const char* key : {"num_hidden_layers", "n_layer"}) text[key] = 2;
  for (const char* key : {"hidden_size", "n_embd"}) text[key] = 16;
  for (const char* key : {"num_attention_heads", "n_head"}) text[key] = 2;
  json known = json::object();
  for (const FamilyKey& key : family.keys) {
    if (text.contains(key.name)) known[std::string(key.name)] = text.at(std::string(key.name));
    if (key.name == "num_key_value_heads" && !key.absent.empty()) known["num_key_value_heads"] = 1;
  }
  if (family.text_config.empty()) {
    known["model_type"] = family.model_type;
    return known;
  }
  return {{"model_type", family.model_type}, {std::string(family.text_config), known}};
}

/// The refusal of the family's small configuration with one key more, or "accepted".
std::string refusal_of(const Family& family, const std::string& key, const json& value) {
  json config = small_config(family);
  config[key] = value;
  return phiscope::test::refusal([&] { config_with(config); });
}

/// The default of a key in a table, wherever the version has it; null where nowhere.
json default_in(const json& table, const std::string& key) {
  if (table.contains(key)) return table.at(key);
  const json rope = table.value("rope_parameters", json::object());
  const bool global = key == "rope_theta" && rope.contains("full_attention");
  if (global) return rope.at("full_attention").at(key);
  if (key == "rope_local_base_freq") return rope.at("sliding_attention").at("rope_theta");
  if (key == "num_experts") return table.value("num_local_experts", json());
  return rope.value(key, json());
}

}  // namespace

TEST_CASE("absent keys have the defaults of transformers, in both versions", "[config_keys]") {
  const json versions = defaults_of_transformers();
  REQUIRE(versions.size() == 2);
  // Computed from other keys, or read by the family under another name.
  const std::set<std::string> computed{"head_dim",
                                       "num_key_value_heads",
                                       "layer_types",
                                       "rotary_pct",
                                       "partial_rotary_factor",
                                       "rotary_emb_base",
                                       "rope_theta",
                                       "rope_parameters",
                                       "rope_scaling",
                                       "num_local_experts",
                                       "num_experts"};
  for (const auto& [version, types] : versions.items()) {
    for (const Family* family : families()) {
      std::string type(family->model_type);
      if (!family->text_config.empty()) type += "_text";
      REQUIRE_FALSE(family->keys.empty());
      const json& table = types.at(type);
      for (const FamilyKey& key : family->keys) {
        CAPTURE(version, type, key.name, key.absent);
        const json found = default_in(table, std::string(key.name));
        // The base of OLMo-3 was 10000 in transformers 4; no published file leaves it out.
        if (type == "olmo3" && key.name == "rope_theta" && version.starts_with("4.")) continue;
        if (!key.absent.empty()) {
          CHECK(json::parse(key.absent) == found);
        } else if (!computed.contains(std::string(key.name))) {
          CHECK((found.is_null() || found == false || found == json::array()));
        }
      }
    }
  }
}

TEST_CASE("a configuration that says only its type is the family's first model", "[config_keys]") {
  const json versions = defaults_of_transformers();
  for (const auto& [version, types] : versions.items()) {
    for (const Family* family : families()) {
      if (!family->text_config.empty()) continue;
      CAPTURE(version, family->model_type);
      const json& table = types.at(std::string(family->model_type));
      const ModelConfig config = config_with({{"model_type", family->model_type}});
      const auto number = [&](const char* key, const char* other) {
        return table.contains(key) ? table.at(key) : table.at(other);
      };
      CHECK(config.layers == number("num_hidden_layers", "n_layer"));
      CHECK(config.hidden == number("hidden_size", "n_embd"));
      CHECK(config.heads == number("num_attention_heads", "n_head"));
      CHECK(config.vocab == table.at("vocab_size"));
      CHECK(config.max_positions == number("max_position_embeddings", "n_positions"));
      CHECK(config.tied == table.at("tie_word_embeddings"));
      const char* eps = config.norm == NormKind::layer ? "layer_norm_eps" : "rms_norm_eps";
      CHECK(config.norm_eps == number(eps, "layer_norm_epsilon"));
      if (table.contains("num_key_value_heads")) {
        CHECK(config.kv_heads == table.at("num_key_value_heads"));
      }
      if (table.contains("head_dim") && !table.at("head_dim").is_null()) {
        CHECK(config.head_dim == table.at("head_dim"));
      }
      const bool other_base = config.family == "olmo3" && version.starts_with("4.");
      if (config.rotary_dim > 0 && !other_base) {
        CHECK(config.rope.theta == default_in(table, "rope_theta"));
      }
      if (config.local_rope && !other_base) {
        CHECK(config.local_rope->theta == default_in(table, "rope_local_base_freq"));
      }
      const json cap = table.value("attn_logit_softcapping", json());
      CHECK(config.attention_softcap == (cap.is_null() ? 0.0 : cap.get<double>()));
      const json eos = table.at("eos_token_id");
      CHECK(config.eos == (eos.is_null() ? std::vector<std::int64_t>{}
                                         : std::vector<std::int64_t>{eos.get<std::int64_t>()}));
      const json bos = table.at("bos_token_id");
      CHECK(config.bos.has_value() == !bos.is_null());
      if (config.bos) CHECK(*config.bos == bos);
    }
  }
}

TEST_CASE("a window that is absent is the family's, one that is null is none", "[config_keys]") {
  for (const Family* family : families()) {
    const auto window = std::ranges::find(family->keys, "sliding_window", &FamilyKey::name);
    if (window == family->keys.end() || !family->text_config.empty()) continue;
    CAPTURE(family->model_type);
    json config = small_config(*family);
    config["max_window_layers"] = 0;
    config["use_sliding_window"] = true;
    config["no_rope_layer_interval"] = 1;
    for (const char* key : {"max_window_layers", "use_sliding_window", "no_rope_layer_interval"}) {
      if (std::ranges::find(family->keys, key, &FamilyKey::name) == family->keys.end()) {
        config.erase(key);
      }
    }
    CHECK(config_with(config).windows.front() == (window->absent.empty() ? 0 : 4096));
    config["sliding_window"] = nullptr;
    CHECK(config_with(config).windows.front() == 0);
    config["sliding_window"] = 3;
    CHECK(config_with(config).windows.front() == 3);
  }
}

TEST_CASE("default end tokens beyond the vocabulary are none", "[config_keys]") {
  json config{{"model_type", "gpt2"}, {"vocab_size", 100}};
  CHECK(config_with(config).eos.empty());
  CHECK_FALSE(config_with(config).bos);
  config["vocab_size"] = 50'257;
  CHECK(config_with(config).eos == std::vector<std::int64_t>{50'256});
  config["eos_token_id"] = nullptr;
  CHECK(config_with(config).eos.empty());
}

TEST_CASE("a key that changes masks, scales, norms or positions is refused in every family",
          "[config_keys]") {
  const std::vector<std::pair<std::string, json>> decisive{
      {"is_causal", false},
      {"use_bidirectional_attention", true},
      {"is_encoder_decoder", true},
      {"attention_chunk_size", 64},
      {"residual_multiplier", 0.2},
      {"qk_layernorm", true},
      {"alibi", true},
      {"pruned_heads", {{"0", {1}}}},
  };
  for (const Family* family : families()) {
    REQUIRE(refusal_of(*family, "is_causal", true) == "accepted");
    for (const auto& [key, value] : decisive) {
      if (std::ranges::find(family->keys, key, &FamilyKey::name) != family->keys.end()) continue;
      CAPTURE(family->model_type, key);
      CHECK_THAT(refusal_of(*family, key, value),
                 Contains("config.json: " + key + " is ") && Contains("expected "));
    }
  }
  const Family& qwen2 = family_named("qwen2");
  CHECK_THAT(refusal_of(qwen2, "is_causal", false),
             Contains("is_causal is false, expected true: it changes the mask, and qwen2"));
}

TEST_CASE("values that change nothing are accepted without a word", "[config_keys]") {
  const std::vector<std::pair<std::string, json>> neutral{
      {"is_causal", true},
      {"use_bidirectional_attention", false},
      {"residual_multiplier", 1.0},
      {"qk_layernorm", false},
      {"pruned_heads", json::object()},
      {"attention_chunk_size", nullptr},
      {"scale_attn_weights", true},
      {"initializer_range", 0.5},
      {"use_cache", false},
      {"transformers_version", "4.57.6"},
      {"something_else", nullptr},
  };
  for (const Family* family : families()) {
    for (const auto& [key, value] : neutral) {
      CAPTURE(family->model_type, key);
      json config = small_config(*family);
      config[key] = value;
      CHECK(warnings_with(config).empty());
    }
  }
}

TEST_CASE("a window of a family without windows is refused where it hides tokens",
          "[config_keys]") {
  const Family& llama = family_named("llama");
  CHECK_THAT(refusal_of(llama, "sliding_window", 16), Contains("sliding_window is 16"));
  CHECK(refusal_of(llama, "sliding_window", nullptr) == "accepted");
  json config = phiscope::test::tiny_config();
  config["sliding_window"] = 64;  // as long as the context
  CHECK(warnings_with(config) ==
        std::vector<std::string>{
            "config.json: sliding_window is 64: ignored, llama does not read it"});
  config["sliding_window"] = 63;
  CHECK_THROWS(config_with(config));
}

TEST_CASE("an unknown key with a value is a warning that names both", "[config_keys]") {
  json config = phiscope::test::tiny_config();
  config["mystery"] = 7;
  config["other_mystery"] = "x";
  config["num_experts"] = nullptr;
  CHECK(warnings_with(config) ==
        std::vector<std::string>{
            "config.json: mystery is 7: ignored, llama does not read it",
            "config.json: other_mystery is 'x': ignored, llama does not read it"});
  json nested{{"model_type", "gemma3"}, {"text_config", {{"mystery", true}}}, {"outside", 1}};
  CHECK(warnings_with(nested) ==
        std::vector<std::string>{
            "config.json: text_config.mystery is true: ignored, gemma3 does not read it",
            "config.json: outside is 1: ignored, gemma3 does not read it"});
}

TEST_CASE("defaults that were put in are listed", "[config_keys]") {
  json config = phiscope::test::tiny_config();
  config.erase("rms_norm_eps");
  config.erase("rope_theta");
  config["attention_bias"] = false;
  config["mlp_bias"] = false;
  std::vector<std::string> found;
  for (const Oddity& oddity :
       with_config(config, [](const auto& dir) { return config_oddities(dir); })) {
    CHECK_FALSE(oddity.warning);
    found.push_back(text_of(oddity));
  }
  CHECK(found == std::vector<std::string>{
                     "config.json: rms_norm_eps is absent: defaulted, 1e-6, as for llama in "
                     "transformers",
                     "config.json: rope_theta is absent: defaulted, 10000.0, as for llama in "
                     "transformers"});
}

TEST_CASE("the golden models have no key that is unknown", "[config_keys]") {
  std::size_t read = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(phiscope::test::golden() / "models")) {
    const std::string name = entry.path().filename().string();
    if (name != "config.json" && name != "config_legacy.json") continue;
    CAPTURE(entry.path().string());
    std::ifstream in(entry.path());
    CHECK(warnings_with(json::parse(in)).empty());
    ++read;
  }
  CHECK(read >= 20);
}

TEST_CASE("the reference models have no key that is unknown", "[config_keys][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*reference / "models")) {
    const std::string name = entry.path().filename().string();
    if (name != "config.json" && name != "config_legacy.json") continue;
    CAPTURE(entry.path().string());
    std::ifstream in(entry.path());
    CHECK(warnings_with(json::parse(in)).empty());
  }
}
