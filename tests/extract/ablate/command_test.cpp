// SPDX-License-Identifier: MIT
#include "ablate_run.hpp"

#include <phiscope/kl_divergence.hpp>

using namespace phiscope::test;
using phiscope::shard::Run;

TEST_CASE("orders, counts and ends of an ablation", "[command]") {
  const TempDir dir;
  make_inputs(dir.path());
  const Run run = ablated(dir.path(), "run", "--orders balance,head-norm,random:0-2 --step-size 2");
  const auto details = nlohmann::json::parse(run.plan().details.dump());
  const auto orders = details.at("orders");
  REQUIRE(orders.size() == 5);
  CHECK(orders[0].at("heads") == nlohmann::json({2, 4, 0, 1, 5, 3}));
  CHECK(orders[0].at("kind") == "ranking");
  CHECK(orders[1].at("heads") == nlohmann::json({5, 3, 4, 0, 2, 1}));
  CHECK(orders[1].at("kind") == "baseline");
  CHECK(orders[2].at("name") == "random-0");
  CHECK(orders[2].at("heads") != orders[3].at("heads"));
  CHECK(details.at("removed") == nlohmann::json({0, 2, 4, 6}));
  const auto kl = measured(run, "kl");
  REQUIRE(kl.size() == 5 * 4 * 3);
  for (std::int64_t prompt = 0; prompt < 3; ++prompt) {
    for (std::int64_t order = 0; order < 5; ++order) {
      CHECK(kl.at({order, 0, prompt}) == 0.0);  // measured: the whole text was computed again
      CHECK(kl.at({order, 6, prompt}) == kl.at({0, 6, prompt}));
      CHECK(kl.at({order, 4, prompt}) > 0.0);
    }
  }
}

TEST_CASE("random orders within the layers of each ranking", "[command]") {
  const TempDir dir;
  make_inputs(dir.path());
  const auto orders_of = [&](const std::string& name, const std::string& more) {
    const Run run = ablated(dir.path(), name, "--step-size 6 " + more);
    return nlohmann::json::parse(run.plan().details.dump()).at("orders");
  };
  const auto one = orders_of("one", "--orders random-in-layer:1-2,balance,head-norm");
  REQUIRE(one.size() == 4);  // after all others; head-norm is no ranking
  CHECK(one[2].at("name") == "random-in-layer-1");
  CHECK(one[3].at("name") == "random-in-layer-2");
  CHECK(one[2].at("kind") == "random-in-layer");
  CHECK(one[2].at("of") == "balance");
  CHECK_FALSE(one[0].contains("of"));
  for (const auto& order : {one[2], one[3]}) {
    for (std::size_t place = 0; place < 6; ++place) {
      const int layer = one[0].at("heads")[place].get<int>() / 2;
      CHECK(order.at("heads")[place].get<int>() / 2 == layer);
    }
  }
  const auto two = orders_of("two", "--orders balance,random-in-layer:3 --score-column head_norm");
  REQUIRE(two.size() == 4);
  CHECK(two[2].at("name") == "random-in-layer-3:balance");
  CHECK(two[3].at("name") == "random-in-layer-3:head_norm");
  CHECK(two[3].at("of") == "head_norm");
}

TEST_CASE("the primary comparison is in the plan", "[command]") {
  const TempDir dir;
  make_inputs(dir.path());
  int number = 0;
  const auto primary = [&](const std::string& more) {
    const Run run =
        ablated(dir.path(), "run" + std::to_string(number++), "--step-size 6 --limit 1 " + more);
    return nlohmann::json::parse(run.plan().details.dump()).at("options").at("primary");
  };
  CHECK(primary("--orders head-norm,balance,random:0-1") == "balance");
  CHECK(primary("--orders random:0-1,head-norm") == "head-norm");
  CHECK(primary("--orders random:0-1") == "");
  CHECK(primary("--orders balance,head-norm --primary head-norm") == "head-norm");
  CHECK(primary("--orders balance,random-in-layer:0 --primary balance:in-layer") ==
        "balance:in-layer");
}

