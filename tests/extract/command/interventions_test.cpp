// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "fixture.hpp"
#include "shard/run_reader.hpp"

#include <algorithm>

using namespace phiscope::test;
using phiscope::shard::Run;

namespace {

/// A run of two prompts with these interventions; the scores of every token.
std::vector<double> scores_with(const std::filesystem::path& folder, const std::string& name,
                                const std::string& interventions, const std::string& more = "") {
  write_text(folder / "prompts.jsonl",
             "{\"id\": \"a\", \"input_ids\": [1, 10, 11, 12, 13]}\n"
             "{\"id\": \"b\", \"input_ids\": [1, 20, 21, 22, 23, 24]}\n");
  write_text(folder / "actions.json", interventions);
  const Finished done = extract("activations --capture logits --model '" + walk_model() +
                                    "' --prompts '" + (folder / "prompts.jsonl").string() +
                                    "' --interventions '" + (folder / "actions.json").string() +
                                    "' --out '" + (folder / name).string() + "' " + more,
                                folder);
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  return Run::open(folder / name).array("logits", 0).read<double>();
}

std::string refusal_of(const std::filesystem::path& folder, const std::string& interventions,
                       const std::string& more = "") {
  write_text(
      folder / "prompts.jsonl",
      "{\"id\": \"a\", \"input_ids\": [1, 10, 11]}\n{\"id\": \"b\", \"input_ids\": [1, 2]}\n");
  write_text(folder / "actions.json", interventions);
  const Finished done = extract("activations --capture logits --model '" + walk_model() +
                                    "' --prompts '" + (folder / "prompts.jsonl").string() +
                                    "' --interventions '" + (folder / "actions.json").string() +
                                    "' --out '" + (folder / "run").string() + "' " + more,
                                folder);
  CHECK(done.status == 1);
  CHECK_FALSE(std::filesystem::exists(folder / "run"));
  CHECK(std::ranges::count(done.err, '\n') == 1);
  return done.err;
}

}  // namespace

TEST_CASE("what an intervention changes, and what it does not", "[interventions]") {
  const TempDir dir;
  const auto plain = scores_with(dir.path(), "plain", "[]");
  const std::size_t vocab = plain.size() / 11;
  const auto same = [&](const std::vector<double>& other, std::size_t first, std::size_t last) {
    return std::equal(plain.begin() + static_cast<std::ptrdiff_t>(first * vocab),
                      plain.begin() + static_cast<std::ptrdiff_t>(last * vocab),
                      other.begin() + static_cast<std::ptrdiff_t>(first * vocab));
  };
  // A prompt's own values change no bit; those of the other prompt change it from there on.
  const auto self = scores_with(dir.path(), "self",
                                R"([{"prompt": "a", "action": "patch", "layer": 1,
                                     "positions": [2], "source": {"prompt": "a"}}])");
  CHECK(same(self, 0, 11));
  const auto patched = scores_with(dir.path(), "patched",
                                   R"([{"prompt": "a", "action": "patch", "layer": 1,
                                        "positions": [2],
                                        "source": {"prompt": "b", "positions": [4]}}])");
  CHECK(same(patched, 0, 2));
  CHECK_FALSE(same(patched, 2, 3));
  CHECK(same(patched, 5, 11));
  // One source: the mean is the value itself.
  const auto mean = scores_with(dir.path(), "mean",
                                R"([{"prompt": "a", "action": "mean", "layer": 1,
                                     "positions": [-3],
                                     "source": [{"prompt": "b", "positions": [4]}]}])");
  CHECK(mean == patched);
  const auto all = scores_with(
      dir.path(), "all", R"([{"prompt": "*", "action": "zero_head", "layer": 0, "head": 1}])");
  CHECK_FALSE(same(all, 0, 5));
  CHECK_FALSE(same(all, 5, 11));
  // Drawn with the seed: the only other prompt.
  const auto resampled = scores_with(dir.path(), "resampled",
                                     R"([{"prompt": "a", "action": "resample", "layer": 1,
                                          "positions": [2]}])");
  const auto by_hand = scores_with(dir.path(), "by_hand",
                                   R"([{"prompt": "a", "action": "patch", "layer": 1,
                                        "positions": [2], "source": {"prompt": "b"}}])");
  CHECK(resampled == by_hand);
}

