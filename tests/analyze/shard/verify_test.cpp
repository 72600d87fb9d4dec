// SPDX-License-Identifier: MIT
#include "shard/verify.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "shard/file/sha256.hpp"
#include "shard/npy/writer.hpp"
#include "shard/run_reader.hpp"
#include "shard/run_writer.hpp"
#include "small_run.hpp"
#include "temp_dir.hpp"

#include <cmath>
#include <limits>

using phiscope::shard::verify;
using phiscope::shard::VerifyReport;
using phiscope::test::read_text;
using phiscope::test::write_text;

namespace {

/// All problems in one text, one a line.
std::string problems(const std::filesystem::path& run) {
  std::string text;
  for (const std::string& problem : verify(run).problems) text += problem + "\n";
  return text;
}

}  // namespace

TEST_CASE("a good run has no problem", "[verify]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  write_text(dir.path() / "extract.log", "anything");
  const VerifyReport report = verify(dir.path());
  CHECK(report.problems.empty());
  CHECK(report.files == 5 * 5);
  CHECK(report.rows == 20 + 5);
  CHECK(report.nonfinite == 0);
}

TEST_CASE("a flipped byte anywhere is found", "[verify]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  for (const auto& [name, good] : phiscope::test::tree(dir.path())) {
    for (const std::size_t at : {std::size_t{0}, good.size() / 2, good.size() - 2}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ 1);
      write_text(dir.path() / name, bytes);
      CAPTURE(name, at);
      const std::string found = problems(dir.path());
      CHECK_FALSE(found.empty());
    }
    write_text(dir.path() / name, good);
  }
  CHECK(problems(dir.path()).empty());
}

TEST_CASE("a missing file of any kind is found and named", "[verify]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  for (const auto& [name, good] : phiscope::test::tree(dir.path())) {
    std::filesystem::remove(dir.path() / name);
    CAPTURE(name);
    CHECK_THAT(problems(dir.path()), Contains(name));
    write_text(dir.path() / name, good);
  }
  CHECK(problems(dir.path()).empty());
}

TEST_CASE("NaN and infinities are found and counted, in bf16 too", "[verify]") {
  const phiscope::test::TempDir dir;
  {
    phiscope::shard::RunPlan plan = phiscope::test::small_plan();
    plan.shards = 1;
    phiscope::shard::RunWriter run(dir.path(), plan, phiscope::test::small_prompts());
    auto writer = run.begin(0);
    writer.append<float>("x", std::vector<float>{1, NAN, 3, -INFINITY, 3.4e38F, 0});
    writer.append<std::int32_t>("ids", std::vector<std::int32_t>{-1});
    writer.append_keys("w", std::vector<std::int64_t>{0, 0});
    writer.append<std::uint16_t>("bits", std::vector<std::uint16_t>{0x7F80, 0x7F7F});
    writer.append_keys("v", std::vector<std::int64_t>{0});
    writer.commit();
    run.finish();
  }
  const VerifyReport report = verify(dir.path());
  CHECK(report.nonfinite == 3);
  CHECK_THAT(problems(dir.path()),
             Contains("x/shard-00000.npy: 2 values of 6 are NaN or infinite"));
  CHECK_THAT(problems(dir.path()), Contains("bits/shard-00000.npy: 1 values of 2"));
}

TEST_CASE("leftovers and missing shards are found", "[verify]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  write_text(dir.path() / "x" / "shard-00000.npy.part-1-0123456789abcdef", "");
  write_text(dir.path() / "x" / "shard-00009.npy", "");
  write_text(dir.path() / "task-0-of-1.lock", "");
  std::filesystem::create_symlink("/etc/hostname", dir.path() / "link");
  std::string found = problems(dir.path());
  CHECK_THAT(found, Contains("shard-00000.npy.part-1-0123456789abcdef: is a file that was never"));
  CHECK_THAT(found, Contains("shard-00009.npy: does not belong to the run or has no commit"));
  CHECK_THAT(found, Contains("task-0-of-1.lock: is the lock"));
  CHECK_THAT(found, Contains("link: does not belong"));
  std::filesystem::remove(dir.path() / "commit" / "shard-00002.json");
  found = problems(dir.path());
  CHECK_THAT(
      found,
      Contains("incomplete: 1 of 5 shards are missing, the first is commit/shard-00002.json"));
  CHECK_THAT(found, Contains("x/shard-00002.npy: does not belong"));
}

