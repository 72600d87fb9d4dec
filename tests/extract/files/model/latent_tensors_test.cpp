// SPDX-License-Identifier: MIT
#include "files/model/latent_tensors.hpp"

#include "catch.hpp"
#include "extract/files/tiny_latent.hpp"
#include "files/model/describe.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"

#include <functional>
#include <limits>

using namespace phiscope::extract;
using namespace phiscope::test;
using nlohmann::json;

namespace {

json described(const TinyLatent& model, bool quick = false) {
  const TempDir dir;
  model.write(dir.path());
  return json(describe_model(dir.path(), quick));
}

/// What `extract info` says to a model, without the path of the directory.
std::string said_to(const TinyLatent& model, bool quick = false) {
  const TempDir dir;
  model.write(dir.path());
  const std::string said = refusal([&] { static_cast<void>(describe_model(dir.path(), quick)); });
  if (said == "accepted") return said;
  CHECK(said.find('\n') == std::string::npos);
  const std::string folder = dir.path().string() + "/";
  REQUIRE(said.starts_with(folder));
  return said.substr(folder.size());
}

const std::string up = codi_wrapper + "model.layers.0.mlp.up_proj";
const std::string norm = codi_wrapper + "model.norm.weight";

}  // namespace

TEST_CASE("info shows what a latent directory holds", "[latent_tensors]") {
  const bool quick = GENERATE(true, false);
  const json info = described(tiny_latent_llama(), quick);
  CHECK(info.at("vocab") == 13);
  CHECK(info.at("tied") == true);
  CHECK(info.at("dtype") == "float32");
  CHECK(info.at("parameters") ==
        52 + 4 + 16 + 8 + 8 + 16 + 4 + 3 * 32 + 4 + 24 + 6 + 24 + 4 + 4 + 4);
  CHECK(info.at("latent") == json{{"num_latent", 4},
                                  {"feedback", "projection"},
                                  {"base_vocab_size", 10},
                                  {"pad_id", 10},
                                  {"bot_id", 11},
                                  {"eot_id", 12},
                                  {"bos_id", 1},
                                  {"eos_id", 2},
                                  {"projection", {{"width", 6}, {"layer_norm", true}}},
                                  {"lora", {{"rank", 2}, {"alpha", 3.0}, {"merged", 7}}},
                                  {"remove_eos", true},
                                  {"logits_slice", 12},
                                  {"question_suffix", ""},
                                  {"answer_prefix", "The answer is:"},
                                  {"left_out", json::object()}});
  CHECK(info.contains("digests") == !quick);
  if (!quick) CHECK(info.at("digests").contains("codi.json"));
}

TEST_CASE("the base of each matrix and its LoRA are found by the names of the base model",
          "[latent_tensors]") {
  const TempDir dir;
  const TinyLatent model = GENERATE(tiny_latent_llama(), tiny_latent_gpt2());
  model.write(dir.path());
  const ModelConfig config = read_config(dir.path());
  const Weights weights = Weights::open(dir.path());
  const LatentTensors found = latent_tensors(config, weights);
  for (const TensorSpec& spec : expected_tensors(config)) {
    const std::size_t end = spec.name.rfind('.');
    const std::string module = codi_wrapper + spec.name.substr(0, end);
    const bool matrix = found.lora.contains(spec.name);
    const bool bias = spec.name.ends_with(".bias");
    CAPTURE(spec.name);
    CHECK(matrix == (!bias && model.tensors.all.contains(module + ".lora_A.default.weight")));
    if (matrix) {
      CHECK(found.tensors.at(spec.name).name == module + ".base_layer.weight");
      CHECK(found.lora.at(spec.name).a.name == module + ".lora_A.default.weight");
      CHECK(found.lora.at(spec.name).b.name == module + ".lora_B.default.weight");
    }
  }
  CHECK(found.stored().size() == model.tensors.all.size());
  CHECK(found.left_out.empty());
}

