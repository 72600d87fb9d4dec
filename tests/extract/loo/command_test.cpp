// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "extract/command/fixture.hpp"
#include "shard/run_reader.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <set>

using namespace phiscope::test;
using RunDirectory = phiscope::shard::Run;

TEST_CASE("extract loo writes a complete run with a row for each word present", "[command]") {
  const TempDir dir;
  const std::string sink = GENERATE(as<std::string>{}, "keep", "drop", "prefix");
  const Finished done = extract(small_loo(dir.path() / "run", "--sink " + sink), dir.path());
  CAPTURE(sink, done.err);
  REQUIRE(done.status == 0);
  CHECK(lines(done.out) == 1);
  CHECK(nlohmann::json::parse(done.out).at("complete") == true);

  const RunDirectory run = RunDirectory::open(dir.path() / "run");
  CHECK(run.plan().experiment == "loo");
  CHECK(run.plan().details.at("options").at("sink") == sink);
  REQUIRE(run.prompts().size() == 8);
  CHECK(run.plan().arrays.at(0).layers.front() == -1);
  for (const std::int64_t shard : run.shards()) {
    const auto& meta = run.prompts().at(static_cast<std::size_t>(shard)).at("meta");
    const auto nodes = meta.at("nodes").get<std::vector<std::int64_t>>();
    std::vector<std::int64_t> expected;  // removed, word
    std::vector<std::int64_t> removed = meta.at("removed").get<std::vector<std::int64_t>>();
    removed.insert(removed.begin(), -1);
    for (const std::int64_t position : removed) {
      std::vector<std::int64_t> left = nodes;
      if (position >= 0) left.erase(left.begin() + position);
      if (sink == "drop") left.erase(left.begin());
      for (const std::int64_t word : std::set<std::int64_t>(left.begin(), left.end())) {
        expected.insert(expected.end(), {position, word});
      }
    }
    const auto keys = run.keys("word", shard).read<std::int64_t>();
    std::vector<std::int64_t> found;
    for (std::size_t row = 0; row < keys.size() / 5; ++row) {
      found.insert(found.end(), {keys[5 * row + 3], keys[5 * row + 4]});
    }
    CHECK(found == expected);
    CHECK(run.array("word_rep", shard).shape().at(0) == expected.size() / 2);
  }
  const Finished verified = extract("verify '" + (dir.path() / "run").string() + "'", dir.path());
  CHECK(verified.status == 0);
}

