// SPDX-License-Identifier: MIT
#include "files/weights/check.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"
#include "files/model/tensors.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace {

using nlohmann::json;
using phiscope::extract::check_finite;
using phiscope::extract::first_nonfinite;
using phiscope::extract::model_tensors;
using phiscope::extract::read_config;
using phiscope::extract::TensorDtype;
using phiscope::extract::TensorView;
using phiscope::extract::Weights;
using phiscope::test::TempDir;
using phiscope::test::TinyTensors;

/// What the checks say to a changed tiny model.
std::string change_refusal(const std::function<void(json&, TinyTensors&)>& change) {
  const TempDir dir;
  json config = phiscope::test::tiny_config();
  TinyTensors tensors = phiscope::test::tiny_tensors();
  change(config, tensors);
  phiscope::test::write_model(dir.path(), config, tensors);
  return phiscope::test::refusal([&dir] {
    const Weights weights = Weights::open(dir.path());
    check_finite(model_tensors(read_config(dir.path()), weights), weights);
  });
}

template <class T>
std::optional<std::uint64_t> nonfinite_in(TensorDtype dtype, const std::vector<T>& values) {
  return first_nonfinite({.name = "x",
                          .dtype = dtype,
                          .shape = {static_cast<std::int64_t>(values.size())},
                          .bytes = std::as_bytes(std::span(values))});
}

}  // namespace

TEST_CASE("a complete model passes and gives its tensors by name", "[check]") {
  const TempDir dir;
  phiscope::test::write_model(dir.path(), phiscope::test::tiny_config(),
                              phiscope::test::tiny_tensors());
  const Weights weights = Weights::open(dir.path());
  const auto tensors = model_tensors(read_config(dir.path()), weights);
  CHECK(tensors.size() == 12);
  CHECK_NOTHROW(check_finite(tensors, weights));
}

TEST_CASE("a missing, surplus or misshaped tensor is refused by name", "[check]") {
  CHECK_THAT(change_refusal([](json&, TinyTensors& t) { t.all.erase("model.norm.weight"); }),
             Contains("'model.norm.weight'") && Contains("missing"));
  CHECK_THAT(change_refusal([](json&, TinyTensors& t) { t.add("model.extra", {2}); }),
             Contains("'model.extra'") && Contains("surplus"));
  CHECK_THAT(change_refusal([](json&, TinyTensors& t) {
               t.add("lm_head.weight", {9, 4});
             }),
             Contains("'lm_head.weight'") && Contains("[9, 4]") && Contains("[10, 4]"));
  CHECK_THAT(change_refusal([](json&, TinyTensors& t) {
               t.add("lm_head.weight", {4, 10});
             }),
             Contains("[4, 10]"));
  CHECK_THAT(change_refusal([](json& c, TinyTensors&) { c["num_hidden_layers"] = 2; }),
             Contains("model.layers.1."));
  CHECK(change_refusal([](json&, TinyTensors& t) {
          t.add("model.layers.0.self_attn.rotary_emb.inv_freq", {1});
        }) == "accepted");
}

TEST_CASE("a tensor of integers is refused by dtype", "[check]") {
  const TempDir dir;
  phiscope::test::write_model(dir.path(), phiscope::test::tiny_config(),
                              phiscope::test::tiny_tensors());
  std::string bytes = phiscope::test::tiny_tensors().bytes();
  bytes.replace(bytes.find("F32"), 3, "I32");
  phiscope::test::write_bytes(dir.path() / "model.safetensors", bytes);
  const Weights weights = Weights::open(dir.path());
  CHECK_THROWS_WITH(model_tensors(read_config(dir.path()), weights), Contains("I32"));
}

TEST_CASE("a tied model may store its output matrix only as a copy of the embedding", "[check]") {
  const auto tie = [](json& config, TinyTensors& tensors) {
    config["tie_word_embeddings"] = true;
    tensors.all["lm_head.weight"] = tensors.all["model.embed_tokens.weight"];
  };
  CHECK(change_refusal(tie) == "accepted");
  CHECK(change_refusal([&tie](json& c, TinyTensors& t) {
          tie(c, t);
          t.all.erase("lm_head.weight");
        }) == "accepted");
  CHECK_THAT(change_refusal([&tie](json& c, TinyTensors& t) {
               tie(c, t);
               t.all["lm_head.weight"].values.back() += 1.0F;
             }),
             Contains("'lm_head.weight'") && Contains("tie_word_embeddings"));
}

