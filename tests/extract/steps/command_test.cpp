// SPDX-License-Identifier: MIT
#include "steps_folder.hpp"

#include <set>
#include <sstream>

using namespace phiscope::test;

namespace {

const std::vector<std::string> measures{"kl", "reverse_kl", "prediction_changed", "token_score",
                                        "token_log_probability"};

/// Everything that a run stores of its step sets, and what each said.
std::map<std::string, StoredRows> all_rows(const PatchingRun& run) {
  std::map<std::string, StoredRows> all;
  for (const std::string& array : measures) all[array] = step_rows(run, array);
  all["generated_ids"] = run.rows("generated_ids", "generated");
  return all;
}

/// Rows of one kind, by problem, step and read-out.
StoredRows of_kind(const StoredRows& rows, std::int64_t kind, std::int64_t layer) {
  StoredRows only;
  for (const auto& [key, value] : rows) {
    if (key[2] == kind && key[1] == layer) only.emplace(RowKey{key[0], key[3], key[4]}, value);
  }
  return only;
}

}  // namespace

TEST_CASE("every step set of every problem has its rows and its own answer", "[command]") {
  const StepsFolder folder;
  const PatchingRun run =
      folder.run("run", "--sets cumulative,single,leave-one,all,early-exit --include-bot");
  CHECK(run.details().at("layers") == nlohmann::json({1}));  // half of two
  CHECK(run.details().at("latents") == 3);
  CHECK(run.details().at("kinds").size() == 5);
  std::map<RowKey, int> sets;
  for (const auto& [key, value] : step_rows(run, "kl")) {
    ++sets[{key[0], key[1], key[2], key[3]}];
  }
  CHECK(sets.size() == 9 * (1 + 3 + 3 + 1 + 3 + 1 + 3));
  std::set<RowKey> spoken;
  for (const auto& [key, value] : run.rows("generated_ids", "generated")) {
    spoken.insert({key[0], key[1], key[2], key[3]});
  }
  CHECK(spoken.size() == sets.size());
  for (const auto& [key, rows] : sets) {
    CAPTURE(key);
    const auto& problem = run.details().at("problems").at(static_cast<std::size_t>(key[0]));
    CHECK(rows == 1 + static_cast<int>(problem.at("tokens").size()));
    CHECK(spoken.contains(key));
    CHECK((key[1] == -1) == (key[2] == baseline || key[2] == early_exit));
  }
  CHECK(run.rows("clean_latents", "latent").size() == 9 * 4);
  const auto texts = read_text(folder.path() / "run/generated_texts.jsonl");
  CHECK(static_cast<std::size_t>(std::ranges::count(texts, '\n')) == sets.size());
}

TEST_CASE("sets that are the same have the same bits", "[command]") {
  const StepsFolder folder;
  const PatchingRun run = folder.run("run", "--sets single,cumulative,all --layers 0,1");
  for (const auto& [array, rows] : all_rows(run)) {
    CAPTURE(array);
    for (const std::int64_t layer : {0, 1}) {
      const StoredRows first = of_kind(rows, cumulative, layer);
      const StoredRows alone = of_kind(rows, single, layer);
      const StoredRows whole = of_kind(rows, all_steps, layer);
      CHECK_FALSE(whole.empty());
      for (const auto& [key, value] : first) {
        CAPTURE(layer, key);
        if (key[1] == 1) CHECK(value == alone.at({key[0], 0, key[2]}));
        if (key[1] == 3) CHECK(value == whole.at(key));
      }
    }
  }
}

TEST_CASE("a baseline is compared with itself, and other thoughts move the answer", "[command]") {
  const StepsFolder folder;
  const PatchingRun run = folder.run("run", "--layers 0,1");
  std::size_t moved = 0;
  for (const auto& [key, value] : step_rows(run, "kl")) {
    CAPTURE(key);
    if (key[2] == baseline) CHECK(value.at(0) == 0.0);
    if (key[2] != baseline) moved += value.at(0) > 0.0 ? 1 : 0;
  }
  // Nothing reads the last thought above the last layer, where it is zeroed alone.
  for (const auto& [key, value] : of_kind(step_rows(run, "kl"), single, 1)) {
    if (key[1] == 2) CHECK(value.at(0) == 0.0);
  }
  CHECK(moved > 100);
}

