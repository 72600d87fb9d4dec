// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "fixture.hpp"
#include "shard/file/sha256.hpp"
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

TEST_CASE("values of another run are what they were there, to the bit", "[interventions]") {
  const TempDir dir;
  // The donor, computed alone, and as a third prompt of the run that takes its values.
  const std::string donor = "{\"id\": \"c\", \"input_ids\": [1, 7, 8, 9, 30, 31]}\n";
  write_text(dir.path() / "donor.jsonl", donor);
  write_text(dir.path() / "prompts.jsonl",
             "{\"id\": \"a\", \"input_ids\": [1, 10, 11, 12, 13]}\n"
             "{\"id\": \"b\", \"input_ids\": [1, 20, 21, 22, 23, 24]}\n" +
                 donor);
  const auto run = [&](const std::string& name, const std::string& prompts,
                       const std::string& more) {
    const Finished done = extract("activations --model '" + walk_model() + "' --prompts '" +
                                      (dir.path() / prompts).string() + "' --out '" +
                                      (dir.path() / name).string() + "' " + more,
                                  dir.path());
    CAPTURE(more, done.err);
    REQUIRE(done.status == 0);
    return Run::open(dir.path() / name);
  };
  const std::string capture =
      "--capture hook_resid_post,hook_z,hook_embed,ln_final.hook_out,hook_mlp_out ";
  int number = 0;
  for (const std::string dtype : {"float32", "float64", "bfloat16"}) {
    const std::string numerics = "--dtype " + dtype + " ";
    run("stored" + dtype, "donor.jsonl", capture + numerics);
    // KIND is "prompt" or "donor".
    for (const std::string& actions :
         {std::string(R"({"action": "patch", "layer": 1, "positions": [2, -1],
                          "source": {"KIND": "c", "positions": [4, -1]}})"),
          std::string(R"({"action": "patch", "layer": 0, "hook": "hook_z", "head": 1,
                          "positions": [1], "source": {"KIND": "c"}})"),
          std::string(R"({"action": "add", "hook": "hook_embed", "positions": [3], "scale": 0.25,
                          "source": {"KIND": "c", "positions": [1]}})"),
          std::string(R"({"action": "mean", "layer": 2, "hook": "hook_mlp_out", "positions": [1, 2],
                          "source": [{"KIND": "c"}, {"KIND": "c", "positions": [5]}]})"),
          std::string(R"({"action": "patch", "hook": "ln_final.hook_out", "positions": [4],
                          "source": {"KIND": "c"}}, {"action": "patch", "layer": 1,
                          "positions": [4], "source": {"KIND": "c", "positions": [2]}})")}) {
      const auto with = [&](const std::string& kind, const std::string& more) {
        std::string text = actions;
        for (const auto& [from, to] : {std::pair<std::string, std::string>{"KIND", kind},
                                       {"{\"action\"", R"({"prompt": "b", "action")"}}) {
          for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
            text.replace(at, from.size(), to);
            at += to.size();
          }
        }
        write_text(dir.path() / "actions.json", "[" + text + "]");
        return run("run" + std::to_string(number++), "prompts.jsonl",
                   "--capture logits --interventions '" + (dir.path() / "actions.json").string() +
                       "' " + numerics + more)
            .array("logits", 0)
            .read<double>();
      };
      const std::string stored = "--donors '" + (dir.path() / ("stored" + dtype)).string() + "' ";
      const auto wanted = with("prompt", "");
      CAPTURE(dtype, actions);
      CHECK(with("donor", stored) == wanted);
      CHECK(with("donor", stored + "--batch-size 1") == wanted);
      CHECK(run("plain" + std::to_string(number), "prompts.jsonl", "--capture logits " + numerics)
                .array("logits", 0)
                .read<double>() != wanted);
    }
  }
  const auto plan = nlohmann::json::parse(read_text(dir.path() / "run1/plan.json"));
  CHECK(plan.at("options").at("donors") ==
        phiscope::shard::sha256_file(dir.path() / "storedfloat32/manifest.json"));
}

TEST_CASE("a source of another run that is not there is refused", "[interventions]") {
  const TempDir dir;
  write_text(dir.path() / "donor.jsonl", "{\"id\": \"c\", \"input_ids\": [1, 7, 8]}\n");
  const Finished made = extract("activations --model '" + walk_model() + "' --prompts '" +
                                    (dir.path() / "donor.jsonl").string() + "' --out '" +
                                    (dir.path() / "stored").string() +
                                    "' --capture hook_resid_post --layers 0 --positions last",
                                dir.path());
  REQUIRE(made.status == 0);
  const std::string donors = "--donors '" + (dir.path() / "stored").string() + "'";
  const auto refused = [&](const std::string& layer, const std::string& source,
                           const std::string& reason, const std::string& more) {
    CAPTURE(source);
    const std::string entry = R"([{"prompt": "a", "action": "patch", "positions": [2], "layer": )" +
                              layer + R"(, "source": )" + source + "}]";
    CHECK_THAT(refusal_of(dir.path(), entry, more),
               Contains("actions.json") && Contains("entry 0") && Contains(reason));
  };
  refused("0", R"({"donor": "c"})", "--donors RUN for a prompt of another run", "");
  refused("0", R"({"donor": "z"})", "the id of a prompt of --donors", donors);
  refused("0", R"({"donor": "c", "prompt": "b"})", "either prompt or donor", donors);
  refused("1", R"({"donor": "c"})", "a run with --capture hook_resid_post of layer 1", donors);
  refused("0", R"({"donor": "c", "positions": [1]})", "it does not have 1", donors);
  refused("0", R"({"donor": "c", "positions": [3]})", "positions in [-3, 3)", donors);
  refused("0", R"({"donor": "c", "positions": [2, 1]})", "one for each position patched", donors);
  refused("0", R"({"donor": "c", "latents": [0]})", "the model has no thoughts", donors);
  CHECK_THAT(refusal_of(dir.path(), R"([{"prompt": "a", "action": "patch", "positions": [1],
                                         "layer": 0, "source": {"donor": "c"}}])",
                        donors),
             Contains("source.donor") && Contains("it does not have 1"));
  CHECK_THAT(refusal_of(dir.path(), "[]", donors),
             Contains("--donors: found a run that no intervention uses"));
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
