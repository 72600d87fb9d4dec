// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "fixture.hpp"

using namespace phiscope::test;

namespace {

/// A run of 24 shards, each long enough for a signal to fall into it.
std::string long_loo(const std::filesystem::path& out) {
  return "loo --model " + walk_model() + " --out " + out.string() +
         " --context-lengths 40,80 --n-trials 6 --positions all --batch-size 4";
}

}  // namespace

TEST_CASE("a run that is killed or stopped resumes to the same bytes", "[resume]") {
  const TempDir dir;
  REQUIRE(extract(long_loo(dir.path() / "whole"), dir.path()).status == 0);
  const auto wanted = tree(dir.path() / "whole");
  const std::filesystem::path part = dir.path() / "part";
  struct Blow {
    const char* signal;
    int shard;  // sent as soon as this shard is committed, so that a slow machine changes nothing
  };
  for (const Blow blow :
       {Blow{"TERM", 1}, Blow{"KILL", 5}, Blow{"USR1", 9}, Blow{"KILL", 12}, Blow{"INT", 17}}) {
    const std::string commit =
        (part / ("commit/shard-000" + std::string(blow.shard < 10 ? "0" : "") +
                 std::to_string(blow.shard) + ".json"))
            .string();
    const Finished done = run_shell("bash -c 'set -m; " + program_dir() + "/extract" + " " +
                                        long_loo(part) + " & pid=$!; until [ -e " + commit +
                                        " ] || ! kill -0 $pid; do sleep 0.005; done; kill -" +
                                        blow.signal + " $pid; wait $pid'",
                                    dir.path());
    CAPTURE(blow.signal, blow.shard, done.err);
    const bool kill = std::string(blow.signal) == "KILL";
    CHECK(done.status == (kill ? 137 : 75));
    if (!kill) CHECK_THAT(done.err, Contains("rerun the same command to resume"));
    CHECK_FALSE(std::filesystem::exists(part / "manifest.json"));
  }
  const Finished last = extract(long_loo(part), dir.path());
  CAPTURE(last.err);
  REQUIRE(last.status == 0);
  CHECK(tree(part) == wanted);
}

TEST_CASE("a finished run is not computed again, and another plan is refused", "[resume]") {
  const TempDir dir;
  const std::filesystem::path run = dir.path() / "run";
  const Finished first = extract(small_loo(run), dir.path());
  REQUIRE(first.status == 0);
  CHECK_THAT(first.err, Contains("next: analyze-loo " + run.string() + " --out report\n"));
  const auto before = tree(run);
  const Finished again = extract(small_loo(run), dir.path());
  CHECK(again.status == 0);
  CHECK(nlohmann::json::parse(again.out).at("shards") == 0);
  const Finished other = extract(small_loo(run, "--seed 7"), dir.path());
  CHECK(other.status == 1);
  CHECK_THAT(other.err, Contains("seed"));
  CHECK(tree(run) == before);
}

TEST_CASE("a file size limit is one clear line, and the run resumes afterwards", "[resume]") {
  const TempDir dir;
  REQUIRE(extract(small_loo(dir.path() / "whole"), dir.path()).status == 0);
  const std::filesystem::path run = dir.path() / "run";
  const Finished limited =
      run_shell("ulimit -f 8; " + program("extract") + " " + small_loo(run), dir.path());
  CAPTURE(limited.err);
  CHECK(limited.status == 1);
  CHECK_THAT(limited.err, Contains("File too large"));
  for (const auto& [file, bytes] : tree(run)) {
    if (file.find(".part-") == std::string::npos) {
      CHECK(bytes == read_text(dir.path() / "whole" / file));
    }
  }
  REQUIRE(extract(small_loo(run), dir.path()).status == 0);
  CHECK(tree(run) == tree(dir.path() / "whole"));
}

TEST_CASE("a committed file that was lost is computed again, and counted", "[resume]") {
  const TempDir dir;
  const std::filesystem::path run = dir.path() / "run";
  REQUIRE(extract(small_loo(run), dir.path()).status == 0);
  const auto wanted = tree(run);
  const auto shards = nlohmann::json::parse(read_text(run / "plan.json")).at("shards").get<int>();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
    if (entry.path().filename() != "shard-00001.npy") continue;
    std::filesystem::remove(entry.path());
    break;
  }
  const Finished again = extract(small_loo(run), dir.path());
  CAPTURE(again.err);
  CHECK(again.status == 0);
  CHECK_THAT(again.err, Contains("shard-00001.npy: is missing or cut, expected as committed; shard "
                                 "1 is computed again"));
  const auto told = nlohmann::json::parse(again.out);
  CHECK(told.at("shards") == 1);
  CHECK(told.at("shards_found_done") == shards - 1);
  CHECK(tree(run) == wanted);
  // A task counts its own.
  const Finished part = extract(small_loo(run, "--shard 1/2"), dir.path());
  CHECK(nlohmann::json::parse(part.out).at("shards_found_done") == shards / 2);
}

TEST_CASE("a run has the same bytes however its tasks lock", "[resume]") {
  const TempDir dir;
  REQUIRE(extract(small_loo(dir.path() / "flock"), dir.path()).status == 0);
  for (const std::string kind : {"files", "none"}) {
    REQUIRE(extract(small_loo(dir.path() / kind, "--lock " + kind), dir.path()).status == 0);
    CHECK(tree(dir.path() / kind) == tree(dir.path() / "flock"));
  }
}