TEST_CASE("files that the plan names are compared with their hash", "[verify]") {
  const phiscope::test::TempDir dir;
  phiscope::shard::RunPlan plan = phiscope::test::small_plan();
  plan.shards = 1;
  const std::vector<double> values{1, 2, 3, 4};
  phiscope::shard::write_npy<double>(dir.path() / "side.npy", values, {2, 2});
  plan.files["side.npy"] = phiscope::shard::sha256_file(dir.path() / "side.npy");
  {
    phiscope::shard::RunWriter run(dir.path() / "run", plan, phiscope::test::small_prompts());
    auto writer = run.begin(0);
    phiscope::test::fill_small_shard(writer, 0);
    writer.commit();
    run.finish();
  }
  const std::filesystem::path file = dir.path() / "run" / "side.npy";
  CHECK_THAT(problems(dir.path() / "run"), Contains("side.npy"));
  std::filesystem::copy_file(dir.path() / "side.npy", file);
  CHECK(problems(dir.path() / "run").empty());
  CHECK(verify(dir.path() / "run").files == 5 + 1);
  CHECK(verify(dir.path() / "run").unhashed.empty());
  using phiscope::shard::Run;
  CHECK(Run::open(dir.path() / "run").side_array("side.npy", {2, 2}).read<double>() == values);
  CHECK_THROWS_WITH(Run::open(dir.path() / "run").side_array("side.npy", {4}),
                    Contains("side.npy: shape is (2, 2), expected (4,)"));
  std::string bytes = read_text(file);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_text(file, bytes);
  CHECK_THAT(problems(dir.path() / "run"),
             Contains("side.npy: SHA-256 is ") && Contains("by plan.json"));
  CHECK_THROWS_WITH(Run::open(dir.path() / "run").side_array("side.npy", {2, 2}),
                    Contains("by plan.json"));
  const Run trusting = Run::open(dir.path() / "run", {.verify = false});
  CHECK(trusting.side_array("side.npy", {2, 2}).count() == 4);
}

TEST_CASE("texts beside the arrays are named, and have to be JSON", "[verify]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  write_text(dir.path() / "generated_texts.jsonl", "{\"key\":[0]}\n{\"key\":[1]}\n");
  write_text(dir.path() / "bifurcation_points.json", "{\n \"a\": 1\n}\n");
  const VerifyReport good = verify(dir.path());
  CHECK(good.problems.empty());
  CHECK(good.unhashed ==
        std::vector<std::string>{"bifurcation_points.json", "generated_texts.jsonl"});
  for (const char* cut : {"{\"key\":[0]}\n{\"key\":", "{\"key\":[0]}\n{\"key\":[1]}"}) {
    write_text(dir.path() / "generated_texts.jsonl", cut);
    CHECK_THAT(problems(dir.path()), Contains("generated_texts.jsonl: line 2 is not JSON"));
  }
  write_text(dir.path() / "bifurcation_points.json", "{");
  CHECK_THAT(problems(dir.path()), Contains("bifurcation_points.json: is not JSON"));
  write_text(dir.path() / "texts.json", "{}");
  CHECK_THAT(problems(dir.path()), Contains("texts.json: does not belong"));
}

TEST_CASE("what is not a run is one problem", "[verify]") {
  const phiscope::test::TempDir dir;
  CHECK(verify(dir.path() / "none").problems.size() == 1);
  CHECK_THAT(problems(dir.path()), Contains("plan.json: cannot open"));
}