TEST_CASE("a tied head may be the embedding in another dtype, number for number", "[check]") {
  using phiscope::test::bytes_of;
  // Multiples of 1/8 below 32 are exact in bfloat16.
  json config = phiscope::test::tiny_config();
  config["tie_word_embeddings"] = true;
  TinyTensors tensors = phiscope::test::tiny_tensors();
  const std::vector<float> embedding = tensors.all.at("model.embed_tokens.weight").values;
  tensors.all.erase("lm_head.weight");
  const auto said = [&](float last) {
    std::vector<std::uint16_t> head;
    for (const float value : embedding) {
      head.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16U));
    }
    head.back() = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(last) >> 16U);
    const TempDir dir;
    phiscope::test::write_model(dir.path(), config, tensors);
    // The head goes into a second shard, as TinyTensors knows float32 alone.
    std::filesystem::rename(dir.path() / "model.safetensors", dir.path() / "one.safetensors");
    const std::string header =
        R"({"lm_head.weight":{"dtype":"BF16","shape":[10,4],"data_offsets":[0,80]}})";
    phiscope::test::write_bytes(dir.path() / "two.safetensors",
                                phiscope::test::safetensors_bytes(header, bytes_of(head)));
    json map{{"lm_head.weight", "two.safetensors"}};
    for (const auto& [name, tensor] : tensors.all) map[name] = "one.safetensors";
    phiscope::test::write_bytes(dir.path() / "model.safetensors.index.json",
                                json{{"weight_map", map}}.dump());
    return phiscope::test::refusal([&] {
      static_cast<void>(model_tensors(read_config(dir.path()), Weights::open(dir.path())));
    });
  };
  CHECK(said(embedding.back()) == "accepted");
  CHECK_THAT(said(embedding.back() + 0.125F),
             Contains("two.safetensors: tensor 'lm_head.weight' differs from") &&
                 Contains("set tie_word_embeddings to false if the head was trained"));
}

TEST_CASE("a NaN or infinite weight is refused with tensor and place", "[check]") {
  const float bad =
      GENERATE(std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
               -std::numeric_limits<float>::infinity());
  CHECK_THAT(change_refusal([bad](json&, TinyTensors& t) {
               t.all["model.layers.0.mlp.up_proj.weight"].values[13] = bad;
             }),
             Contains("'model.layers.0.mlp.up_proj.weight'") && Contains("[3, 1]"));
}

TEST_CASE("the scan finds the first value that is not finite in every float dtype", "[check]") {
  const std::size_t place = GENERATE(0U, 1U, 4095U, 4096U, 4097U, 9999U);
  std::vector<float> floats(10'000, std::numeric_limits<float>::max());
  CHECK_FALSE(nonfinite_in(TensorDtype::f32, floats).has_value());
  floats[place] = NAN;
  CHECK(nonfinite_in(TensorDtype::f32, floats) == place);
  std::vector<double> doubles(10'000, std::numeric_limits<double>::denorm_min());
  CHECK_FALSE(nonfinite_in(TensorDtype::f64, doubles).has_value());
  doubles[place] = -HUGE_VAL;
  CHECK(nonfinite_in(TensorDtype::f64, doubles) == place);
  std::vector<std::uint16_t> halves(10'000, 0x7BFF);  // the largest half
  CHECK_FALSE(nonfinite_in(TensorDtype::f16, halves).has_value());
  halves[place] = 0xFC00;
  CHECK(nonfinite_in(TensorDtype::f16, halves) == place);
  std::vector<std::uint16_t> brains(10'000, 0xFF7F);  // the lowest bfloat16
  CHECK_FALSE(nonfinite_in(TensorDtype::bf16, brains).has_value());
  brains[place] = 0x7F80;
  CHECK(nonfinite_in(TensorDtype::bf16, brains) == place);
  CHECK_THROWS_AS(nonfinite_in(TensorDtype::i32, std::vector<std::int32_t>{1}),
                  std::invalid_argument);
}

TEST_CASE("the revision is the folder of a snapshot", "[check]") {
  using phiscope::extract::model_revision;
  CHECK(model_revision("/hub/models--a--b/snapshots/0123abcd") == "0123abcd");
  CHECK(model_revision("/hub/models--a--b/snapshots/0123abcd/") == "0123abcd");
  CHECK(model_revision("/models/b").empty());
}

TEST_CASE("reference models of every family pass", "[check][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  for (const std::string name :
       {"models/gemma2/model", "models/gemma3_text/model", "models/gpt2/model",
        "models/gpt_neox_parallel/model", "models/gpt_neox_sequential/model", "models/llama/model",
        "models/llama_untied_bf16/model", "models/mistral/model", "models/qwen2/model",
        "models/qwen3/model", "models/qwen3_moe/model", "real_models/stories260K_hf"}) {
    CAPTURE(name);
    const Weights weights = Weights::open(*reference / name);
    const auto tensors = model_tensors(read_config(*reference / name), weights);
    CHECK(tensors.size() == weights.tensors().size());
    CHECK_NOTHROW(check_finite(tensors, weights));
  }
}

TEST_CASE("the text half of a model of text and images is the text model",
          "[check][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto folder = *reference / "models/gemma3_text";
  const Weights text = Weights::open(folder / "model");
  const Weights both = Weights::open(folder / "model_multimodal");
  const auto wanted = model_tensors(read_config(folder / "model"), text);
  const auto found = model_tensors(read_config(folder / "model_multimodal"), both);
  REQUIRE(found.size() == wanted.size());
  CHECK(both.tensors().size() > found.size());
  for (const auto& [name, view] : wanted) {
    CAPTURE(name);
    const auto& same = found.at("language_model." + name);
    CHECK(std::ranges::equal(same.bytes, view.bytes));
  }
}