TEST_CASE("an exit after all thoughts of a shorter run is that run", "[command]") {
  const StepsFolder folder;
  const PatchingRun three = folder.run("three", "--sets early-exit");
  for (const std::int64_t thoughts : {1, 2}) {
    const PatchingRun shorter =
        folder.run("shorter" + std::to_string(thoughts),
                   "--sets early-exit --latents " + std::to_string(thoughts));
    for (const char* array : {"token_score", "token_log_probability"}) {
      const StoredRows exits = of_kind(step_rows(three, array), early_exit, -1);
      std::size_t compared = 0;
      for (const auto& [key, value] : of_kind(step_rows(shorter, array), baseline, -1)) {
        CAPTURE(array, thoughts, key);
        CHECK(exits.at({key[0], thoughts, key[2]}) == value);
        ++compared;
      }
      CHECK(compared > 9);
    }
    const StoredRows said = three.rows("generated_ids", "generated");
    for (const auto& [key, value] : shorter.rows("generated_ids", "generated")) {
      if (key[2] == baseline) CHECK(said.at({key[0], -1, early_exit, thoughts, key[4]}) == value);
    }
  }
}

TEST_CASE("an exit before all thoughts is the question and the end, computed plainly",
          "[command]") {
  const StepsFolder folder;
  const PatchingRun run = folder.run("run", "--sets early-exit --dump-logits --dtype float64");
  // The same tokens as the beginning of a prompt, computed in one pass.
  std::string lines;
  std::istringstream prompts(read_text(folder.path() / "run/prompts.jsonl"));
  for (std::string text; std::getline(prompts, text);) {
    const auto line = nlohmann::json::parse(text);
    auto ids = line.at("input_ids");
    ids.push_back(thinker_base + 2);  // the end, after what begins the thoughts
    lines += nlohmann::json{{"id", line.at("id")}, {"input_ids", ids}}.dump() + "\n";
  }
  write_text(folder.path() / "plain.jsonl", lines);
  const Finished done = extract("activations --model '" + folder.model().string() +
                                    "' --prompts '" + (folder.path() / "plain.jsonl").string() +
                                    "' --capture logits --dtype float64 --out '" +
                                    (folder.path() / "plain").string() + "'",
                                folder.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const PatchingRun plain(folder.path() / "plain");
  const StoredRows scores = plain.rows("logits", "token");
  std::size_t compared = 0;
  for (const auto& [key, value] : step_rows(run, "logits")) {
    if (key[2] != early_exit || key[3] != 0 || key[4] != 0) continue;
    const auto end = run.details().at("problems").at(static_cast<std::size_t>(key[0]));
    const std::vector<double>& same = scores.at({key[0], end.at("positions").get<std::int64_t>()});
    REQUIRE(same.size() == value.size());
    for (std::size_t i = 0; i < value.size(); ++i) CHECK(std::abs(same[i] - value[i]) < 1e-12);
    ++compared;
  }
  CHECK(compared == 9);
}

TEST_CASE("thoughts changed to those of the same question change no bit", "[command]") {
  const StepsFolder folder;
  folder.write({problem_of("a", "9 of 9?", 81, 2), problem_of("b", "9 of 9?", 81, 3)});
  const std::string sets = "--sets single,leave-one,all --include-bot --layers 0,1 ";
  folder.run("donors", sets);
  const std::string donors = sets + "--donors '" + (folder.path() / "donors").string() + "' ";
  const StoredRows resampled = step_rows(folder.run("same", donors + "--donor resample"), "kl");
  CHECK(resampled.size() == 2 * (1 + 2 * (4 + 3 + 1)) * 3);
  for (const auto& [key, value] : resampled) {
    CAPTURE(key);
    CHECK(value.at(0) == 0.0);
  }
  // Of another question they do; the mean of one other is that one.
  folder.write({problem_of("a", "9 of 9?", 81, 2), problem_of("c", "40 eggs?", 5, 3)});
  folder.run("others", sets);
  const std::string others = sets + "--donors '" + (folder.path() / "others").string() + "' ";
  const StoredRows mean = step_rows(folder.run("mean", others + "--donor mean"), "kl");
  const StoredRows other = step_rows(folder.run("other", others + "--donor resample"), "kl");
  std::size_t moved = 0;
  for (const auto& [key, value] : mean) {
    CAPTURE(key);
    CHECK(std::abs(value.at(0) - other.at(key).at(0)) < 1e-9);
    moved += value.at(0) > 0.0 ? 1 : 0;
  }
  CHECK(moved > 40);
}

TEST_CASE("problems that are not among the donors take from all of them", "[command]") {
  const StepsFolder folder;
  folder.write({problem_of("a", "9 of 9?", 81, 2), problem_of("b", "9 of 9?", 81, 3)});
  folder.run("donors", "--sets all");
  folder.write({problem_of("c", "9 of 9?", 81, 2)});
  const StoredRows rows =
      step_rows(folder.run("run", "--sets all --donor mean --donors '" +
                                      (folder.path() / "donors").string() + "'"),
                "kl");
  // Two equal values have that value as their mean, to rounding.
  for (const auto& [key, value] : rows) CHECK(value.at(0) < 1e-9);
}

TEST_CASE("numbers do not depend on batch, threads and shards", "[command]") {
  const StepsFolder folder;
  const std::string sets = "--sets single,cumulative,early-exit ";
  const auto wanted = all_rows(folder.run("one", sets + "--batch-size 1 --problems-per-shard 1"));
  int next = 0;
  for (const char* how : {"--batch-size 80 --problems-per-shard 8", "--batch-size 16 --threads 2",
                          "--batch-size 5 --problems-per-shard 3"}) {
    CAPTURE(how);
    CHECK(all_rows(folder.run("run" + std::to_string(next++), sets + how)) == wanted);
  }
}

TEST_CASE("the published way differs where it says, and nowhere else", "[command]") {
  const StepsFolder folder;
  const Finished done = extract(folder.call("run", "--published"), folder.path());
  REQUIRE(done.status == 0);
  CHECK_THAT(done.err, Contains("warning: --published: the question's last token is set to zero"));
  const PatchingRun run(folder.path() / "run");
  CHECK(run.details().at("kinds") == nlohmann::json({"cumulative"}));
  // Two thoughts after what begins them make three steps: its baseline is that of two thoughts.
  const PatchingRun two = folder.run("two", "--sets early-exit --latents 2");
  CHECK(of_kind(step_rows(run, "token_score"), baseline, -1) ==
        of_kind(step_rows(two, "token_score"), baseline, -1));
  CHECK(of_kind(step_rows(run, "kl"), cumulative, 1).size() ==
        3 * of_kind(step_rows(run, "kl"), baseline, -1).size());
}

TEST_CASE("a run stopped after its first shard resumes to the same bytes", "[command]") {
  const StepsFolder folder;
  nlohmann::json problems = nlohmann::json::array();
  for (int i = 0; i < 24; ++i) {
    problems.push_back(
        problem_of("p" + std::to_string(i), std::to_string(i) + " eggs less 3?", 7 * i, 2 + i % 4));
  }
  folder.write(problems);
  const std::string options = "--problems-per-shard 1 --batch-size 4";
  REQUIRE(extract(folder.call("whole", options), folder.path()).status == 0);
  const std::string commit = (folder.path() / "part/commit/shard-00000.json").string();
  const Finished stopped = run_shell(
      "bash -c \"set -m; " + program("extract") + " " + folder.call("part", options) +
          " & pid=\\$!; until [ -e '" + commit +
          "' ] || ! kill -0 \\$pid; do sleep 0.002; done; kill -TERM \\$pid; wait \\$pid\"",
      folder.path());
  CAPTURE(stopped.err);
  CHECK(stopped.status == 75);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "part/manifest.json"));
  const Finished resumed = extract(folder.call("part", options), folder.path());
  REQUIRE(resumed.status == 0);
  CHECK(nlohmann::json::parse(resumed.out).at("shards_found_done").get<int>() >= 1);
  CHECK(tree(folder.path() / "part") == tree(folder.path() / "whole"));
}
