// SPDX-License-Identifier: MIT
#include "files/model/config.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"
#include "files/model/tensors.hpp"
#include "reference.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

#include <functional>

namespace {

using nlohmann::json;
using phiscope::extract::ModelConfig;
using phiscope::extract::read_config;
using phiscope::extract::RopeType;
using phiscope::test::TempDir;
using phiscope::test::write_bytes;

ModelConfig config_of(const json& value, const json& generation = nullptr) {
  const TempDir dir;
  write_bytes(dir.path() / "config.json", value.dump());
  if (!generation.is_null()) write_bytes(dir.path() / "generation_config.json", generation.dump());
  return read_config(dir.path());
}

/// What the reader says to the tiny configuration with one field changed.
std::string refusal_with(const std::string& key, const json& value) {
  json changed = phiscope::test::tiny_config();
  changed[key] = value;
  return phiscope::test::refusal([&changed] { config_of(changed); });
}

}  // namespace

TEST_CASE("the numbers of a published Llama configuration are read", "[config]") {
  json value = phiscope::test::tiny_config();
  value["rope_scaling"] = {{"rope_type", "llama3"},
                           {"factor", 32.0},
                           {"low_freq_factor", 1.0},
                           {"high_freq_factor", 4.0},
                           {"original_max_position_embeddings", 8192}};
  value["eos_token_id"] = {2, 3};
  value["torch_dtype"] = "bfloat16";
  const ModelConfig config = config_of(value);
  CHECK(config.family == "llama");
  CHECK(config.architecture == "LlamaForCausalLM");
  CHECK(config.layers == 1);
  CHECK(config.heads == 2);
  CHECK(config.kv_heads == 1);
  CHECK(config.head_dim == 2);
  CHECK(config.hidden == 4);
  CHECK(config.intermediate == 8);
  CHECK(config.vocab == 10);
  CHECK(config.max_positions == 64);
  CHECK(config.norm_eps == 1e-5);
  CHECK(config.rope.type == RopeType::llama3);
  CHECK(config.rope.theta == 10000.0);
  CHECK(config.rope.factor == 32.0);
  CHECK(config.rope.original_max_positions == 8192);
  CHECK_FALSE(config.tied);
  CHECK(config.dtype == "bfloat16");
  CHECK(config.bos == 1);
  CHECK(config.eos == std::vector<std::int64_t>{2, 3});
}

TEST_CASE("both dialects give the same configuration", "[config]") {
  json published = phiscope::test::tiny_config();
  published["rope_theta"] = 500000.0;
  published["rope_scaling"] = {{"type", "linear"}, {"factor", 2.0}};
  json current = phiscope::test::tiny_config();
  current.erase("rope_theta");
  current.erase("torch_dtype");
  current["dtype"] = "float32";
  current["rope_parameters"] = {{"rope_type", "linear"}, {"factor", 2.0}, {"rope_theta", 500000.0}};
  const ModelConfig config = config_of(current);
  CHECK(config.rope.type == RopeType::linear);
  CHECK(config.rope.theta == 500000.0);
  CHECK(config_of(published) == config);
}

TEST_CASE("fields that files leave out have Hugging Face's values", "[config]") {
  json value = phiscope::test::tiny_config();
  for (const char* key :
       {"num_key_value_heads", "rope_theta", "torch_dtype", "tie_word_embeddings", "bos_token_id",
        "eos_token_id", "rms_norm_eps", "hidden_act", "architectures"}) {
    value.erase(key);
  }
  const ModelConfig config = config_of(value);
  CHECK(config.kv_heads == 2);
  CHECK(config.head_dim == 2);
  CHECK(config.rope.theta == 10000.0);
  CHECK(config.rope.type == RopeType::plain);
  CHECK(config.norm_eps == 1e-6);
  CHECK_FALSE(config.tied);
  CHECK(config.dtype.empty());
  CHECK(config.bos == 1);
  CHECK(config.eos == std::vector<std::int64_t>{2});
  value["bos_token_id"] = nullptr;
  value["eos_token_id"] = nullptr;
  CHECK_FALSE(config_of(value).bos.has_value());
  CHECK(config_of(value).eos.empty());
}

TEST_CASE("generation_config.json wins for the end tokens where it has some", "[config]") {
  const json config = phiscope::test::tiny_config();
  CHECK(config_of(config, {{"eos_token_id", {3, 4}}}).eos == std::vector<std::int64_t>{3, 4});
  CHECK(config_of(config, {{"eos_token_id", nullptr}}).eos == std::vector<std::int64_t>{2});
  CHECK(config_of(config, json::object()).eos == std::vector<std::int64_t>{2});
  CHECK_THROWS_WITH(config_of(config, {{"eos_token_id", "2"}}),
                    Contains("generation_config.json") && Contains("eos_token_id"));
}

