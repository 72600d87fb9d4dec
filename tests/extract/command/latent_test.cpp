// SPDX-License-Identifier: MIT
// The demo model of latent thoughts through the program, against a second forward pass (Python, no
// cache).
#include "catch.hpp"
#include "fixture.hpp"
#include "places.hpp"
#include "shard/run_reader.hpp"

#include <cmath>
#include <fstream>
#include <map>
#include <vector>

using namespace phiscope::test;
using phiscope::shard::Run;

namespace {

using Key = std::vector<std::int64_t>;

std::string week() {
  return "'" + (source_dir() / "datasets/models/week").string() + "'";
}

nlohmann::json golden_week() {
  std::ifstream file(golden() / "latent" / "week.json");
  return nlohmann::json::parse(file);
}

/// Rows of an array by their key; rows of several numbers follow each other.
std::map<Key, std::vector<double>> rows_of(const Run& run, const std::string& array,
                                           const std::string& space) {
  std::map<Key, std::vector<double>> rows;
  for (const std::int64_t shard : run.shards()) {
    const auto file = run.keys(space, shard);
    const std::vector<std::int64_t> keys = file.read<std::int64_t>();
    const std::vector<double> values = run.array(array, shard).read<double>();
    const std::size_t width = file.shape()[1];
    const std::size_t count = keys.size() / width;
    for (std::size_t row = 0; row < count; ++row) {
      const auto* key = keys.data() + row * width;
      const auto* value = values.data() + row * (values.size() / count);
      rows[Key(key, key + width)] = {value, value + values.size() / count};
    }
  }
  return rows;
}

/// Questions of the golden file as prompts.
std::size_t write_questions(const std::filesystem::path& folder, const nlohmann::json& wanted) {
  std::string lines;
  for (const auto& pair : wanted.at("pairs")) {
    lines +=
        nlohmann::json{{"id", pair.at("pair_id")}, {"question", pair.at("clean").at("question")}}
            .dump() +
        "\n";
  }
  write_text(folder / "questions.jsonl", lines);
  return wanted.at("pairs").size();
}

Run activations(const std::filesystem::path& folder, const std::string& name,
                const std::string& more) {
  const Finished done = extract("activations --model " + week() + " --prompts '" +
                                    (folder / "questions.jsonl").string() + "' --out '" +
                                    (folder / name).string() + "' " + more,
                                folder);
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  return Run::open(folder / name);
}

}  // namespace

TEST_CASE("thoughts, answers and scores of the demo model are the golden ones", "[latent]") {
  const TempDir dir;
  const nlohmann::json wanted = golden_week();
  REQUIRE(write_questions(dir.path(), wanted) == 3);
  const Run run = activations(dir.path(), "run", "--capture hook_embed,logits --generate 4");
  const auto fed = rows_of(run, "hook_embed", "token");
  const auto scores = rows_of(run, "logits", "token");
  const auto said = rows_of(run, "generated_ids", "generated");
  for (std::int64_t p = 0; p < 3; ++p) {
    const auto& clean = wanted.at("pairs")[static_cast<std::size_t>(p)].at("clean");
    const auto& prompt = run.prompts().at(static_cast<std::size_t>(p));
    const auto ids = prompt.at("input_ids").get<std::vector<int>>();
    CHECK(std::vector<int>(ids.begin(), ids.end() - 1) ==
          clean.at("ids").get<std::vector<int>>());  // the last one begins the thoughts
    CHECK(prompt.at("latents") == 6);
    const auto begin = static_cast<std::int64_t>(ids.size());
    for (std::int64_t step = 0; step < 6; ++step) {
      const auto& input = fed.at({p, begin + step});
      double square = 0.0;
      for (const double unit : input) square += unit * unit;
      CAPTURE(p, step);
      CHECK(std::sqrt(square) ==
            Approx(clean.at("latent_norms")[static_cast<std::size_t>(step)].get<double>())
                .margin(2e-5));
      for (std::size_t unit = 0; unit < 4; ++unit) {
        CHECK(
            input[unit] ==
            Approx(
                clean.at("latent_first_units")[static_cast<std::size_t>(step)][unit].get<double>())
                .margin(2e-5));
      }
    }
    const auto eot = begin + 6;
    REQUIRE(prompt.at("after_ids").size() == 1);
    for (std::size_t i = 0; i < clean.at("top_ids").size(); ++i) {
      const auto id = clean.at("top_ids")[i].get<std::size_t>();
      CHECK(scores.at({p, eot})[id] ==
            Approx(clean.at("top_logits")[i].get<double>()).margin(1e-4));
    }
    std::vector<int> answer;
    for (std::int64_t step = 0; said.contains({p, step}); ++step) {
      answer.push_back(static_cast<int>(said.at({p, step})[0]));
    }
    CHECK(answer == clean.at("greedy").get<std::vector<int>>());
  }
}

