// SPDX-License-Identifier: MIT
#include "files/model/oddities.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace {

using namespace phiscope::extract;
using nlohmann::json;
using phiscope::test::TempDir;
using phiscope::test::TinyTensors;
using phiscope::test::write_bytes;
using phiscope::test::write_model;

std::vector<std::string> report_lines(const DirectoryReport& report) {
  std::vector<std::string> lines;
  for (const Oddity& oddity : report.oddities) lines.push_back(text_of(oddity));
  return lines;
}

/// A configuration that says all that has a default.
json full_config() {
  json config = phiscope::test::tiny_config();
  config["attention_bias"] = false;
  config["mlp_bias"] = false;
  return config;
}

std::vector<std::string> generation_lines(const json& generation) {
  const TempDir dir;
  write_model(dir.path(), full_config(), phiscope::test::tiny_tensors());
  write_bytes(dir.path() / "generation_config.json", generation.dump());
  std::vector<std::string> lines;
  for (const Oddity& oddity : generation_oddities(dir.path())) lines.push_back(text_of(oddity));
  return lines;
}

}  // namespace

TEST_CASE("a directory without oddities has an empty list", "[oddities]") {
  const TempDir dir;
  std::filesystem::copy(phiscope::test::golden() / "models" / "llama" / "model", dir.path());
  const DirectoryReport report = check_model(dir.path(), false);
  CHECK_FALSE(report.refusal);
  CHECK(report_lines(report) == std::vector<std::string>{});
  CHECK(report.model.at("family") == "llama");
}

TEST_CASE("six oddities of a directory are six lines", "[oddities]") {
  const TempDir dir;
  json config = full_config();
  config["mystery"] = 7;               // 1: ignored
  config.erase("rms_norm_eps");        // 2: defaulted
  config["torch_dtype"] = "bfloat16";  // 3: differs from what is stored
  TinyTensors tensors;                 // 4: no prefix
  for (const auto& [name, tensor] : phiscope::test::tiny_tensors().all) {
    tensors.all[name.starts_with("model.") ? name.substr(6) : name] = tensor;
  }
  tensors.add("layers.0.self_attn.rotary_emb.inv_freq", {1});  // 5: a buffer
  write_model(dir.path(), config, tensors);
  write_bytes(dir.path() / "generation_config.json", R"({"temperature":0.6,"eos_token_id":[2]})");
  write_bytes(dir.path() / "modeling_tiny.py", "");
  const DirectoryReport report = check_model(dir.path(), false);
  CHECK_FALSE(report.refusal);
  CHECK(report_lines(report) ==
        std::vector<std::string>{
            "config.json: mystery is 7: ignored, llama does not read it",
            "config.json: rms_norm_eps is absent: defaulted, 1e-6, as for llama in transformers",
            "generation_config.json: temperature is 0.6: differs, not read: --temperature says it",
            "model.safetensors: the prefix of the tensors is '': layout, usual is 'model.'",
            "model.safetensors: *.inv_freq is 1 tensor: skipped, the language model does not need "
            "it, or has it already",
            "config.json: dtype is bfloat16: differs, no weight is stored so, and the key rounds "
            "nothing",
            "tokenizer.json: the tokenizer is absent: differs, prompts must give their input_ids",
            "modeling_tiny.py: the file: skipped, code of a model is not run"});
}

TEST_CASE("a directory that a run refuses is reported as far as it goes", "[oddities]") {
  const TempDir dir;
  json config = full_config();
  config["mystery"] = 7;
  TinyTensors tensors = phiscope::test::tiny_tensors();
  tensors.all["model.norm.weight"].values[2] = std::numeric_limits<float>::quiet_NaN();
  write_model(dir.path(), config, tensors);
  const DirectoryReport report = check_model(dir.path(), false);
  REQUIRE(report.refusal);
  CHECK_THAT(*report.refusal,
             Contains("model.safetensors: tensor 'model.norm.weight' holds a NaN"));
  CHECK(report_lines(report) ==
        std::vector<std::string>{"config.json: mystery is 7: ignored, llama does not read it"});
  CHECK(report.model.is_null());
  CHECK_FALSE(check_model(dir.path(), true).refusal);
  config["is_causal"] = false;
  write_model(dir.path(), config, tensors);
  CHECK_THAT(check_model(dir.path(), true).refusal.value_or(""), Contains("is_causal is false"));
}