TEST_CASE("a wrong field is refused with file, key, found and expected", "[config]") {
  CHECK_THAT(refusal_with("hidden_size", "64"), Contains("config.json") &&
                                                    Contains("hidden_size") && Contains("64") &&
                                                    Contains("an integer"));
  for (const json& bad :
       {json(0), json(-4), json(4.0), json(true), json(std::uint64_t{1} << 63U)}) {
    CAPTURE(bad);
    CHECK_THAT(refusal_with("hidden_size", bad), Contains("hidden_size"));
  }
  CHECK_THAT(refusal_with("hidden_size", nullptr), Contains("hidden_size"));
  CHECK_THAT(refusal_with("num_hidden_layers", std::int64_t{1} << 40U),
             Contains("num_hidden_layers"));
  CHECK_THAT(refusal_with("num_attention_heads", 3), Contains("a divisor of hidden_size (4)"));
  CHECK_THAT(refusal_with("num_key_value_heads", 4),
             Contains("a divisor of num_attention_heads (2)"));
  CHECK_THAT(refusal_with("num_key_value_heads", 0), Contains("num_key_value_heads"));
  CHECK_THAT(refusal_with("head_dim", 3), Contains("head_dim") && Contains("even"));
  CHECK_THAT(refusal_with("rms_norm_eps", -1e-5), Contains("rms_norm_eps"));
  CHECK_THAT(refusal_with("rope_theta", 0), Contains("rope_theta"));
  CHECK_THAT(refusal_with("rope_theta", "1e4"), Contains("rope_theta"));
  CHECK_THAT(refusal_with("hidden_act", "gelu"), Contains("hidden_act") && Contains("silu"));
  CHECK_THAT(refusal_with("torch_dtype", "int8"), Contains("torch_dtype"));
  CHECK_THAT(refusal_with("dtype", "bfloat16"), Contains("dtype"));
  CHECK_THAT(refusal_with("attention_bias", true), Contains("attention_bias"));
  CHECK_THAT(refusal_with("mlp_bias", true), Contains("mlp_bias"));
  CHECK_THAT(refusal_with("quantization_config", {{"bits", 4}}), Contains("quantization_config"));
  CHECK_THAT(refusal_with("eos_token_id", std::uint64_t{1} << 40U), Contains("eos_token_id"));
  CHECK_THAT(refusal_with("eos_token_id", {1, -2}), Contains("eos_token_id"));
  CHECK_THAT(refusal_with("bos_token_id", {1, 2}), Contains("bos_token_id"));
  CHECK(refusal_with("unknown_extra", 5) == "accepted");
}

TEST_CASE("an unknown architecture is refused by name with those supported", "[config]") {
  CHECK_THAT(refusal_with("model_type", "martian"), Contains("martian") && Contains("llama"));
  CHECK_THAT(refusal_with("architectures", {"LlamaForSequenceClassification"}),
             Contains("LlamaForSequenceClassification") && Contains("LlamaForCausalLM"));
  CHECK_THAT(refusal_with("architectures", "LlamaForCausalLM"), Contains("architectures"));
}

TEST_CASE("an adapter is refused with the way out, with and without a model beside it",
          "[config]") {
  const TempDir dir;
  write_bytes(dir.path() / "adapter_config.json", R"({"peft_type":"LORA"})");
  const auto said = [&] {
    return phiscope::test::refusal([&] { static_cast<void>(read_config(dir.path())); });
  };
  CHECK_THAT(said(), Contains("adapter_config.json: an adapter of peft") &&
                         Contains("tools/merge_adapter.py DIR --base BASE_DIR --out OUT"));
  phiscope::test::write_model(dir.path(), phiscope::test::tiny_config(),
                              phiscope::test::tiny_tensors());
  CHECK_THAT(said(), Contains("adapter_config.json: an adapter of peft"));
  std::filesystem::remove(dir.path() / "adapter_config.json");
  CHECK(said() == "accepted");
}

TEST_CASE("a base of the rotation that float32 cannot hold is refused", "[config]") {
  for (const double theta : {1e308, 2e38, 1e-39}) {
    CAPTURE(theta);
    CHECK_THAT(refusal_with("rope_theta", theta),
               Contains("rope_theta is ") && Contains("a base from 1e-38 to 1e38"));
    CHECK_THAT(refusal_with("rope_parameters", {{"rope_type", "default"}, {"rope_theta", theta}}),
               Contains("rope_parameters.rope_theta is ") && Contains("a base from 1e-38"));
  }
  CHECK(refusal_with("rope_theta", 1e12) == "accepted");
}