TEST_CASE("patches of the demo model's thoughts are the golden ones", "[latent]") {
  const TempDir dir;
  const nlohmann::json wanted = golden_week();
  std::ifstream file(source_dir() / "datasets/week/pairs.json");
  nlohmann::json chosen = nlohmann::json::array();
  for (const auto& golden_pair : wanted.at("pairs")) {
    file.clear();
    file.seekg(0);
    for (const auto& pair : nlohmann::json::parse(file)) {
      if (pair.at("pair_id") == golden_pair.at("pair_id")) chosen.push_back(pair);
    }
  }
  REQUIRE(chosen.size() == 3);
  write_text(dir.path() / "pairs.json", chosen.dump());
  const Finished done =
      extract("patching --model " + week() + " --pairs '" + (dir.path() / "pairs.json").string() +
                  "' --dtype float64 --batch-size 20 --no-greedy --out '" +
                  (dir.path() / "run").string() + "'",
              dir.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const Run run = Run::open(dir.path() / "run");
  const auto details = nlohmann::json::parse(run.plan().details.dump());
  const auto readouts = details.at("readouts").get<std::vector<std::string>>();
  CHECK(readouts == std::vector<std::string>{"eot", "eot:corrupted", "clean:0", "corrupted:0"});
  const auto kl = rows_of(run, "reverse_kl", "site");
  const auto score = rows_of(run, "token_log_probability", "site");
  for (std::int64_t p = 0; p < 3; ++p) {
    const auto& patched = wanted.at("pairs")[static_cast<std::size_t>(p)].at("patched");
    const auto difference = [&](std::int64_t layer, std::int64_t step) {
      return score.at({p, 0, 0, layer, step, 2})[0] - score.at({p, 0, 0, layer, step, 3})[0];
    };
    const double clean = difference(-2, 0);
    const double corrupted = difference(-1, 0);
    CHECK(clean == Approx(patched.at("answer_diff").at("clean").get<double>()).margin(1e-5));
    CHECK(corrupted ==
          Approx(patched.at("answer_diff").at("corrupted").get<double>()).margin(1e-5));
    for (std::int64_t layer = 0; layer < 2; ++layer) {
      for (std::int64_t step = 0; step < 6; ++step) {
        const auto l = static_cast<std::size_t>(layer);
        const auto s = static_cast<std::size_t>(step);
        CAPTURE(p, layer, step);
        CHECK(kl.at({p, 0, 0, layer, step, 0})[0] ==
              Approx(patched.at("kl")[l][s].get<double>()).margin(2e-6));
        CHECK((difference(layer, step) - corrupted) / (clean - corrupted) ==
              Approx(patched.at("recovery")[l][s].get<double>()).margin(2e-6));
      }
    }
  }
}

TEST_CASE("interventions name thoughts by their number", "[latent]") {
  const TempDir dir;
  write_questions(dir.path(), golden_week());
  const auto hidden = [&](const std::string& name, const std::string& actions) {
    write_text(dir.path() / "actions.json", actions);
    const Run run = activations(dir.path(), name,
                                "--capture hook_resid_post,logits --interventions '" +
                                    (dir.path() / "actions.json").string() + "'");
    const auto length = run.prompts()[0].at("input_ids").size();
    return std::pair(rows_of(run, "hook_resid_post", "token"), static_cast<std::int64_t>(length));
  };
  const auto [plain, begin] = hidden("plain", "[]");
  const auto [zeroed, unused] = hidden(
      "zeroed", R"([{"prompt": "*", "action": "zero_positions", "layer": 0, "latents": [1, 4]}])");
  const auto [added, unused_too] =
      hidden("added",
             R"([{"prompt": "7", "action": "add", "layer": 0, "latents": [1], "scale": -1,
           "source": {"prompt": "7", "latents": [1]}}])");
  for (std::int64_t step = 0; step < 6; ++step) {
    const std::vector<double>& row = zeroed.at({0, begin + step});
    const bool nothing =
        std::all_of(row.begin(), row.begin() + 64, [](double x) { return x == 0; });
    CAPTURE(step);
    CHECK(nothing == (step == 1 || step == 4));
    CHECK((row == plain.at({0, begin + step})) == (step == 0));
    const std::vector<double>& sum = added.at({0, begin + step});
    CHECK((sum[5] == 0.0) == (step == 1));
  }
}