TEST_CASE("the published orders, and what is weak about them", "[command]") {
  const TempDir dir;
  make_inputs(dir.path());
  write_text(dir.path() / "rankings.csv",
             "head_idx,balance_score,rank_difference_score\n0,6,1\n1,5,2\n2,4,3\n3,3,4\n4,2,5\n"
             "5,1,6\n");
  const auto names = [&](const std::string& name, const std::string& more, std::string& said) {
    const Finished done =
        extract(ablate_call(dir.path(), name, "--step-size 6 --limit 1 " + more), dir.path());
    REQUIRE(done.status == 0);
    said = done.err;
    std::vector<std::string> found;
    const Run run = Run::open(dir.path() / name);
    const auto details = nlohmann::json::parse(run.plan().details.dump());
    CHECK(details.at("options").at("published") == (more == "--published"));
    for (const auto& order : details.at("orders")) {
      found.push_back(order.at("name").get<std::string>());
    }
    return found;
  };
  std::string said;
  CHECK(names("published", "--published", said) ==
        std::vector<std::string>{"balance", "rank-difference", "random-0", "random-1", "random-2",
                                 "random-3", "random-4"});
  CHECK_THAT(said, Contains("five random orders") && Contains("below 1/6") &&
                       Contains("19 are the least"));
  const auto preset = names("preset", "", said);
  REQUIRE(preset.size() == 22);
  CHECK(preset.front() == "balance");
  CHECK(preset.back() == "random-19");
  CHECK_THAT(said, !Contains("published"));
  const Finished both =
      extract(ablate_call(dir.path(), "no", "--published --orders balance"), dir.path());
  CHECK(both.status == 2);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "no"));
}

TEST_CASE("divergences on the way are those of the scores", "[command]") {
  const TempDir dir;
  make_inputs(dir.path());
  const std::string what = "--orders balance --step-size 3 ";
  const auto kl = measured(ablated(dir.path(), "run", what), "kl");
  const Run dumped = ablated(dir.path(), "dumped", what + "--dump-logits --removals-per-shard 2");
  const auto by_step = measured(dumped, "kl");
  const auto changed = measured(dumped, "prediction_changed");
  std::map<Key, std::vector<double>> scores;
  for (const std::int64_t k : dumped.shards()) {
    const auto file = dumped.array("logits", k);
    const auto values = file.read<double>();
    const auto keys = dumped.keys("ablation", k).read<std::int64_t>();
    const auto vocab = static_cast<std::ptrdiff_t>(file.shape().at(1));
    for (std::size_t i = 0; i < keys.size() / 4; ++i) {
      const auto key = keys.begin() + static_cast<std::ptrdiff_t>(4 * i);
      const auto row = values.begin() + static_cast<std::ptrdiff_t>(i) * vocab;
      scores[Key(key, key + 4)] = {row, row + vocab};
    }
  }
  REQUIRE(scores.size() == 3 * 3 * 7);
  for (const std::int64_t removed : {0, 3, 6}) {
    for (std::int64_t prompt = 0; prompt < 3; ++prompt) {
      double sum = 0.0;
      for (std::int64_t step = 0; step < 7; ++step) {
        const Key key{0, removed, prompt, step};
        const auto& intact = scores.at({0, 0, prompt, step});
        const auto& other = scores.at(key);
        const auto wanted =
            phiscope::kl_divergence<double, double>(std::span(intact), std::span(other));
        CAPTURE(key);
        CHECK(by_step.at(key) == Approx(wanted.kl.value()).margin(1e-12));
        CHECK(changed.at(key) == (wanted.prediction_changed ? 1.0 : 0.0));
        sum += wanted.kl.value();
      }
      CHECK(kl.at({0, removed, prompt}) == Approx(sum / 7).epsilon(1e-6).margin(1e-12));
    }
  }
}

TEST_CASE("every head alone", "[command]") {
  const TempDir dir;
  make_inputs(dir.path());
  const auto alone = measured(ablated(dir.path(), "alone", "--heads-alone"), "kl");
  REQUIRE(alone.size() == 7 * 3);
  const auto ranked = measured(ablated(dir.path(), "ranked", "--orders balance"), "kl");
  for (std::int64_t prompt = 0; prompt < 3; ++prompt) {
    CHECK(alone.at({-1, -1, prompt}) == 0.0);
    CHECK(alone.at({-1, 2, prompt}) == ranked.at({0, 1, prompt}));  // 2 is the first of balance
  }
}