TEST_CASE("a config.json of blanks is refused by its size, before it is read", "[config]") {
  const TempDir dir;
  write_bytes(dir.path() / "config.json", phiscope::test::tiny_config().dump());
  CHECK(read_config(dir.path()).layers == 1);
  std::filesystem::resize_file(dir.path() / "config.json", 16'000'001);
  const auto expected = "config.json: 16000001 bytes, expected a configuration of at most 16000000";
  CHECK_THAT(phiscope::test::refusal([&] { static_cast<void>(read_config(dir.path())); }),
             Contains(expected));
  CHECK_THAT(phiscope::test::refusal(
                 [&] { static_cast<void>(phiscope::extract::read_vocab_size(dir.path())); }),
             Contains(expected));
}

TEST_CASE("rope scaling that is not supported is refused by name", "[config]") {
  CHECK_THAT(refusal_with("rope_scaling", {{"rope_type", "proportional"}, {"factor", 2.0}}),
             Contains("proportional") && Contains("llama3, yarn, dynamic, longrope"));
  CHECK_THAT(refusal_with("rope_scaling", {{"rope_type", "su"}}), Contains("rope_type is 'su'"));
  CHECK_THAT(refusal_with("rope_scaling", {{"rope_type", "yarn"}}),
             Contains("rope_scaling.factor"));
  CHECK_THAT(
      refusal_with("rope_scaling", {{"rope_type", "yarn"}, {"factor", 2}, {"short_factor", {1.0}}}),
      Contains("rope_scaling.short_factor"));
  CHECK_THAT(
      refusal_with("rope_scaling", {{"rope_type", "yarn"}, {"factor", 2}, {"beta_fast", 0.5}}),
      Contains("rope_scaling.beta_fast is 0.5"));
  CHECK_THAT(refusal_with("rope_scaling", {{"rope_type", "dynamic"}, {"factor", 2.0}}),
             Contains("rope_type") && Contains("two units"));
  const json longrope{{"rope_type", "longrope"}, {"short_factor", {1.0}}, {"long_factor", {2, 3}}};
  CHECK_THAT(refusal_with("rope_scaling", longrope),
             Contains("long_factor is [2, 3], expected a list of 1 numbers > 0"));
  CHECK_THAT(refusal_with("rope_scaling", {{"rope_type", "longrope"}, {"short_factor", {-1}}}),
             Contains("short_factor"));
  CHECK_THAT(refusal_with("rope_scaling", {{"rope_type", "linear"}}),
             Contains("rope_scaling.factor"));
  CHECK_THAT(refusal_with("rope_scaling", {{"rope_type", "linear"}, {"factor", 0.5}}),
             Contains("factor"));
  CHECK_THAT(
      refusal_with("rope_scaling", {{"rope_type", "linear"}, {"factor", 2}, {"beta_fast", 1}}),
      Contains("beta_fast"));
  CHECK_THAT(
      refusal_with("rope_scaling", {{"rope_type", "linear"}, {"type", "llama3"}, {"factor", 2}}),
      Contains("type"));
  CHECK_THAT(refusal_with("rope_scaling", {{"rope_type", "llama3"},
                                           {"factor", 8.0},
                                           {"low_freq_factor", 4.0},
                                           {"high_freq_factor", 4.0},
                                           {"original_max_position_embeddings", 32}}),
             Contains("high_freq_factor"));
  CHECK_THAT(refusal_with("rope_parameters", {{"rope_type", "default"}, {"rope_theta", 5.0}}),
             Contains("rope_theta"));
}