TEST_CASE("training's tensors, a second embedding and a stored head are left out and counted",
          "[latent_tensors]") {
  CHECK(described(tiny_coconut()).at("latent").at("left_out") ==
        json{{"embedding.weight", 1}, {"lm_head.weight", 1}});
  TinyLatent model = tiny_latent_llama();
  model.add("decoder.model.norm.weight", {4});
  model.add("decoder.lm_head.weight", {2, 2});
  model.add("pj_in.weight", {3});
  model.add("pj_out.weight", {3});
  model.add("codi.expainable_llm.x", {3});
  model.tensors.all[codi_wrapper + "lm_head.weight"] =
      model.tensors.all.at(codi_wrapper + "model.embed_tokens.weight");
  CHECK(described(model).at("latent").at("left_out") == json{{"decoder.*", 2},
                                                             {"expainable_llm.*", 1},
                                                             {"lm_head.weight", 1},
                                                             {"pj_in.*", 1},
                                                             {"pj_out.*", 1}});
}

TEST_CASE("wrappers of distributed training and SIM-CoT's name change nothing",
          "[latent_tensors]") {
  const json plain = described(tiny_latent_gpt2(), true);
  for (const std::string wrapper : {"module.", "_fsdp_wrapped_module.", "coconut."}) {
    TinyLatent model = tiny_latent_gpt2();
    const TinyTensors before = model.tensors;
    for (const auto& [name, tensor] : before.all) {
      const bool own = name.starts_with("codi.");
      if (wrapper != "coconut.") model.rename(name, wrapper + name);
      if (wrapper == "coconut." && own) model.rename(name, wrapper + name.substr(5));
    }
    CHECK(described(model, true) == plain);
  }
}

TEST_CASE("a directory with everything merged is a latent model too", "[latent_tensors]") {
  TinyLatent model = tiny_latent_gpt2();
  const TinyTensors before = model.tensors;
  for (const auto& [name, tensor] : before.all) {
    if (!name.starts_with(codi_wrapper)) continue;
    std::string own = name.substr(codi_wrapper.size());
    if (const std::size_t at = own.find(".base_layer"); at != std::string::npos) own.erase(at, 11);
    model.rename(name, own);
    if (own.find("lora_") != std::string::npos) model.tensors.all.erase(own);
  }
  CHECK(described(model).at("latent").at("lora").at("merged") == 0);
  model.codi["lora_r"] = 0;
  CHECK(described(model).at("latent").at("lora").is_null());
}

TEST_CASE("shards with an index are one model, and what one lacks is named", "[latent_tensors]") {
  const TempDir dir;
  const TinyLatent model = tiny_latent_llama();
  model.write(dir.path());
  const json whole = describe_model(dir.path(), true);
  std::filesystem::remove(dir.path() / "model.safetensors");
  std::map<std::string, TinyTensors> shards;
  json map = json::object();
  for (const auto& [name, tensor] : model.tensors.all) {
    // A matrix and its LoRA are in different files.
    const bool first = name.find("lora_") == std::string::npos;
    const std::string file =
        first ? "model-00001-of-00002.safetensors" : "model-00002-of-00002.safetensors";
    shards[file].all[name] = tensor;
    map[name] = file;
  }
  for (const auto& [file, tensors] : shards) write_bytes(dir.path() / file, tensors.bytes());
  const auto index = dir.path() / "model.safetensors.index.json";
  write_bytes(index, json{{"weight_map", map}}.dump());
  CHECK(json(describe_model(dir.path(), true)) == whole);
  const std::string gone = up + ".lora_A.default.weight";
  map.erase(gone);
  shards["model-00002-of-00002.safetensors"].all.erase(gone);
  write_bytes(dir.path() / "model-00002-of-00002.safetensors",
              shards["model-00002-of-00002.safetensors"].bytes());
  write_bytes(index, json{{"weight_map", map}}.dump());
  CHECK_THAT(refusal([&] { static_cast<void>(describe_model(dir.path(), true)); }),
             Contains("index.json: tensor '" + gone + "' is missing, expected beside '" + up));
}

TEST_CASE("the vocabulary may have more rows than three added ones", "[latent_tensors]") {
  TinyLatent model = tiny_latent_llama();
  model.add(codi_wrapper + "model.embed_tokens.weight", {16, 4});
  CHECK(described(model).at("vocab") == 16);
}

