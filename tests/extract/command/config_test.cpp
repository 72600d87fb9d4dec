// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "fixture.hpp"

using namespace phiscope::test;

TEST_CASE("a TOML file gives what the command line leaves open", "[config]") {
  const TempDir dir;
  const std::filesystem::path file = dir.path() / "run.toml";
  write_text(file,
             "seed = 5\n[loo]\nsink = \"prefix\"\ncontext-lengths = [4, 5]\nn-trials = 1\n"
             "[activations]\ncapture = \"logits\"\n");
  const std::string common = "loo --model '" + walk_model() + "' --out '" +
                             (dir.path() / "run").string() + "' --config '" + file.string() + "' ";
  const Finished printed = extract(common + "--sink keep --print-config", dir.path());
  CAPTURE(printed.err);
  REQUIRE(printed.status == 0);
  CHECK_THAT(printed.out, Contains("sink = \"keep\"") || Contains("sink = 'keep'"));
  REQUIRE(extract(common + "--sink keep", dir.path()).status == 0);
  const auto options = nlohmann::json::parse(read_text(dir.path() / "run/plan.json")).at("options");
  CHECK(options.at("seed") == 5);
  CHECK(options.at("sink") == "keep");
  CHECK(options.at("context_lengths") == nlohmann::json{4, 5});

  // What was printed is a file that gives the same run.
  write_text(file, printed.out);
  const Finished again = extract("loo --config '" + file.string() + "'", dir.path());
  CAPTURE(again.err);
  CHECK(again.status == 0);
  CHECK(nlohmann::json::parse(again.out).at("shards") == 0);
}

TEST_CASE("an unknown key or table of a TOML file is an error", "[config]") {
  const TempDir dir;
  const std::filesystem::path file = dir.path() / "run.toml";
  const auto refused = [&](const std::string& text, const std::string& reason) {
    write_text(file, text);
    const Finished done =
        extract(small_loo(dir.path() / "run", "--config '" + file.string() + "'"), dir.path());
    CAPTURE(text, done.err);
    CHECK(done.status == 1);
    CHECK_THAT(done.err, Contains(reason));
  };
  refused("sead = 5\n", "sead");
  refused("[lou]\nseed = 5\n", "lou");
  refused("seed = \n", "run.toml: line 1");
  refused("[loo.deeper]\nseed = 5\n", "deeper");
}