TEST_CASE("layers of OLMo-3 with a window have the published base without its scaling",
          "[config]") {
  json value = phiscope::test::tiny_config();
  value["model_type"] = "olmo3";
  value["architectures"] = {"Olmo3ForCausalLM"};
  value["num_hidden_layers"] = 8;
  value["rope_theta"] = 3000.0;
  value["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 2.0}};
  const ModelConfig config = config_of(value);
  CHECK(config.rope.theta == 3000.0);
  CHECK(config.rope.type == RopeType::linear);
  CHECK(config.local_rope.value().theta == 3000.0);
  CHECK(config.local_rope.value().type == RopeType::plain);
  CHECK(config.windows == std::vector<std::int64_t>{4096, 4096, 4096, 0, 4096, 4096, 4096, 0});
  value.erase("rope_theta");
  CHECK(config_of(value).local_rope.value().theta == 500'000.0);
  value.erase("rope_scaling");
  value["rope_parameters"]["full_attention"] = {{"rope_theta", 7.0}};
  CHECK(config_of(value).rope.theta == 7.0);
  CHECK(config_of(value).local_rope.value().theta == 500'000.0);
  value["rope_parameters"]["full_attention"]["truncate"] = false;
  CHECK_THAT(phiscope::test::refusal([&] { config_of(value); }),
             Contains("rope_parameters.full_attention.truncate is false, expected true"));
}

TEST_CASE("two trained contexts that differ are refused", "[config]") {
  json value = phiscope::test::tiny_config();
  value["rope_scaling"] = {
      {"rope_type", "yarn"}, {"factor", 2.0}, {"original_max_position_embeddings", 32}};
  value["original_max_position_embeddings"] = 32;
  CHECK(config_of(value).rope.original_max_positions == 32);
  value["original_max_position_embeddings"] = 16;
  CHECK_THAT(phiscope::test::refusal([&] { config_of(value); }),
             Contains("rope_scaling.original_max_position_embeddings is 32, expected the same as "
                      "the outer original_max_position_embeddings (16)"));
}

TEST_CASE("the tensors of a model follow from its configuration", "[config]") {
  ModelConfig config = config_of(phiscope::test::tiny_config());
  const auto tensors = phiscope::test::tiny_tensors();
  std::uint64_t elements = 0;
  for (const auto& spec : expected_tensors(config)) {
    CAPTURE(spec.name);
    REQUIRE(tensors.all.contains(spec.name));
    CHECK(tensors.all.at(spec.name).shape == spec.shape);
    elements += tensors.all.at(spec.name).values.size();
  }
  CHECK(expected_tensors(config).size() == tensors.all.size());
  CHECK(count_parameters(config) == elements);
  config.tied = true;
  CHECK(expected_tensors(config).size() == tensors.all.size() - 1);
  CHECK(count_parameters(config) == elements - 40);
  config.family = "martian";
  CHECK_THROWS_AS(expected_tensors(config), std::invalid_argument);
}

TEST_CASE("parameters are counted as long as 64 bits hold their bytes", "[config]") {
  const auto count = [](std::uint64_t width) {
    const json value{{"model_type", "gpt2"}, {"architectures", {"GPT2LMHeadModel"}},
                     {"n_embd", width},      {"n_head", 1},
                     {"n_layer", 1},         {"vocab_size", 1},
                     {"n_positions", 1}};
    return count_parameters(config_of(value));
  };
  // 12 width^2 + 17 width elements of 8 bytes: 438353263 is the last width with less than 2^64.
  constexpr std::uint64_t width = 438'353'263;
  CHECK(count(3) == 12 * 9 + 17 * 3);
  CHECK(count(width) == 12 * width * width + 17 * width);
  CHECK_THROWS_AS(count(width + 1), phiscope::shard::FormatError);
  for (const std::uint64_t large : {std::uint64_t{1} << 30U, std::uint64_t{0x7FFFFFFF}}) {
    CHECK_THAT(phiscope::test::refusal([&] { count(large); }),
               Contains("config.json: tensor 'transformer.h.0.attn.c_attn.weight' of shape [") &&
                   Contains("more than 2305843009213693951 elements"));
  }
}

TEST_CASE("the size of a head need not be hidden / heads", "[config]") {
  json value = phiscope::test::tiny_config();
  value["head_dim"] = 6;
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const auto& spec : expected_tensors(config_of(value))) shapes[spec.name] = spec.shape;
  using Shape = std::vector<std::int64_t>;
  CHECK(shapes.at("model.layers.0.self_attn.q_proj.weight") == Shape{12, 4});
  CHECK(shapes.at("model.layers.0.self_attn.k_proj.weight") == Shape{6, 4});
  CHECK(shapes.at("model.layers.0.self_attn.v_proj.weight") == Shape{6, 4});
  CHECK(shapes.at("model.layers.0.self_attn.o_proj.weight") == Shape{4, 12});
}

TEST_CASE("reference models have the same numbers in both dialects", "[config][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  for (const std::string name :
       {"gemma2", "gemma3_text", "gpt2", "gpt_neox_parallel", "gpt_neox_sequential", "llama",
        "llama_untied_bf16", "mistral", "qwen2", "qwen3", "qwen3_moe"}) {
    CAPTURE(name);
    const auto model = *reference / "models" / name / "model";
    const TempDir dir;
    std::filesystem::copy_file(model / "config_legacy.json", dir.path() / "config.json");
    std::filesystem::copy_file(model / "generation_config.json",
                               dir.path() / "generation_config.json");
    const ModelConfig config = read_config(model);
    CHECK(read_config(dir.path()) == config);
    CHECK(config.rope.type == (name == "llama"         ? RopeType::llama3
                               : name == "gemma3_text" ? RopeType::linear
                                                       : RopeType::plain));
    CHECK(config.tied ==
          (name == "llama" || name == "gpt2" || name == "qwen3" || name.starts_with("gemma")));
  }
}