TEST_CASE("word_rep is the mean of what activations gives for the word's tokens", "[command]") {
  const TempDir dir;
  REQUIRE(extract(small_loo(dir.path() / "run", "--sink keep"), dir.path()).status == 0);
  const RunDirectory run = RunDirectory::open(dir.path() / "run");
  const auto& prompt = run.prompts().at(3);
  const auto nodes = prompt.at("meta").at("nodes").get<std::vector<std::int64_t>>();
  const auto words = run.plan().details.at("loo").at("conditions").at(0).at("words");
  for (const std::int64_t removed : {std::int64_t{-1}, std::int64_t{2}}) {
    // The same walk as plain text, by another road: tokenizer, no prefix sharing, single rows.
    std::string text;
    std::vector<std::int64_t> left = nodes;
    if (removed >= 0) left.erase(left.begin() + removed);
    for (const std::int64_t node : left) {
      text += " " + words.at(static_cast<std::size_t>(node)).get<std::string>();
    }
    const std::filesystem::path other = dir.path() / ("plain" + std::to_string(removed));
    write_text(dir.path() / "prompt.jsonl", nlohmann::json{{"text", text}}.dump() + "\n");
    const Finished done =
        extract("activations --no-special --capture hook_resid_post,hook_embed --model '" +
                    walk_model() + "' --prompts '" + (dir.path() / "prompt.jsonl").string() +
                    "' --out '" + other.string() + "'",
                dir.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    const RunDirectory plain = RunDirectory::open(other);
    const auto layers = plain.array("hook_resid_post", 0).read<double>();
    const auto embedding = plain.array("hook_embed", 0).read<double>();
    const auto reps = run.array("word_rep", 3).read<double>();
    const auto keys = run.keys("word", 3).read<std::int64_t>();
    const auto shape = run.array("word_rep", 3).shape();
    const std::size_t width = shape[2];
    std::size_t checked = 0;
    for (std::size_t row = 0; row < shape[0]; ++row) {
      if (keys[5 * row + 3] != removed) continue;
      const std::int64_t word = keys[5 * row + 4];
      for (std::size_t layer = 0; layer < shape[1]; ++layer) {
        for (std::size_t unit = 0; unit < width; ++unit) {
          double sum = 0.0;
          double count = 0.0;
          for (std::size_t t = 0; t < left.size(); ++t) {
            if (left[t] != word) continue;
            sum += layer == 0 ? embedding[t * width + unit]
                              : layers[(t * (shape[1] - 1) + layer - 1) * width + unit];
            ++count;
          }
          const double rep = reps[(row * shape[1] + layer) * width + unit];
          REQUIRE(rep == Approx(sum / count).margin(2e-5));
          ++checked;
        }
      }
    }
    CHECK(checked > 0);
  }
}

TEST_CASE("the first or last occurrence of a word is the one that represents it", "[command]") {
  const TempDir dir;
  const std::string loo =
      "loo --sink keep --context-lengths 20 --n-trials 1 --conditions semantic ";
  const std::string model = "--model '" + walk_model() + "' --out '";
  REQUIRE(extract(loo + model + (dir.path() / "mean").string() + "'", dir.path()).status == 0);
  const RunDirectory mean = RunDirectory::open(dir.path() / "mean");
  const auto& prompt = mean.prompts().at(0);
  const auto nodes = prompt.at("meta").at("nodes").get<std::vector<std::int64_t>>();
  write_text(dir.path() / "ids.jsonl",
             nlohmann::json{{"input_ids", prompt.at("input_ids")}}.dump() + "\n");
  REQUIRE(extract("activations --capture hook_resid_post --prompts '" +
                      (dir.path() / "ids.jsonl").string() + "' " + model +
                      (dir.path() / "tokens").string() + "'",
                  dir.path())
              .status == 0);
  const auto tokens =
      RunDirectory::open(dir.path() / "tokens").array("hook_resid_post", 0).read<double>();
  for (const std::string occurrence : {"first", "last"}) {
    CAPTURE(occurrence);
    const std::filesystem::path out = dir.path() / occurrence;
    REQUIRE(
        extract(loo + "--occurrence " + occurrence + " " + model + out.string() + "'", dir.path())
            .status == 0);
    const RunDirectory run = RunDirectory::open(out);
    const auto reps = run.array("word_rep", 0).read<double>();
    const auto keys = run.keys("word", 0).read<std::int64_t>();
    const auto shape = run.array("word_rep", 0).shape();
    const std::size_t inner = (shape[1] - 1) * shape[2];  // the blocks; layer -1 is not among them
    std::size_t recurring = 0;
    for (std::size_t row = 0; row < shape[0] && keys[5 * row + 3] == -1; ++row) {
      const auto first = std::ranges::find(nodes, keys[5 * row + 4]) - nodes.begin();
      auto last = std::ssize(nodes) - 1;
      while (nodes[static_cast<std::size_t>(last)] != keys[5 * row + 4]) --last;
      if (first != last) ++recurring;
      const auto at = static_cast<std::size_t>(occurrence == "first" ? first : last);
      for (std::size_t i = 0; i < inner; ++i) {
        REQUIRE(reps[(row * shape[1] + 1) * shape[2] + i] ==
                Approx(tokens[at * inner + i]).margin(2e-5));
      }
    }
    CHECK(recurring > 3);
  }
}

TEST_CASE("a sink is kept, dropped, or given a token before it", "[command]") {
  const TempDir dir;
  const auto run_with = [&](const std::string& sink) {
    const std::filesystem::path out = dir.path() / sink;
    const std::string rest =
        "' --context-lengths 4 --n-trials 1 --conditions semantic --sink " + sink;
    REQUIRE(extract("loo --model '" + walk_model() + "' --out '" + out.string() + rest, dir.path())
                .status == 0);
    return RunDirectory::open(out);
  };
  const RunDirectory keep = run_with("keep");
  const RunDirectory drop = run_with("drop");
  const RunDirectory prefix = run_with("prefix");
  const auto ids = [](const RunDirectory& run) {
    return run.prompts().at(0).at("input_ids").get<std::vector<int>>();
  };
  CHECK(ids(keep) == ids(drop));
  const std::vector<int> longer = ids(prefix);
  CHECK(std::vector<int>(longer.begin() + 1, longer.end()) == ids(keep));
  // The first of four words occurs once in this walk, so that dropping it leaves no row of it.
  const auto nodes = keep.prompts().at(0).at("meta").at("nodes").get<std::vector<std::int64_t>>();
  REQUIRE(std::ranges::count(nodes, nodes.front()) == 1);
  const auto words = [](const RunDirectory& run) {
    const auto keys = run.keys("word", 0).read<std::int64_t>();
    std::set<std::int64_t> present;
    for (std::size_t i = 0; i < keys.size(); i += 5) {
      if (keys[i + 3] == -1) present.insert(keys[i + 4]);
    }
    return present;
  };
  CHECK(words(keep).contains(nodes.front()));
  CHECK(words(prefix) == words(keep));
  CHECK_FALSE(words(drop).contains(nodes.front()));
}

TEST_CASE("the published walks are replayed with their words and positions",
          "[command][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const TempDir dir;
  const std::filesystem::path walks = *reference / "published/loo/loo_walks.json";
  const Finished done = extract("loo --model '" + walk_model() + "' --walks '" + walks.string() +
                                    "' --out '" + (dir.path() / "run").string() + "'",
                                dir.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const RunDirectory run = RunDirectory::open(dir.path() / "run");
  const auto published = phiscope::shard::read_json(walks).at("walks");
  REQUIRE(run.prompts().size() == published.size());
  for (std::size_t i = 0; i < published.size(); ++i) {
    const auto& meta = run.prompts()[i].at("meta");
    CHECK(meta.at("nodes") == published[i].at("nodes"));
    CHECK(meta.at("removed") == published[i].at("test_positions"));
    CHECK(meta.at("bridge") == published[i].at("bridge_positions"));
  }
}

TEST_CASE("more words than the model has positions are refused before they are drawn",
          "[command]") {
  const TempDir dir;
  const std::string end = ", expected at most the context length of the model, 256";
  const auto loo = [&dir](const std::string& more) {
    return extract("loo --dry-run --model '" + walk_model() + "' --out '" +
                       (dir.path() / "run").string() + "' " + more,
                   dir.path());
  };
  const auto refused = [&](const std::string& more, const std::string& message) {
    const Finished done = loo(more);
    CAPTURE(more);
    CHECK(done.status == 1);
    CHECK_THAT(done.err, Contains(message + end));
  };
  const std::string one = "--n-trials 1 --conditions semantic --context-lengths ";
  refused(one + "1000000 --positions spread:9999", "--context-lengths: 1000000 words");
  refused(one + "6,257", "--context-lengths: 257 words");
  refused(one + "256 --sink prefix", "--context-lengths: 256 words and the token before them");
  const Finished fits = loo(one + "256 --positions spread:1");
  CAPTURE(fits.err);
  CHECK(fits.status == 0);

  nlohmann::json walk = {{"condition", "own"}, {"N", 257}, {"trial", 0}, {"seed", 5}};
  walk["adjacency"] = {{0, 1}, {1, 0}};
  for (int i = 0; i < 257; ++i) walk["tokens"].push_back(i % 2 == 0 ? "cat" : "dog");
  nlohmann::json file;
  file["walks"].push_back(walk);
  nlohmann::json& own = file["vocabulary"]["own"];
  own["clusters"]["a"].push_back("cat");
  own["clusters"]["b"].push_back("dog");
  own["semantic_groups"]["animals"] = {"cat", "dog"};
  write_text(dir.path() / "walks.json", file.dump());
  refused("--walks '" + (dir.path() / "walks.json").string() + "'",
          "context own/n257/trial0: 257 words");
}

TEST_CASE("a dry run says what would be run and writes nothing", "[command]") {
  const TempDir dir;
  const Finished done = extract(small_loo(dir.path() / "run", "--dry-run"), dir.path());
  REQUIRE(done.status == 0);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "run"));
  const auto plan = nlohmann::json::parse(done.out).at("plan");
  CHECK(plan.at("runs") == 2 * 2 * (1 + 4 + 1 + 7));
  CHECK(plan.at("saved_by_sharing").get<double>() > 1.3);
}

TEST_CASE("tasks of a job array share a run and end with the bytes of one task", "[command]") {
  const TempDir dir;
  REQUIRE(extract(small_loo(dir.path() / "one"), dir.path()).status == 0);
  for (const char* task : {"2/3", "0/3", "1/3"}) {
    const Finished done =
        extract(small_loo(dir.path() / "three", std::string("--shard ") + task), dir.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
  }
  CHECK(tree(dir.path() / "one") == tree(dir.path() / "three"));
  const Finished slurm = run_shell(
      "SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_MAX=9 "
      "SLURM_ARRAY_TASK_COUNT=3 " +
          program("extract") + " " + small_loo(dir.path() / "gap", "--shard slurm"),
      dir.path());
  CHECK(slurm.status == 1);
  CHECK_THAT(slurm.err, Contains("without gaps"));
}
