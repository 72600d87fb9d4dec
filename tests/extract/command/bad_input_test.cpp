// SPDX-License-Identifier: MIT
#include "ahead/shard_time.hpp"
#include "catch.hpp"
#include "fixture.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>

using namespace phiscope::test;

namespace {

/// Bad input: exit 1, the last line names the reason, nothing is written.
void check_refused(const Finished& done, const std::filesystem::path& out,
                   const std::string& reason) {
  CAPTURE(done.err);
  CHECK(done.status == 1);
  CHECK(done.out.empty());
  CHECK_THAT(done.err, Contains("error: "));
  CHECK_THAT(done.err, Contains(reason));
  CHECK_FALSE(std::filesystem::exists(out));
}

/// Runs loo on a damaged copy of the model.
void check_model_refused(const TempDir& dir, const std::string& reason) {
  const std::filesystem::path out = dir.path() / "run";
  check_refused(extract("loo --model '" + (dir.path() / "model").string() + "' --out '" +
                            out.string() + "' --context-lengths 4 --n-trials 1",
                        dir.path()),
                out, reason);
}

/// Replaces text in a file by text of the same length, so that offsets stay.
void replace_in(const std::filesystem::path& file, const std::string& from, const std::string& to) {
  std::string bytes = read_text(file);
  const std::size_t at = bytes.find(from);
  REQUIRE(at != std::string::npos);
  bytes.replace(at, from.size(), to);
  write_text(file, bytes);
}

}  // namespace

TEST_CASE("a broken model is refused with one line that says what and where", "[bad_input]") {
  const TempDir dir;
  const std::filesystem::path model = copy_model(dir.path() / "model");
  const std::filesystem::path weights = model / "model.safetensors";
  SECTION("a tensor is missing: it has another name") {
    replace_in(weights, "model.norm.weight", "model.nerm.weight");
    check_model_refused(dir, "norm.weight");
  }
  SECTION("a weight is not a number") {
    std::string bytes = read_text(weights);
    const std::uint16_t nan = 0x7fc0;
    std::memcpy(bytes.data() + bytes.size() - 64, &nan, sizeof nan);
    write_text(weights, bytes);
    check_model_refused(dir, "holds a NaN");
  }
  SECTION("a shape is wrong") {
    replace_in(model / "config.json", "\"vocab_size\": 52", "\"vocab_size\": 53");
    check_model_refused(dir, "shape");
  }
  SECTION("the file is cut") {
    std::filesystem::resize_file(weights, std::filesystem::file_size(weights) - 7);
    check_model_refused(dir, "model.safetensors");
  }
  SECTION("the architecture is unknown") {
    replace_in(model / "config.json", "\"llama\"", "\"mamba\"");
    check_model_refused(dir, "mamba");
  }
  SECTION("there is no model") {
    std::filesystem::remove_all(model);
    check_model_refused(dir, "model");
  }
  SECTION("there is no tokenizer") {
    std::filesystem::remove(model / "tokenizer.json");
    check_model_refused(dir, "tokenizer.json");
  }
}

TEST_CASE("a token beyond the embedding is refused where it is used, by name and prompt",
          "[bad_input]") {
  const TempDir dir;
  const std::filesystem::path model = copy_model(dir.path() / "model");
  const std::filesystem::path out = dir.path() / "run";
  auto tokenizer = nlohmann::json::parse(read_text(model / "tokenizer.json"));
  tokenizer["added_tokens"].push_back({{"id", 52}, {"content", "<image>"}, {"special", true}});
  write_text(model / "tokenizer.json", tokenizer.dump());
  const auto run = [&](const std::string& prompt, const std::string& more) {
    write_text(dir.path() / "p.jsonl", prompt + "\n");
    return extract("activations --capture logits --model '" + model.string() + "' --prompts '" +
                       (dir.path() / "p.jsonl").string() + "' --out '" + out.string() + "' " + more,
                   dir.path());
  };
  const std::string plain = R"({"id": "q", "text": "cat dog"})";
  const std::string named = "52 ('<image>')";
  SECTION("info, and prompts without it") {
    CHECK(extract("info '" + model.string() + "'", dir.path()).status == 0);
    CHECK(run(plain, "--generate 2").status == 0);
  }
  SECTION("a text") {
    check_refused(run(R"({"id": "q", "text": "cat <image> dog"})", ""), out,
                  "p.jsonl: prompt q: token id " + named + ", expected 0 to 51");
  }
  SECTION("ids") {
    check_refused(run(R"({"id": "q", "input_ids": [1, 52]})", ""), out,
                  "p.jsonl: prompt q: token id " + named + ", expected 0 to 51");
  }
  SECTION("a forced token") {
    write_text(dir.path() / "a.json",
               R"([{"prompt": "*", "action": "force_token", "step": 0, "token": 52}])");
    const std::string actions = "--interventions '" + (dir.path() / "a.json").string() + "'";
    check_refused(run(plain, "--generate 2 " + actions), out,
                  "entry 0.token is " + named + " for prompt q, expected token ids in [0, 52)");
  }
  SECTION("end tokens") {
    write_text(model / "generation_config.json", R"({"eos_token_id": [2, 52]})");
    check_refused(run(plain, "--generate 2"), out,
                  "eos_token_id of generation_config.json or config.json: token id " + named);
    CHECK(run(plain, "").status == 0);
    std::filesystem::remove_all(out);
    CHECK(run(plain, "--generate 2 --ignore-eos").status == 0);
  }
  SECTION("end tokens that nothing has") {
    write_text(model / "generation_config.json", R"({"eos_token_id": [900, 901]})");
    check_refused(
        run(plain, "--generate 2"), out,
        "token id 900, expected 0 to 51, the rows of the model's embedding: no text could "
        "end with it; --ignore-eos");
    CHECK(run(plain, "--generate 2 --ignore-eos").status == 0);
    std::filesystem::remove_all(out);
    write_text(model / "generation_config.json", R"({"eos_token_id": [2, 901]})");
    CHECK(run(plain, "--generate 2").status == 0);
  }
  SECTION("a text that no context holds") {
    check_refused(run(R"({"id": "q", "text": ")" + std::string(16'000'001, ' ') + "\"}", ""), out,
                  "p.jsonl: prompt q: a text of 16000001 bytes, expected at most 16000000");
  }
}