TEST_CASE("an ablation that is killed resumes to the same bytes", "[command]") {
  const TempDir dir;
  make_inputs(dir.path());
  const std::string what = "--orders random:0-40 --removals-per-shard 2";
  ablated(dir.path(), "whole", what);
  const std::filesystem::path commit = dir.path() / "part/commit/shard-00030.json";
  const Finished done = run_shell(
      "bash -c '" + program_dir() + "/extract " + "ablate --model " + walk_model() + " --texts " +
          (dir.path() / "texts").string() + " --out " + (dir.path() / "part").string() + " " +
          what + " & pid=$!; until [ -e " + commit.string() +
          " ] || ! kill -0 $pid; do sleep 0.005; done; kill -KILL $pid; wait $pid'",
      dir.path());
  CHECK(done.status == 137);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "part/manifest.json"));
  const Finished last =
      extract("ablate --model " + walk_model() + " --texts " + (dir.path() / "texts").string() +
                  " --out " + (dir.path() / "part").string() + " " + what,
              dir.path());
  REQUIRE(last.status == 0);
  CHECK(tree(dir.path() / "part") == tree(dir.path() / "whole"));
}

TEST_CASE("rankings, orders and texts that do not fit are refused", "[command]") {
  const TempDir dir;
  make_inputs(dir.path());
  const auto refused = [&](const std::string& more, const std::string& reason) {
    const Finished done = extract(ablate_call(dir.path(), "no", more), dir.path());
    CAPTURE(more, done.err);
    CHECK(done.status == 1);
    CHECK_THAT(done.err, Contains(reason));
    CHECK_FALSE(std::filesystem::exists(dir.path() / "no"));
  };
  refused("--orders tdmi", "tdmi_score");
  refused("--orders random:3-1", "random:3-1");
  refused("--orders random:x", "random:FIRST-LAST");
  refused("--orders balance,balance", "twice");
  refused("--orders random:0-1,head-norm,random-in-layer:0", "without a ranking");
  refused("--orders balance,random-in-layer:2-1", "FIRST up to LAST");
  refused("--orders balance,random-in-layer:x", "random-in-layer:FIRST-LAST");
  refused("--orders balance,random:0 --primary tdmi", "(balance)");
  refused("--orders balance,random:0 --primary balance:in-layer", "random-in-layer");
  refused("--orders balance,random-in-layer:0 --primary head-norm", "balance, balance:in-layer)");
  write_text(dir.path() / "rankings.csv", "head_idx,balance_score\n0,1\n1,2\n");
  refused("--orders balance", "rankings.csv");
  const Finished other =
      extract("ablate --model '" + (source_dir() / "datasets/models/words").string() +
                  "' --texts '" + (dir.path() / "texts").string() + "' --orders random:0 --out '" +
                  (dir.path() / "no").string() + "'",
              dir.path());
  CHECK(other.status == 1);
  CHECK_THAT(other.err, Contains("another model"));
}

TEST_CASE("texts with latent thoughts are refused", "[command]") {
  const TempDir dir;
  write_text(dir.path() / "q.jsonl",
             "{\"question\": \"If today is Monday, which day is tomorrow?\"}\n");
  const std::string model = "'" + (source_dir() / "datasets/models/week").string() + "'";
  const Finished spoken = extract("phiid --generate 4 --model " + model + " --prompts '" +
                                      (dir.path() / "q.jsonl").string() + "' --out '" +
                                      (dir.path() / "texts").string() + "'",
                                  dir.path());
  CAPTURE(spoken.err);
  REQUIRE(spoken.status == 0);
  const Finished done = extract("ablate --heads-alone --model " + model + " --texts '" +
                                    (dir.path() / "texts").string() + "' --out '" +
                                    (dir.path() / "run").string() + "'",
                                dir.path());
  CHECK(done.status == 1);
  CHECK_THAT(done.err,
             Contains("texts/prompts.jsonl: texts with latent thoughts, expected texts of "
                      "tokens alone"));
  CHECK_FALSE(std::filesystem::exists(dir.path() / "run"));
}