TEST_CASE("forced tokens are generated, and the actions are in the plan", "[interventions]") {
  const TempDir dir;
  scores_with(dir.path(), "run",
              R"([{"prompt": "*", "action": "force_prefix", "tokens": [30, 31]},
                  {"prompt": "b", "action": "force_token", "step": 3, "token": 40}])",
              "--generate 5 --ignore-eos");
  const Run run = Run::open(dir.path() / "run");
  const auto ids = run.array("generated_ids", 0).read<std::int32_t>();
  REQUIRE(ids.size() == 10);
  CHECK(ids[0] == 30);
  CHECK(ids[1] == 31);
  CHECK(ids[5] == 30);
  CHECK(ids[8] == 40);
  const auto options = nlohmann::json::parse(run.plan().details.at("options").dump());
  CHECK(options.at("actions") == nlohmann::json({2, 3}));
  CHECK(options.at("interventions").at(1).at("token") == 40);
}

TEST_CASE("sharing is reported before anything is computed", "[interventions]") {
  const TempDir dir;
  write_text(dir.path() / "p.jsonl", "{\"id\": \"a\", \"input_ids\": [1, 10, 11, 12]}\n");
  write_text(dir.path() / "i.json",
             R"([{"prompt": "a", "action": "patch", "layer": 1, "positions": [3],
                  "source": {"prompt": "a"}}])");
  const Finished done = extract("activations --capture logits --dry-run --model '" + walk_model() +
                                    "' --prompts '" + (dir.path() / "p.jsonl").string() +
                                    "' --interventions '" + (dir.path() / "i.json").string() +
                                    "' --out '" + (dir.path() / "run").string() + "'",
                                dir.path());
  REQUIRE(done.status == 0);
  const auto plan = nlohmann::json::parse(done.out).at("plan");
  CHECK(plan.at("runs") == 2);
  CHECK(plan.at("token_layers_without_sharing") == 3 * 8);
  CHECK(plan.at("token_layers") == 3 * 4 + 1);  // the donor; one token in the last of three blocks
  CHECK_FALSE(std::filesystem::exists(dir.path() / "run"));
}

TEST_CASE("an intervention that cannot be done is refused by entry and field", "[interventions]") {
  const TempDir dir;
  const auto refused = [&](const std::string& entry, const std::string& reason,
                           const std::string& more = "") {
    CAPTURE(entry);
    const std::string said = refusal_of(dir.path(), "[" + entry + "]", more);
    CHECK_THAT(said, Contains("actions.json") && Contains("entry 0") && Contains(reason));
  };
  const std::string zero = R"("action": "zero_positions", "layer": 0, "positions": )";
  refused(R"({"prompt": "a", "action": "burn"})", "zero_head");
  refused(R"({"prompt": "z", )" + zero + "[0]}", "prompt");
  refused(R"({"prompt": "a", )" + zero + "[3]}", "positions");
  refused(R"({"prompt": "*", )" + zero + "[2]}", "positions");
  refused(R"({"prompt": "a", )" + zero + "[-4]}", "positions");
  refused(R"({"prompt": "a", )" + zero + "[1e300]}", "positions");
  refused(R"({"prompt": "a", )" + zero + "[1, 1]}", "each once");
  refused(R"({"prompt": "a", )" + zero + "[]}", "positions");
  refused(R"({"prompt": "a", )" + zero + R"([0], "colour": 1})", "colour");
  refused(R"({"prompt": "a", )" + zero + R"([0], "hook": "head_norm"})", "hook");
  refused(R"({"prompt": "a", )" + zero + R"([0], "hook": "logits"})", "hook");
  refused(R"({"prompt": "a", )" + zero + R"([0], "head": 0})", "head");
  refused(R"({"prompt": "a", "action": "zero_head", "layer": 3, "head": 0})", "layer");
  refused(R"({"prompt": "a", "action": "zero_head", "layer": 0, "head": 2})", "head");
  refused(R"({"prompt": "a", "action": "zero_positions", "layer": -2, "positions": [0]})", "layer");
  refused(R"({"prompt": "a", "action": "patch", "layer": 0, "positions": [2],
              "source": {"prompt": "b"}})",
          "positions");
  refused(R"({"prompt": "a", "action": "patch", "layer": 0, "positions": [0],
              "source": {"prompt": "c"}})",
          "prompt");
  refused(R"({"prompt": "a", "action": "patch", "layer": 0, "positions": [0, 1],
              "source": {"prompt": "b", "positions": [0]}})",
          "one for each position patched");
  refused(R"({"prompt": "a", "action": "resample", "layer": 0, "positions": [2]})",
          "another prompt");
  refused(R"({"prompt": "a", "action": "force_token", "step": 0, "token": 1})", "--generate");
  refused(R"({"prompt": "a", "action": "force_token", "step": 2, "token": 1})", "step",
          "--generate 2");
  refused(R"({"prompt": "a", "action": "force_token", "step": 1, "token": 52})", "token",
          "--generate 2");
  CHECK_THAT(refusal_of(dir.path(), R"({"prompt": "a"})"), Contains("expected a list"));
}