TEST_CASE("a word without tokens of its own is refused by name", "[bad_input]") {
  const TempDir dir;
  write_text(dir.path() / "graph.json",
             R"({"name": "mine", "words": ["cat", "zebra"], "clusters": [0, 1], "groups": [0, 0],
                 "adjacency": [[0, 1], [1, 0]]})");
  const std::filesystem::path out = dir.path() / "run";
  check_refused(
      extract(small_loo(out, "--graph '" + (dir.path() / "graph.json").string() + "'"), dir.path()),
      out, "zebra");
}

TEST_CASE("bad walks, graphs and prompt files are refused with file and place", "[bad_input]") {
  const TempDir dir;
  const std::filesystem::path out = dir.path() / "run";
  const std::filesystem::path file = dir.path() / "input.json";
  const auto walks = [&](const std::string& text, const std::string& reason) {
    write_text(file, text);
    check_refused(extract(small_loo(out, "--walks '" + file.string() + "'"), dir.path()), out,
                  reason);
  };
  const auto graph = [&](const std::string& text, const std::string& reason) {
    write_text(file, text);
    check_refused(extract(small_loo(out, "--graph '" + file.string() + "'"), dir.path()), out,
                  reason);
  };
  walks("{}", "vocabulary");
  walks(R"({"vocabulary": {}, "walks": []})", "walks");
  walks(R"({"vocabulary": {}, "walks": [{"condition": "x"}]})", "walks[0].condition");
  graph(R"({"name": "x", "words": ["a", "a"], "clusters": [0, 1], "groups": [0, 0]})", "twice");
  graph(R"({"name": "x", "words": ["a", "b"], "clusters": [0], "groups": [0, 0]})", "clusters");
  graph(R"({"name": "x", "words": ["a", "b"], "clusters": [0, 1], "groups": [0, 0],
            "adjacency": [[0, 1], [0, 0]]})",
        "adjacency");
  graph(R"({"name": "x", "words": ["a", "b"], "clusters": [0, 1], "groups": [0, 0],
            "adjacency": [[0, 0], [0, 0]]})",
        "not connected");
  write_text(file, "");
  check_refused(extract("activations --capture logits --model '" + walk_model() + "' --prompts '" +
                            file.string() + "' --out '" + out.string() + "'",
                        dir.path()),
                out, "input.json");
}

TEST_CASE("a wrong use ends with 2 and names the flag", "[bad_input]") {
  const TempDir dir;
  const std::string arguments =
      GENERATE(as<std::string>{}, "", "loo", "loo --model x --out y --sink away",
               "loo --model x --out y --context-lengths 1", "nonsense", "info");
  const Finished done = extract(arguments, dir.path());
  CAPTURE(arguments, done.err);
  CHECK(done.status == 2);
  CHECK_FALSE(done.err.empty());
}

TEST_CASE("values that no flag can mean are refused", "[bad_input]") {
  const TempDir dir;
  const std::filesystem::path out = dir.path() / "run";
  const auto refused = [&](const std::string& more, const std::string& reason) {
    check_refused(extract(small_loo(out, more), dir.path()), out, reason);
  };
  refused("--layers 0-99", "--layers");
  refused("--layers 2-1", "--layers");
  refused("--positions some", "--positions");
  refused("--positions spread:0", "--positions");
  refused("--shard 3/3", "--shard");
  refused("--shard 1", "--shard");
  refused("--device cuda", "--device");
  refused("--context-lengths 300", "context length");
}

TEST_CASE("memory and minutes beyond every machine are a wrong use", "[bad_input]") {
  const TempDir dir;
  const std::filesystem::path out = dir.path() / "run";
  const std::string option = GENERATE(as<std::string>{}, "--memory", "--shard-minutes");
  for (const std::string value : {"1e300", "inf", "nan", "-nan", "-5", "1000000001", "much"}) {
    const Finished done = extract(small_loo(out, option + "=" + value), dir.path());
    CAPTURE(value, done.err);
    CHECK(done.status == 2);
    CHECK(done.out.empty());
    CHECK_THAT(done.err, Contains(option + ": Value " + value + " not in range 0 to 1000000000\n"));
    CHECK_FALSE(std::filesystem::exists(out));
  }
  for (const char* value : {"0", "0.5", "1e9"}) {
    const Finished done = extract(small_loo(out, option + "=" + value + " --dry-run"), dir.path());
    CAPTURE(value, done.err);
    CHECK(done.status == 0);
  }
}

TEST_CASE("a time that no number of tokens fills divides no shard", "[bad_input]") {
  phiscope::extract::Plan plan;
  for (int group = 0; group < 8; ++group) {
    plan.groups.push_back({.runs = {{.tokens = std::vector<int>(10, 3), .rows = {}}}});
  }
  plan.groups_per_shard = 8;
  const auto config = phiscope::extract::read_config(walk_model());
  for (const double seconds : {1e300, static_cast<double>(INFINITY), static_cast<double>(NAN)}) {
    CAPTURE(seconds);
    CHECK(phiscope::extract::groups_in_time(plan, config, seconds, true) == 8);
  }
}
