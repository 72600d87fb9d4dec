// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "extract/files/tiny_latent.hpp"
#include "fixture.hpp"

using namespace phiscope::test;

TEST_CASE("extract info gives the numbers of a model on one line", "[inspect]") {
  const TempDir dir;
  const bool quick = GENERATE(true, false);
  const Finished done = extract(
      "info " + std::string(quick ? "--quick " : "") + "'" + walk_model() + "'", dir.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  CHECK(lines(done.out) == 1);
  const auto info = nlohmann::json::parse(done.out);
  CHECK(info.at("family") == "llama");
  CHECK(info.at("vocab") == 52);
  CHECK(info.at("tied") == false);
  for (const char* key :
       {"layers", "heads", "kv_heads", "head_dim", "hidden", "dtype", "parameters"}) {
    CHECK(info.contains(key));
  }
}

TEST_CASE("extract info shows thoughts, feedback, ids and LoRA of a latent model", "[inspect]") {
  const TempDir dir;
  TinyLatent model = tiny_latent_llama();
  model.add("decoder.norm.weight", {4});
  model.write(dir.path() / "model");
  const std::string quick = GENERATE("--quick ", "");
  const std::string info = "info " + quick + "'" + (dir.path() / "model").string() + "'";
  const Finished done = extract(info, dir.path());
  REQUIRE(done.status == 0);
  const auto latent = nlohmann::json::parse(done.out).at("latent");
  CHECK(latent.at("num_latent") == 4);
  CHECK(latent.at("feedback") == "projection");
  CHECK(latent.at("bot_id") == 11);
  CHECK(latent.at("lora") == nlohmann::json{{"rank", 2}, {"alpha", 3.0}, {"merged", 7}});
  CHECK(latent.at("left_out") == nlohmann::json{{"decoder.*", 1}});
  model.codi["num_latent"] = 0;
  model.write(dir.path() / "model");
  const Finished refused = extract(info, dir.path());
  CHECK(refused.status == 1);
  CHECK(refused.out.empty());
  CHECK(lines(refused.err) == 1);
  CHECK_THAT(refused.err, Contains("model/codi.json: num_latent is 0, expected an integer in [1"));
}

TEST_CASE("extract info lists a safetensors file", "[inspect]") {
  const TempDir dir;
  const Finished done = extract("info '" + walk_model() + "/model.safetensors'", dir.path());
  REQUIRE(done.status == 0);
  const auto tensor = nlohmann::json::parse(done.out).at("tensors").at("model.norm.weight");
  CHECK(tensor.at("shape") == nlohmann::json{96});
  CHECK(tensor.at("dtype") == "BF16");
  CHECK(tensor.at("sha256_le_c_order").get<std::string>().size() == 64);
}

TEST_CASE("a path that does not exist is bad input, not wrong use", "[inspect]") {
  const TempDir dir;
  const Finished done = extract("info '" + (dir.path() / "no").string() + "'", dir.path());
  CHECK(done.status == 1);
  CHECK_THAT(done.err, Contains("No such file or directory"));
}

TEST_CASE("extract tokens prints ids, byte offsets and the text read back", "[inspect]") {
  const TempDir dir;
  write_text(dir.path() / "prompts.jsonl", "{\"id\": \"p\", \"text\": \" cat  dog\"}\n");
  const std::string arguments = "tokens --model '" + walk_model() + "' --prompts '" +
                                (dir.path() / "prompts.jsonl").string() + "'";
  const Finished with = extract(arguments, dir.path());
  const Finished without = extract(arguments + " --no-special", dir.path());
  REQUIRE(with.status == 0);
  REQUIRE(without.status == 0);
  const auto line = nlohmann::json::parse(without.out);
  CHECK(line.at("id") == "p");
  CHECK(line.at("text") == "cat dog");
  CHECK(line.at("offsets") == nlohmann::json{{1, 4}, {6, 9}});
  CHECK(nlohmann::json::parse(with.out).at("ids").size() == 3);
}

TEST_CASE("extract verify finds a changed byte and a missing shard", "[inspect]") {
  const TempDir dir;
  const std::filesystem::path run = dir.path() / "run";
  REQUIRE(extract(small_loo(run), dir.path()).status == 0);
  const std::filesystem::path shard = run / "word_rep/shard-00001.npy";
  std::string bytes = read_text(shard);
  SECTION("a changed byte") {
    bytes[bytes.size() - 2] = static_cast<char>(bytes[bytes.size() - 2] ^ 1);
    write_text(shard, bytes);
  }
  SECTION("a cut file") {
    std::filesystem::resize_file(shard, bytes.size() - 1);
  }
  SECTION("a missing file") {
    std::filesystem::remove(shard);
  }
  const Finished done = extract("verify '" + run.string() + "'", dir.path());
  CHECK(done.status == 1);
  CHECK_THAT(done.err, Contains("shard-00001.npy"));
}

namespace {

/// A copy of the model walk with one key more in config.json.
std::filesystem::path walk_with(const std::filesystem::path& to, const std::string& key,
                                const nlohmann::json& value) {
  copy_model(to);
  auto config = nlohmann::json::parse(read_text(to / "config.json"));
  config[key] = value;
  write_text(to / "config.json", config.dump());
  return to;
}

const std::string mystery = "config.json: mystery is 7: ignored, llama does not read it";

}  // namespace

TEST_CASE("extract check lists oddities and exits with 1 where a run would be refused",
          "[inspect]") {
  const TempDir dir;
  const auto model = walk_with(dir.path() / "model", "mystery", 7);
  const Finished page = extract("check '" + model.string() + "'", dir.path());
  CHECK(page.status == 0);
  CHECK(page.err.empty());
  CHECK_THAT(page.out, Contains("LlamaForCausalLM") && Contains("warning: " + mystery + "\n"));
  const Finished values = extract("check --json '" + model.string() + "'", dir.path());
  CHECK(values.status == 0);
  const auto report = nlohmann::json::parse(values.out);
  CHECK(report.at("oddities").at(0) == nlohmann::json{{"kind", "ignored"},
                                                      {"file", "config.json"},
                                                      {"what", "mystery"},
                                                      {"found", "7"},
                                                      {"why", "llama does not read it"},
                                                      {"warning", true}});
  CHECK(report.at("refusal").is_null());
  CHECK(report.at("model").at("family") == "llama");

  const auto refused = walk_with(dir.path() / "refused", "is_causal", false);
  const Finished done = extract("check --json '" + refused.string() + "'", dir.path());
  CHECK(done.status == 1);
  CHECK(lines(done.err) == 1);
  CHECK_THAT(done.err, Contains("config.json: is_causal is false, expected true"));
  CHECK_THAT(nlohmann::json::parse(done.out).at("refusal").get<std::string>(),
             Contains("is_causal is false"));
}

TEST_CASE("a run says warnings on standard error, in its log and in plan.json", "[inspect]") {
  const TempDir dir;
  const auto model = walk_with(dir.path() / "model", "mystery", 7);
  const auto run = dir.path() / "run";
  const Finished done = extract("loo --model '" + model.string() + "' --out '" + run.string() +
                                    "' --context-lengths 4,7 --n-trials 2",
                                dir.path());
  REQUIRE(done.status == 0);
  CHECK_THAT(done.err, Contains("warning: " + mystery + "\n"));
  const auto plan = nlohmann::json::parse(read_text(run / "plan.json"));
  CHECK(plan.dump().find(mystery) != std::string::npos);
  CHECK_THAT(read_text(run / "extract-0-of-1.log"), Contains(mystery));
}

TEST_CASE("paths that are no text are shown escaped, on one line", "[inspect]") {
  const TempDir dir;
  const std::string name = "m\xFFo\nd";
  copy_model(dir.path() / name);
  const std::string shown = "m\\xffo\\x0ad";
  const std::string model = "'" + (dir.path() / name).string() + "'";
  const Finished page = extract("check --json " + model, dir.path());
  CHECK(page.status == 0);
  CHECK_THAT(nlohmann::json::parse(page.out).at("directory").get<std::string>(), Contains(shown));
  const std::string out = "'" + (dir.path() / (name + "run")).string() + "'";
  const Finished run = extract(
      "loo --model " + model + " --out " + out + " --context-lengths 4,7 --n-trials 2", dir.path());
  CHECK(run.status == 0);
  CHECK_THAT(nlohmann::json::parse(run.out).at("run").get<std::string>(), Contains(shown + "run"));
  std::filesystem::remove(dir.path() / name / "config.json");
  const Finished refused = extract("info " + model, dir.path());
  CHECK(refused.status == 1);
  CHECK(lines(refused.err) == 1);
  CHECK_THAT(refused.err, Contains(shown + "/config.json: no such file"));
}
