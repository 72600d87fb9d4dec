// SPDX-License-Identifier: MIT
// What extract loo runs by default, as published, and with shuffled words.
#include "catch.hpp"
#include "extract/command/fixture.hpp"
#include "shard/run_reader.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>

using namespace phiscope::test;
using RunDirectory = phiscope::shard::Run;

namespace {

const std::string published_line =
    "warning: --published: 5 walks per length, as in the published experiment: no sign-flip "
    "p-value can be below 2/2^5 = 0.0625, and a t interval over 5 walks covers 0.83 instead of "
    "0.95 on skewed data; the default of 20 walks has neither weakness";

std::string short_loo(const TempDir& dir, const std::string& more) {
  return "loo --model '" + walk_model() + "' --out '" + (dir.path() / "run").string() +
         "' --context-lengths 3 " + more;
}

}  // namespace

TEST_CASE("extract loo draws 20 walks and names bridges against anchors as what it decides",
          "[flags]") {
  const TempDir dir;
  const Finished done = extract(short_loo(dir, ""), dir.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const RunDirectory run = RunDirectory::open(dir.path() / "run");
  CHECK(run.prompts().size() == 2 * 20);
  const auto& options = run.plan().details.at("options");
  CHECK(options.at("n_trials") == 20);
  CHECK(options.at("published") == false);
  CHECK(options.at("primary") == "bridge-anchor");
}

TEST_CASE("--published draws 5 walks and says what they cannot show", "[flags]") {
  const TempDir dir;
  const Finished done =
      extract(short_loo(dir, "--published --conditions semantic --primary clusters"), dir.path());
  REQUIRE(done.status == 0);
  CHECK_THAT(done.err, Contains(published_line + "\n"));
  const RunDirectory run = RunDirectory::open(dir.path() / "run");
  CHECK(run.prompts().size() == 5);
  const auto& options = run.plan().details.at("options");
  CHECK(options.at("n_trials") == 5);
  CHECK(options.at("published") == true);
  CHECK(options.at("primary") == "clusters");
  const Finished both = extract(short_loo(dir, "--published --n-trials 20"), dir.path());
  CHECK(both.status == 2);
  CHECK_THAT(both.err, Contains("--n-trials") && Contains("--published"));
  CHECK_THAT(extract("loo --help", dir.path()).out, Contains("2/2^5 = 0.0625"));
}

TEST_CASE("--primary takes the names of tests alone", "[flags]") {
  const TempDir dir;
  const Finished done = extract(short_loo(dir, "--primary depth"), dir.path());
  CHECK(done.status == 2);
  CHECK_THAT(done.err, Contains("--primary") && Contains("bridge-anchor"));
}

TEST_CASE("shuffled is a further condition and leaves the others' bytes", "[flags]") {
  const TempDir dir;
  const std::string rest = "' --context-lengths 5 --n-trials 2 --positions all --conditions ";
  const auto run_of = [&](const std::string& name, const std::string& conditions) {
    const std::filesystem::path out = dir.path() / name;
    const Finished done =
        extract("loo --model '" + walk_model() + "' --out '" + out.string() + rest + conditions,
                dir.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    return RunDirectory::open(out);
  };
  const RunDirectory without = run_of("without", "semantic,unrelated");
  const RunDirectory with = run_of("with", "semantic,unrelated,shuffled");
  REQUIRE(with.prompts().size() == 6);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(with.prompts()[i] == without.prompts()[i]);
    const auto shard = static_cast<std::int64_t>(i);
    CHECK(with.array("word_rep", shard).read<double>() ==
          without.array("word_rep", shard).read<double>());
  }
  const auto clusters = with.plan().details.at("loo").at("conditions").at(2).at("cluster");
  for (std::size_t i = 4; i < 6; ++i) {
    const auto& walk = with.prompts()[i - 4].at("meta");
    const auto& meta = with.prompts()[i].at("meta");
    CHECK(with.prompts()[i].at("id") == "shuffled/n5/trial" + std::to_string(i - 4));
    CHECK(meta.at("adjacency") == walk.at("adjacency"));
    const auto nodes = meta.at("nodes").get<std::vector<std::size_t>>();
    std::vector<int> bridges;
    for (std::size_t p = 1; p < nodes.size(); ++p) {
      if (clusters.at(nodes[p]) != clusters.at(nodes[p - 1])) {
        bridges.push_back(static_cast<int>(p));
      }
    }
    CHECK(meta.at("bridge").get<std::vector<int>>() == bridges);
  }
}

TEST_CASE("shuffled needs a condition whose words it shuffles", "[flags]") {
  const TempDir dir;
  const Finished done = extract(short_loo(dir, "--conditions shuffled"), dir.path());
  CHECK(done.status == 1);
  CHECK_THAT(done.err, Contains("found shuffled alone, expected semantic or unrelated"));
  write_text(dir.path() / "graph.json",
             R"({"name": "own", "words": ["cat", "dog", "chair", "desk"], "clusters": [0, 0, 1, 1],
                 "groups": [0, 1, 0, 1]})");
  const Finished graph = extract(short_loo(dir, "--n-trials 3 --conditions shuffled --graph '" +
                                                    (dir.path() / "graph.json").string() + "'"),
                                 dir.path());
  CAPTURE(graph.err);
  REQUIRE(graph.status == 0);
  const RunDirectory run = RunDirectory::open(dir.path() / "run");
  CHECK(run.prompts().size() == 6);
  CHECK(run.plan().details.at("options").at("conditions") ==
        std::vector<std::string>{"own", "shuffled"});
}

