// SPDX-License-Identifier: MIT
// What a family's configuration means where the file is silent, and the tensors that follow.
#include "catch.hpp"
#include "files/model/config.hpp"
#include "files/model/tensors.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"
#include "tiny_model.hpp"

#include <map>

namespace {

using nlohmann::json;
using namespace phiscope::extract;
using phiscope::test::refusal;
using Shape = std::vector<std::int64_t>;

/// The tiny configuration under the name of another family; 16 heads of 2 for 32 units.
json family_config(const std::string& type, const std::string& architecture) {
  json value = phiscope::test::tiny_config();
  value["model_type"] = type;
  value["architectures"] = {architecture};
  value["hidden_size"] = 32;
  value["num_attention_heads"] = 16;
  value.erase("rope_theta");
  value.erase("num_key_value_heads");
  return value;
}

ModelConfig read(const json& value) {
  const phiscope::test::TempDir dir;
  phiscope::test::write_bytes(dir.path() / "config.json", value.dump());
  return read_config(dir.path());
}

ModelConfig read_with(json value, const std::string& key, const json& field) {
  value[key] = field;
  return read(value);
}

std::string refusal_with(const json& value, const std::string& key, const json& field) {
  return refusal([&] { read_with(value, key, field); });
}

std::map<std::string, Shape> shapes_of(const json& value) {
  std::map<std::string, Shape> shapes;
  for (const TensorSpec& spec : expected_tensors(read(value))) shapes[spec.name] = spec.shape;
  return shapes;
}

}  // namespace

TEST_CASE("Phi-3 fuses query, key and value, and gate and up", "[families]") {
  json value = family_config("phi3", "Phi3ForCausalLM");
  value["num_key_value_heads"] = 4;
  const auto shapes = shapes_of(value);
  CHECK(shapes.at("model.layers.0.self_attn.qkv_proj.weight") == Shape{32 + 8 + 8, 32});
  CHECK(shapes.at("model.layers.0.mlp.gate_up_proj.weight") == Shape{16, 32});
  CHECK(shapes.at("model.layers.0.mlp.down_proj.weight") == Shape{32, 8});
  CHECK_FALSE(shapes.contains("model.layers.0.self_attn.q_proj.weight"));
  CHECK(shapes.size() == 9);
}

TEST_CASE("Phi-3 knows longrope under three names and no other scaling", "[families]") {
  const json value = family_config("phi3", "Phi3ForCausalLM");
  json scaling{{"short_factor", {1.0}}, {"long_factor", {2.0}}};
  for (const char* name : {"longrope", "su", "yarn"}) {
    scaling["type"] = name;
    const RopeParameters rope = read_with(value, "rope_scaling", scaling).rope;
    CHECK(rope.type == RopeType::longrope);
    CHECK(rope.original_max_positions == 4096);
    CHECK(rope.long_factors == std::vector<double>{2.0});
    CHECK(rope.attention_factor == 1.0);  // 64 positions of 4096
  }
  scaling["type"] = "longrope";
  json longer = value;
  longer["max_position_embeddings"] = 131'072;
  CHECK(read_with(longer, "rope_scaling", scaling).rope.attention_factor ==
        Approx(std::sqrt(1.0 + 5.0 / 12.0)));
  CHECK(read(value).windows == Shape{0});
  CHECK(read_with(value, "sliding_window", 7).windows == Shape{7});
  CHECK_THAT(refusal_with(value, "rope_scaling", {{"type", "linear"}, {"factor", 2.0}}),
             Contains("rope_scaling") && Contains("longrope"));
  json wide = value;
  wide["num_attention_heads"] = 4;  // heads of 8
  CHECK(read_with(wide, "partial_rotary_factor", 0.75).rotary_dim == 6);
  CHECK_THAT(refusal_with(wide, "partial_rotary_factor", 0.4),
             Contains("partial_rotary_factor is 0.4") && Contains("a head of 8"));
}

TEST_CASE("Granite has four factors, each 1 where the file is silent", "[families]") {
  json value = family_config("granite", "GraniteForCausalLM");
  const ModelConfig silent = read(value);
  CHECK(silent.embedding_scale == 1.0);
  CHECK(silent.attention_scale == 1.0);
  CHECK(silent.residual_scale == 1.0);
  CHECK(silent.logit_divisor == 1.0);
  CHECK(silent.kv_heads == 16);
  value["embedding_multiplier"] = 12.0;
  value["attention_multiplier"] = 0.25;
  value["residual_multiplier"] = 0.5;
  value["logits_scaling"] = 8;
  const ModelConfig config = read(value);
  CHECK(config.embedding_scale == 12.0);
  CHECK_FALSE(config.rounded_scale);
  CHECK(config.attention_scale == 0.25);
  CHECK(config.residual_scale == 0.5);
  CHECK(config.logit_divisor == 8.0);
  CHECK_THAT(refusal_with(value, "logits_scaling", 0), Contains("logits_scaling is 0"));
  CHECK_THAT(refusal_with(value, "attention_bias", true), Contains("attention_bias"));
}

TEST_CASE("SmolLM3 leaves layers without positions", "[families]") {
  json value = family_config("smollm3", "SmolLM3ForCausalLM");
  value["num_hidden_layers"] = 5;
  value.erase("tie_word_embeddings");
  const ModelConfig silent = read(value);
  CHECK(silent.rotated == std::vector<bool>{true, true, true, false, true});
  CHECK(silent.kv_heads == 4);
  CHECK(silent.tied);
  CHECK(silent.rope.theta == 2e6);
  CHECK(silent.windows == Shape{0, 0, 0, 0, 0});
  CHECK(read_with(value, "num_key_value_heads", nullptr).kv_heads == 16);
  CHECK(read_with(value, "no_rope_layer_interval", 2).rotated ==
        std::vector<bool>{true, false, true, false, true});
  value["no_rope_layers"] = {0, 1, 1, 0, 1, 0};
  value["sliding_window"] = 7;
  CHECK(read(value).rotated == std::vector<bool>{false, true, true, false, true});
  CHECK(read(value).windows == Shape{0, 0, 0, 0, 0});
  CHECK(read_with(value, "use_sliding_window", true).windows == Shape{7, 0, 0, 7, 0});
  CHECK_THAT(refusal_with(value, "no_rope_layers", {1, 1, 1, 1}),
             Contains("no_rope_layers is [1, 1, 1, 1], expected at least 5"));
  CHECK_THAT(refusal_with(value, "no_rope_layers", {1, 1, 2, 1, 1}), Contains("no_rope_layers"));
}

TEST_CASE("Mixtral names its experts otherwise and renormalises their weights", "[families]") {
  json value = family_config("mixtral", "MixtralForCausalLM");
  value["num_local_experts"] = 3;
  value["num_experts_per_tok"] = 2;
  const ModelConfig config = read(value);
  CHECK(config.experts.value().renormalise);
  CHECK(config.experts.value().per_token == 2);
  CHECK(config.kv_heads == 8);
  CHECK(config.rope.theta == 1e6);
  CHECK(config.windows == Shape{0});
  CHECK(read_with(value, "sliding_window", 6).windows == Shape{6});
  const auto shapes = shapes_of(value);
  const std::string experts = "model.layers.0.block_sparse_moe.";
  CHECK(shapes.at(experts + "gate.weight") == Shape{3, 32});
  CHECK(shapes.at(experts + "experts.2.w1.weight") == Shape{8, 32});
  CHECK(shapes.at(experts + "experts.2.w2.weight") == Shape{32, 8});
  CHECK(shapes.at(experts + "experts.2.w3.weight") == Shape{8, 32});
}