TEST_CASE("thoughts of an earlier run are named by their number too", "[latent]") {
  const TempDir dir;
  const nlohmann::json wanted = golden_week();
  write_questions(dir.path(), wanted);
  activations(dir.path(), "stored", "--capture hook_resid_post");
  const std::string first = wanted.at("pairs")[0].at("pair_id").dump();
  const std::string other = wanted.at("pairs")[1].at("pair_id").dump();
  const auto logits = [&](const std::string& name, const std::string& kind,
                          const std::string& more) {
    write_text(dir.path() / "actions.json",
               R"([{"prompt": ")" + first + R"(", "action": "patch", "layer": 0, "latents": [1, 4],
                   "source": {")" +
                   kind + "\": \"" + other + R"(", "latents": [5, 2]}}])");
    return rows_of(activations(dir.path(), name,
                               "--capture logits --interventions '" +
                                   (dir.path() / "actions.json").string() + "' " + more),
                   "logits", "token");
  };
  const auto patched = logits("prompt", "prompt", "");
  CHECK(logits("donor", "donor", "--donors '" + (dir.path() / "stored").string() + "'") == patched);
  const Run plain = activations(dir.path(), "plain", "--capture logits");
  CHECK(rows_of(plain, "logits", "token") != patched);
}

TEST_CASE("thoughts that are not there are refused", "[latent]") {
  const TempDir dir;
  write_questions(dir.path(), golden_week());
  const auto refusal = [&](const std::string& model, const std::string& action,
                           const std::string& more = "") {
    write_text(dir.path() / "actions.json", "[" + action + "]");
    const Finished done =
        extract("activations --capture logits --model " + model + " --prompts '" +
                    (dir.path() / "questions.jsonl").string() + "' --interventions '" +
                    (dir.path() / "actions.json").string() + "' --out '" +
                    (dir.path() / "run").string() + "' " + more,
                dir.path());
    CHECK(done.status == 1);
    CHECK_FALSE(std::filesystem::exists(dir.path() / "run"));
    return done.err;
  };
  const std::string zero = R"({"prompt": "*", "action": "zero_positions", "layer": 0, )";
  CHECK_THAT(refusal(week(), zero + R"("latents": [6]})"),
             Contains("latents is") && Contains("a list of thoughts in [0, 6), each once"));
  CHECK_THAT(refusal(week(), zero + R"("latents": [1, 1]})"), Contains("each once"));
  CHECK_THAT(refusal(week(), zero + R"("latents": [1], "positions": [0]})"),
             Contains("either latents or positions"));
  CHECK_THAT(refusal(week(), zero + R"("latents": [3]})", "--latents 3"),
             Contains("thoughts in [0, 3)"));
  const std::string walk = "'" + walk_model() + "'";
  write_text(dir.path() / "questions.jsonl", "{\"input_ids\": [1, 10]}\n");
  CHECK_THAT(refusal(walk, zero + R"("latents": [0]})"), Contains("the model has no thoughts"));
  CHECK_THAT(refusal(walk, zero + R"("positions": [0]})", "--latents 3"),
             Contains("--latents: found 3 for a model without codi.json"));
}
