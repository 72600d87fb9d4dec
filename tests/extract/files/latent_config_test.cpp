// SPDX-License-Identifier: MIT
#include "files/latent_config.hpp"

#include "catch.hpp"
#include "extract/files/tiny_latent.hpp"
#include "files/model/config.hpp"
#include "temp_dir.hpp"

using namespace phiscope::extract;
using namespace phiscope::test;
using nlohmann::json;

namespace {

/// What read_config() says to a codi.json with one member changed; null removes it.
std::string with(const std::string& key, const json& value) {
  const TempDir dir;
  TinyLatent model = tiny_latent_llama();
  model.codi[key] = value;
  if (value == "removed") model.codi.erase(key);
  model.write(dir.path());
  const std::string said = refusal([&] { static_cast<void>(read_config(dir.path())); });
  if (said == "accepted") return said;
  const std::string file = (dir.path() / "codi.json").string() + ": ";
  CHECK(said.starts_with(file));
  CHECK(said.find('\n') == std::string::npos);
  return said.substr(std::min(said.size(), file.size()));
}

}  // namespace

TEST_CASE("codi.json is read, and the vocabulary is that of the stored embedding",
          "[latent_config]") {
  const TempDir dir;
  tiny_latent_llama().write(dir.path());
  const ModelConfig config = read_config(dir.path());
  CHECK(config.vocab == 13);
  CHECK(config.tied);
  REQUIRE(config.latent);
  const LatentConfig wanted{.base_vocab_size = 10,
                            .pad_id = 10,
                            .bot_id = 11,
                            .eot_id = 12,
                            .bos_id = 1,
                            .eos_id = 2,
                            .num_latent = 4,
                            .projection = LatentProjection{.width = 6, .layer_norm = true},
                            .lora = LatentLora{.rank = 2, .alpha = 3.0},
                            .remove_eos = true,
                            .logits_slice = 12,
                            .question_suffix = "",
                            .answer_prefix = "The answer is:"};
  CHECK(*config.latent == wanted);
  CHECK(config.latent->feedback() == "projection");
  CHECK(read_vocab_size(dir.path()) == 13);
}

TEST_CASE("a model whose state is fed back as it is has Coconut's texts", "[latent_config]") {
  const TempDir dir;
  TinyLatent model = tiny_coconut();
  model.codi["feedback"] = "hidden";
  model.write(dir.path());
  LatentConfig found = read_config(dir.path()).latent.value();
  CHECK(found.feedback() == "hidden");
  CHECK_FALSE(found.projection);
  CHECK_FALSE(found.lora);
  CHECK_FALSE(found.bos_id);
  CHECK(found.question_suffix == "\n");
  CHECK(found.answer_prefix == "### ");
  model.codi["question_suffix"] = " ?";
  model.codi["answer_prefix"] = "";
  model.codi["remove_eos"] = false;
  model.write(dir.path());
  found = read_config(dir.path()).latent.value();
  CHECK(found.question_suffix == " ?");
  CHECK(found.answer_prefix.empty());
  CHECK_FALSE(found.remove_eos);
  model.codi.erase("use_prj");
  model.write(dir.path());
  CHECK(read_config(dir.path()).latent == found);
}

TEST_CASE("a directory without codi.json is a plain model", "[latent_config]") {
  const TempDir dir;
  write_model(dir.path(), tiny_config(), tiny_tensors());
  CHECK_FALSE(read_latent_config(dir.path()));
  const ModelConfig config = read_config(dir.path());
  CHECK_FALSE(config.latent);
  CHECK(config.vocab == 10);
  CHECK_FALSE(config.tied);
}

TEST_CASE("a member of codi.json that is missing, unknown or out of range is named",
          "[latent_config]") {
  for (const char* key : {"base_vocab_size", "pad_id", "bot_id", "eot_id", "bos_id", "eos_id",
                          "num_latent", "use_prj", "prj_dim", "remove_eos", "logits_slice"}) {
    CHECK_THAT(with(key, "removed"), Contains(std::string(key) + " is missing, expected "));
  }
  for (const char* key : {"pad_id", "bot_id", "eot_id", "bos_id", "eos_id"}) {
    CHECK_THAT(with(key, 13), Contains(std::string(key) + " is 13, expected an id below the 13 "));
    CHECK_THAT(with(key, -1), Contains(std::string(key) + " is -1, expected an integer"));
    CHECK(with(key, 9) == "accepted");
  }
  CHECK_THAT(with("pad_id", nullptr), Contains("pad_id is null"));
  CHECK(with("bos_id", nullptr) == "accepted");
  CHECK_THAT(with("num_latent", 0), Contains("num_latent is 0, expected an integer in [1, "));
  CHECK_THAT(with("num_latents", 6),
             Contains("num_latents is unknown, expected only ") && Contains("num_latent, use_prj"));
  CHECK_THAT(with("base_vocab_size", 11),
             Contains("base_vocab_size is 11, expected at most 10, three less than the 13 rows"));
  CHECK_THAT(with("logits_slice", 14), Contains("logits_slice is 14, expected at most the 13"));
  CHECK_THAT(with("logits_slice", 0), Contains("logits_slice is 0"));
  CHECK_THAT(with("lora_alpha", "removed"),
             Contains("lora_alpha is missing, expected a number > 0 beside lora_r 2"));
  CHECK_THAT(with("lora_alpha", 0), Contains("lora_alpha is 0, expected a finite number > 0"));
  CHECK_THAT(with("lora_r", -1), Contains("lora_r is -1"));
  CHECK_THAT(with("use_prj", 1), Contains("use_prj is 1, expected true or false"));
  CHECK_THAT(with("prj_dim", 0), Contains("prj_dim is 0"));
  CHECK_THAT(with("feedback", "hidden"), Contains("feedback is 'hidden', expected projection"));
  CHECK_THAT(with("feedback", "other"), Contains("expected projection or hidden"));
  CHECK_THAT(with("answer_prefix", 3), Contains("answer_prefix is 3, expected a string"));
}

TEST_CASE("a configuration with nothing in it names the converter", "[latent_config]") {
  for (const std::string text : {"", " \n", "{}", "{ }\n"}) {
    const TempDir dir;
    tiny_latent_llama().write(dir.path());
    write_bytes(dir.path() / "config.json", text);
    CHECK_THAT(refusal([&] { static_cast<void>(read_config(dir.path())); }),
               Contains("config.json: empty, expected ") &&
                   Contains("tools/convert_checkpoint.py CKPT --base BASE_DIR --out DIR"));
  }
}

TEST_CASE("a family that scales its embeddings cannot be fed a thought", "[latent_config]") {
  const TempDir dir;
  TinyLatent model = tiny_latent_llama();
  model.config["model_type"] = "gemma2";
  model.config["architectures"] = {"Gemma2ForCausalLM"};
  model.config["head_dim"] = 2;
  model.config["query_pre_attn_scalar"] = 2;
  model.config["hidden_activation"] = "gelu_pytorch_tanh";
  model.config["sliding_window"] = 4;
  model.write(dir.path());
  CHECK_THAT(refusal([&] { static_cast<void>(read_config(dir.path())); }),
             Contains("model_type is 'gemma2', expected a family that does not scale"));
}