TEST_CASE("a projection in float32 beside a base in bfloat16 does not make the model mixed",
          "[latent_tensors]") {
  const TempDir dir;
  const TinyLatent model = GENERATE(tiny_latent_llama(), tiny_latent_gpt2());
  model.write(dir.path());
  const bool all = GENERATE(true, false);
  json header = json::object();
  std::string data;
  for (const auto& [name, tensor] : model.tensors.all) {
    const bool wide = name.starts_with("prj.") || name.find("lora_") != std::string::npos ||
                      (!all && name.ends_with("down_proj.base_layer.weight")) ||
                      (!all && name.ends_with("c_fc.base_layer.weight"));
    const std::string part =
        wide ? bytes_of(tensor.values) : bytes_of(std::vector<std::uint16_t>(tensor.values.size()));
    header[name] = {{"dtype", wide ? "F32" : "BF16"},
                    {"shape", tensor.shape},
                    {"data_offsets", {data.size(), data.size() + part.size()}}};
    data += part;
  }
  write_bytes(dir.path() / "model.safetensors", safetensors_bytes(header.dump(), data));
  CHECK(describe_model(dir.path(), true).at("dtype") == (all ? "bfloat16" : "mixed"));
}

TEST_CASE("what is wrong with a tensor is said with its name in the file", "[latent_tensors]") {
  using Change = std::function<void(TinyLatent&)>;
  struct Case {
    std::string what;
    Change change;
    std::vector<std::string> said;
  };
  const auto without = [](const std::string& name) {
    return Case{"missing",
                [name](TinyLatent& model) { model.tensors.all.erase(name); },
                {"model.safetensors: tensor '" + name + "' is missing, expected "}};
  };
  const auto reshaped = [](const std::string& name, std::vector<std::int64_t> shape,
                           const std::string& expected) {
    return Case{"misshaped",
                [name, shape](TinyLatent& model) { model.add(name, shape); },
                {"model.safetensors: tensor '" + name + "' has shape " + text_of(shape) +
                 ", expected " + expected}};
  };
  const std::vector<Case> cases{
      without(norm),
      without(up + ".base_layer.weight"),
      without(up + ".lora_A.default.weight"),
      without(up + ".lora_B.default.weight"),
      without("prj.1.bias"),
      without("prj.ln.weight"),
      without(codi_wrapper + "model.embed_tokens.weight"),
      reshaped(norm, {5}, "[4] by config.json with codi.json"),
      reshaped(up + ".base_layer.weight", {4, 8}, "[8, 4] by "),
      reshaped(up + ".lora_A.default.weight", {3, 4}, "[2, 4], as lora_r of codi.json is 2"),
      reshaped(up + ".lora_B.default.weight", {2, 8}, "[8, 2], as lora_r"),
      reshaped("prj.1.weight", {5, 4}, "[6, 4] by "),
      reshaped(codi_wrapper + "model.embed_tokens.weight", {13, 5}, "[rows, 4] by config.json"),
      {"surplus",
       [](TinyLatent& model) { model.add(codi_wrapper + "model.layers.1.mlp.x", {2}); },
       {"tensor 'codi.base_model.model.model.layers.1.mlp.x' [2] is surplus"}},
      {"an adapter of another name",
       [](TinyLatent& model) {
         model.add(up + ".lora_A.other.weight", {2, 4});
       },
       {"tensor '" + up + ".lora_A.other.weight' [2, 4] is surplus"}},
      {"a projection that is not to be",
       [](TinyLatent& model) { model.codi["prj_no_ln"] = true; },
       {"tensor 'prj.ln.bias' [4] is surplus"}},
      {"both a wrapped and a plain name",
       [](TinyLatent& model) { model.add("model.norm.weight", {4}); },
       {"tensor 'model.norm.weight' is the same tensor as '" + norm + "'"}},
      {"head unlike the embedding",
       [](TinyLatent& model) {
         model.add(codi_wrapper + "lm_head.weight", {13, 4});
       },
       {"tensor '" + codi_wrapper + "lm_head.weight' differs from '" + codi_wrapper +
            "model.embed_tokens.weight', expected equal ones",
        "the head of a latent model is its embedding"}},
      {"second embedding unlike the first",
       [](TinyLatent& model) {
         model.add("embedding.weight", {13, 4});
       },
       {"tensor 'embedding.weight' differs from '" + codi_wrapper + "model.embed_tokens.weight'"}},
      {"LoRA without a rank",
       [](TinyLatent& model) { model.codi["lora_r"] = 0; },
       {"lora_A.default.weight' is a LoRA, expected none without lora_r and lora_alpha"}},
      {"LoRA lost",
       [](TinyLatent& model) {
         const TinyTensors before = model.tensors;
         for (const auto& [name, tensor] : before.all) {
           if (name.find("lora_") != std::string::npos) model.tensors.all.erase(name);
           const std::size_t at = name.find(".base_layer");
           if (at != std::string::npos) model.rename(name, std::string(name).erase(at, 11));
         }
       },
       {"model.safetensors: no LoRA tensor, expected some of rank 2 by lora_r of codi.json"}},
      {"LoRA on the embedding",
       [](TinyLatent& model) {
         const std::string embedding = codi_wrapper + "model.embed_tokens";
         model.rename(embedding + ".weight", embedding + ".base_layer.weight");
         model.add(embedding + ".lora_embedding_A.default", {2, 13});
         model.add(embedding + ".lora_embedding_B.default", {4, 2});
       },
       {"model.embed_tokens.lora_embedding_A.default' is a LoRA of an embedding", "not supported"}},
      {"LoRA on the head",
       [](TinyLatent& model) {
         model.add(codi_wrapper + "lm_head.lora_A.default.weight", {2, 4});
         model.add(codi_wrapper + "lm_head.lora_B.default.weight", {13, 2});
       },
       {"lm_head.lora_A.default.weight' is a LoRA of an embedding or of the head",
        "not supported"}},
      {"LoRA on a norm",
       [](TinyLatent& model) {
         model.rename(norm, codi_wrapper + "model.norm.base_layer.weight");
         model.add(codi_wrapper + "model.norm.lora_A.default.weight", {2, 4});
         model.add(codi_wrapper + "model.norm.lora_B.default.weight", {4, 2});
       },
       {"model.norm.lora_A.default.weight' is surplus, expected LoRA of matrices alone"}},
  };
  for (const Case& one : cases) {
    TinyLatent model = tiny_latent_llama();
    one.change(model);
    for (const bool quick : {true, false}) {
      const std::string said = said_to(model, quick);
      CAPTURE(one.what, said);
      for (const std::string& part : one.said) CHECK_THAT(said, Contains(part));
    }
  }
}

