// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "extract/command/fixture.hpp"
#include "shard/run_reader.hpp"

#include <phiscope/kl_divergence.hpp>

#include <map>

using namespace phiscope::test;
using phiscope::shard::Run;

namespace {

/// Three texts of the model walk and a ranking of its six heads.
void make_inputs(const std::filesystem::path& folder) {
  write_text(
      folder / "p.jsonl",
      "{\"input_ids\": [1, 10, 11]}\n{\"input_ids\": [1, 20]}\n{\"input_ids\": [1, 5, 9]}\n");
  write_text(folder / "rankings.csv",
             "head_idx,layer,head_in_layer,balance_score,head_norm\n"
             "0,0,0,0.5,3\n1,0,1,0.25,1\n2,1,0,1,2\n3,1,1,0,5\n4,2,0,0.75,4\n5,2,1,0.125,6\n");
  const Finished done =
      extract("phiid --generate 7 --model '" + walk_model() + "' --prompts '" +
                  (folder / "p.jsonl").string() + "' --out '" + (folder / "texts").string() + "'",
              folder);
  REQUIRE(done.status == 0);
}

std::string ablate_call(const std::filesystem::path& folder, const std::string& name,
                        const std::string& more) {
  return "ablate --model '" + walk_model() + "' --texts '" + (folder / "texts").string() +
         "' --ranking '" + (folder / "rankings.csv").string() + "' --out '" +
         (folder / name).string() + "' " + more;
}

Run ablated(const std::filesystem::path& folder, const std::string& name, const std::string& more) {
  const Finished done = extract(ablate_call(folder, name, more), folder);
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  return Run::open(folder / name);
}

using Key = std::vector<std::int64_t>;

/// All rows of a measure, by their keys.
std::map<Key, double> measured(const Run& run, const std::string& array) {
  std::map<Key, double> rows;
  for (const std::int64_t k : run.shards()) {
    const auto values = run.array(array, k).read<double>();
    const auto file = run.keys("ablation", k);
    const auto keys = file.read<std::int64_t>();
    const std::size_t width = file.shape().at(1);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto from = keys.begin() + static_cast<std::ptrdiff_t>(i * width);
      rows[Key(from, from + static_cast<std::ptrdiff_t>(width))] = values[i];
    }
  }
  return rows;
}

}  // namespace

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