TEST_CASE("walks of a file are shuffled as well", "[flags]") {
  const TempDir dir;
  const std::string rest = R"("adjacency": [[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]],
      "seed": 5, "tokens": ["cat", "chair", "desk", "dog", "cat", "dog", "desk"],
      "test_positions": [1, 4, 6]})";
  write_text(dir.path() / "walks.json",
             R"({"vocabulary": {"own": {"clusters": {"a": ["cat", "chair"], "b": ["dog", "desk"]},
                   "semantic_groups": {"animals": ["cat", "dog"], "things": ["chair", "desk"]}}},
                 "walks": [{"condition": "own", "N": 7, "trial": 0, )" +
                 rest + R"(, {"condition": "own", "N": 7, "trial": 1, )" + rest + "]}");
  const std::string walks =
      "--walks '" + (dir.path() / "walks.json").string() + "' --conditions semantic,shuffled";
  const Finished done = extract(
      "loo --model '" + walk_model() + "' --out '" + (dir.path() / "run").string() + "' " + walks,
      dir.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const RunDirectory run = RunDirectory::open(dir.path() / "run");
  CHECK(run.plan().details.at("options").at("conditions") ==
        std::vector<std::string>{"own", "shuffled"});
  REQUIRE(run.prompts().size() == 4);
  using Nodes = std::vector<int>;
  const auto nodes = [&run](std::size_t prompt) {
    return run.prompts()[prompt].at("meta").at("nodes").get<Nodes>();
  };
  const Nodes in_file = {0, 1, 3, 2, 0, 2, 3};  // of cat, chair, dog, desk
  for (const std::size_t trial : {0, 1}) {
    CHECK(nodes(trial) == in_file);
    const auto& shuffled = run.prompts()[2 + trial];
    CHECK(shuffled.at("id") == "shuffled/n7/trial" + std::to_string(trial));
    CHECK(shuffled.at("meta").at("removed") == Nodes{1, 4, 6});
    Nodes sorted = nodes(2 + trial);
    CHECK(sorted != in_file);
    std::ranges::sort(sorted);
    CHECK(sorted == Nodes{0, 0, 1, 2, 2, 3, 3});
  }
  CHECK(nodes(2) != nodes(3));  // each trial has an order of its own
}
