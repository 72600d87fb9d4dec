// SPDX-License-Identifier: MIT
// What a run directory has lost since it was committed, and what may not be committed any more.
#include "catch.hpp"
#include "process.hpp"
#include "shard/run_writer.hpp"
#include "small_run.hpp"
#include "temp_dir.hpp"

#include <stdexcept>

using phiscope::shard::RunWriter;
using phiscope::shard::ShardWriter;
using phiscope::test::small_plan;
using phiscope::test::small_prompts;
using phiscope::test::tree;
using phiscope::test::write_small_run;
using phiscope::test::write_small_shard;
using Shards = std::vector<std::int64_t>;

TEST_CASE("a shard that lost a file, or the end of one, is computed again", "[broken_shards]") {
  const phiscope::test::TempDir dir;
  const auto run = dir.path() / "run";
  write_small_run(run);
  const auto expected = tree(run);
  std::filesystem::remove(run / "x/shard-00001.npy");
  std::filesystem::resize_file(run / "rows/w/shard-00003.npy", 100);
  {
    RunWriter writer(run, small_plan(), small_prompts());
    CHECK(writer.open_shards() == Shards{1, 3});
    REQUIRE(writer.lost().size() == 2);
    CHECK(writer.lost()[0] == (run / "x/shard-00001.npy").string() +
                                  ": is missing or cut, expected as committed; shard 1 is computed "
                                  "again");
    CHECK_THAT(writer.lost()[1], Contains("rows/w/shard-00003.npy"));
    CHECK_FALSE(std::filesystem::exists(run / "manifest.json"));
    CHECK_FALSE(std::filesystem::exists(run / "ids/shard-00001.npy"));
    CHECK_FALSE(writer.finish());
  }
  write_small_run(run);
  CHECK(tree(run) == expected);
  CHECK(RunWriter(run, small_plan(), small_prompts()).lost().empty());
}

TEST_CASE("what another task lost is that task's to compute, and the run is not complete",
          "[broken_shards]") {
  const phiscope::test::TempDir dir;
  const auto run = dir.path() / "run";
  write_small_run(run);
  const auto expected = tree(run);
  std::filesystem::remove(run / "bits/shard-00002.npy");
  {
    RunWriter odd(run, small_plan(), small_prompts(), 1, 2);
    CHECK(odd.open_shards().empty());
    REQUIRE(odd.lost().size() == 1);
    CHECK_THAT(odd.lost()[0],
               Contains("bits/shard-00002.npy") && Contains("run task 0 of 2 again"));
    CHECK_FALSE(odd.finish());
    CHECK_FALSE(std::filesystem::exists(run / "manifest.json"));
    CHECK(std::filesystem::exists(run / "commit/shard-00002.json"));
  }
  write_small_run(run, 0, 2);
  CHECK(tree(run) == expected);
}

TEST_CASE("a file that goes while the last shard is on its way makes no manifest",
          "[broken_shards]") {
  const phiscope::test::TempDir dir;
  RunWriter writer(dir.path(), small_plan(), small_prompts());
  for (const std::int64_t k : writer.open_shards()) write_small_shard(writer, k);
  std::filesystem::remove(dir.path() / "x/shard-00000.npy");
  CHECK_FALSE(writer.finish());
  CHECK_FALSE(std::filesystem::exists(dir.path() / "manifest.json"));
}

TEST_CASE("nothing is committed once the check refuses", "[broken_shards]") {
  const phiscope::test::TempDir dir;
  RunWriter writer(dir.path(), small_plan(), small_prompts());
  bool changed = false;
  writer.check_commits([&] {
    if (changed) throw std::runtime_error("the model has changed");
  });
  for (const std::int64_t k : {0, 1, 2, 3}) write_small_shard(writer, k);
  const auto before = tree(dir.path());
  {
    ShardWriter last = writer.begin(4);
    phiscope::test::fill_small_shard(last, 4);
    changed = true;
    CHECK_THROWS_WITH(last.commit(), "the model has changed");
  }
  CHECK(tree(dir.path()) == before);
  changed = false;
  write_small_shard(writer, 4);
  changed = true;
  CHECK_THROWS_WITH(writer.finish(), "the model has changed");
  CHECK_FALSE(std::filesystem::exists(dir.path() / "manifest.json"));
  changed = false;
  CHECK(writer.finish());
}