TEST_CASE("what generation_config.json asks for and is not done is listed", "[oddities]") {
  CHECK(generation_lines({{"do_sample", true},
                          {"top_p", 1.0},
                          {"top_k", 20},
                          {"num_beams", 4},
                          {"max_length", nullptr},
                          {"pad_token_id", 0},
                          {"transformers_version", "5"},
                          {"watermarking_config", {{"bias", 2}}},
                          {"eos_token_id", {2, 3}}}) ==
        std::vector<std::string>{
            "generation_config.json: do_sample is true: differs, not read: --temperature says it",
            "generation_config.json: num_beams is 4: differs, not read",
            "generation_config.json: top_k is 20: differs, not read: --top-k says it",
            "generation_config.json: watermarking_config is an object: differs, not read",
            "generation_config.json: eos_token_id is [2, 3]: differs, it holds, and not that of "
            "config.json, 2"});
  CHECK(generation_lines({{"eos_token_id", 2}, {"do_sample", false}, {"top_k", 0}}).empty());
}

TEST_CASE("end tokens without a row are listed", "[oddities]") {
  const TempDir dir;
  std::filesystem::copy(phiscope::test::golden() / "models" / "llama" / "model", dir.path());
  const std::size_t rows = check_model(dir.path(), true).model.at("vocab").get<std::size_t>();
  write_bytes(dir.path() / "generation_config.json",
              json{{"eos_token_id", {2, rows - 1, rows, 99999}}}.dump());
  const auto lines = report_lines(check_model(dir.path(), true));
  const auto line = [&](std::size_t id) {
    return "config.json and generation_config.json: an id of eos_token_id is " +
           std::to_string(id) + ": differs, no text ends with it, expected 0 to " +
           std::to_string(rows - 1) + ", the rows of the model's embedding";
  };
  CHECK(std::ranges::count(lines, line(rows)) == 1);
  CHECK(std::ranges::count(lines, line(99999)) == 1);
  CHECK(std::ranges::count(lines, line(rows - 1)) == 0);
}

TEST_CASE("tokens of the files beside tokenizer.json, and of no row, are listed", "[oddities]") {
  const TempDir dir;
  std::filesystem::copy(phiscope::test::golden() / "models" / "llama" / "model", dir.path());
  write_bytes(dir.path() / "tokenizer_config.json",
              R"({"add_bos_token":false,"added_tokens_decoder":{"900":{"content":"<extra>"},)"
              R"("1":{"content":"<s>","special":true}},"additional_special_tokens":["<more>"]})");
  const DirectoryReport report = check_model(dir.path(), true);
  CHECK_FALSE(report.refusal);
  std::ifstream in(dir.path() / "tokenizer.json");
  const json own = json::parse(in);
  std::set<int> ids;
  for (const auto& [token, id] : own.at("model").at("vocab").items()) ids.insert(id.get<int>());
  for (const json& token : own.at("added_tokens")) ids.insert(token.at("id").get<int>());
  const std::size_t rows = report.model.at("vocab").get<std::size_t>();
  CAPTURE(ids.size(), rows);
  // The next free ids, whatever the file says.
  for (const auto& [token, id] : {std::pair("<extra>", ids.size()), {"<more>", ids.size() + 1}}) {
    CHECK_THAT(
        report_lines(report),
        Catch::VectorContains(std::string("the files beside tokenizer.json: the token '") + token +
                              "' is not among the added tokens of tokenizer.json: " +
                              "added, with id " + std::to_string(id) + ", as in transformers"));
  }
  CHECK(std::ranges::count(report.oddities, OddityKind::added, &Oddity::kind) == 2);
  // The id of <extra>, and add_bos_token.
  CHECK(std::ranges::count(report.oddities, true, &Oddity::warning) == 2);
  const std::string too_many = "tokenizer.json: the number of tokens is " +
                               std::to_string(ids.size() + 2) + ": differs, the embedding has " +
                               std::to_string(rows) +
                               " rows: a prompt with a token beyond them is refused";
  CHECK((std::ranges::count(report_lines(report), too_many) == 1) == (ids.size() + 2 > rows));
}

TEST_CASE("towers, masks and dtypes of the golden models are counted", "[oddities]") {
  const auto models = phiscope::test::golden() / "models";
  const auto multimodal =
      report_lines(check_model(models / "gemma3_text" / "model_multimodal", true));
  CHECK_THAT(multimodal,
             Catch::VectorContains(std::string(
                 "model.safetensors: vision_tower.* is 21 tensors: skipped, the language "
                 "model does not need it, or has it already")));
  const auto gpt2 = report_lines(check_model(models / "gpt2" / "model_hub", true));
  CHECK_THAT(gpt2, Catch::VectorContains(std::string(
                       "model.safetensors: *.bias (masks) is 2 tensors: skipped, the language "
                       "model does not need it, or has it already")));
}