TEST_CASE("a NaN in any tensor that counts is found, and in no other", "[latent_tensors]") {
  const TinyLatent whole = tiny_latent_llama();
  for (const auto& [name, tensor] : whole.tensors.all) {
    TinyLatent model = whole;
    model.tensors.all[name].values.back() = std::numeric_limits<float>::quiet_NaN();
    CHECK_THAT(said_to(model), Contains("tensor '" + name + "' holds a NaN or an infinity at ["));
  }
  TinyLatent model = whole;
  model.add("decoder.x", {1});
  model.tensors.all["decoder.x"].values[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK(said_to(model) == "accepted");
}

TEST_CASE("pickles of latent models name the converter", "[latent_tensors]") {
  const std::string converter = "tools/convert_checkpoint.py CKPT --base BASE_DIR --out DIR";
  for (const std::string name : {"pytorch_model.bin", "checkpoint_5", "prj.pt"}) {
    for (const std::string& begin : {std::string("PK\x03\x04"), std::string("\x80\x02}q")}) {
      const TempDir dir;
      tiny_latent_llama().write(dir.path());
      std::filesystem::remove(dir.path() / "model.safetensors");
      write_bytes(dir.path() / name, begin + "and so on");
      const auto refused = [](auto&& action) { return refusal(action); };
      CHECK_THAT(refused([&] { static_cast<void>(describe_model(dir.path(), true)); }),
                 Contains(name + ": weights as a pickle") && Contains(converter));
      CHECK_THAT(refused([&] { static_cast<void>(describe_safetensors(dir.path() / name)); }),
                 Contains(name + ": a pickle, which is not read") && Contains(converter));
    }
  }
}

TEST_CASE("the published names of tiny models are read", "[latent_tensors][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const json llama = describe_model(*reference / "codi_tiny" / "llama", false);
  CHECK(llama.at("vocab") == 259);
  CHECK(llama.at("latent").at("lora") == json{{"rank", 8}, {"alpha", 2.0}, {"merged", 28}});
  CHECK(llama.at("latent").at("bos_id") == 1);
  const json gpt2 = describe_model(*reference / "codi_tiny" / "gpt2", false);
  CHECK(gpt2.at("latent").at("lora").at("merged") == 12);
  CHECK(gpt2.at("latent").at("bos_id").is_null());
}