TEST_CASE("samples, pooled rows and their options", "[interventions]") {
  const TempDir dir;
  write_text(dir.path() / "p.jsonl",
             "{\"input_ids\": [1, 10, 11, 12]}\n{\"input_ids\": [1, 20, 21]}\n");
  const auto call = [&](const std::string& more) {
    return extract("activations --model '" + walk_model() + "' --prompts '" +
                       (dir.path() / "p.jsonl").string() + "' --capture hook_resid_post " + more,
                   dir.path());
  };
  const std::string drawing =
      "--generate 8 --ignore-eos --temperature 1.2 --top-k 10 --samples 3 --seed 4 ";
  const std::string pooled = "--positions pooled --stride 2 --checkpoints 4,8 ";
  for (const char* batch : {"1", "16"}) {
    const Finished done = call(drawing + pooled + "--batch-size " + batch + " --out '" +
                               (dir.path() / batch).string() + "'");
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
  }
  const Run one = Run::open(dir.path() / "1");
  const Run many = Run::open(dir.path() / "16");
  CHECK(one.array("generated_ids", 0).read<std::int32_t>() ==
        many.array("generated_ids", 0).read<std::int32_t>());
  CHECK(one.array("hook_resid_post", 0).read<double>() ==
        many.array("hook_resid_post", 0).read<double>());
  using Shape = std::vector<std::uint64_t>;
  CHECK(many.array("hook_resid_post", 0).shape() == Shape{12, 3, 96});
  CHECK(many.keys("pooled", 0).shape() == Shape{12, 3});
  const auto keys = many.keys("generated", 0).read<std::int64_t>();
  CHECK(std::vector<std::int64_t>(keys.end() - 3, keys.end()) ==
        std::vector<std::int64_t>{1, 2, 7});
  const std::string out = "--out '" + (dir.path() / "no").string() + "'";
  CHECK_THAT(call("--generate 2 --samples 2 " + out).err, Contains("--temperature"));
  CHECK_THAT(call("--generate 2 --top-k 2 " + out).err, Contains("--temperature"));
  CHECK_THAT(call("--generate 2 --temperature -1 " + out).err, Contains("temperature"));
  CHECK_THAT(call("--generate 2 --temperature 1 --top-p 1.5 " + out).err, Contains("top_p"));
  CHECK_THAT(call("--positions pooled " + out).err, Contains("--generate"));
  CHECK_THAT(call("--generate 8 --positions pooled --checkpoints 40 " + out).err,
             Contains("--checkpoints"));
  CHECK_FALSE(std::filesystem::exists(dir.path() / "no"));
}
