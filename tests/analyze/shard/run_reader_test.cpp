// SPDX-License-Identifier: MIT
#include "shard/run_reader.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "shard/file/format_error.hpp"
#include "shard/npy/writer.hpp"
#include "small_run.hpp"
#include "temp_dir.hpp"

#include <fstream>
#include <random>

using phiscope::shard::FormatError;
using phiscope::shard::Run;
using phiscope::shard::write_npy;
using phiscope::test::read_text;
using phiscope::test::write_text;

namespace {

std::string open_message(const std::filesystem::path& path, bool allow_partial = false) {
  try {
    static_cast<void>(Run::open(path, {.allow_partial = allow_partial}));
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a run gives back what was written", "[run_reader]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  const Run run = Run::open(dir.path());
  CHECK(run.complete());
  CHECK(run.missing().empty());
  CHECK(run.plan().experiment == "small");
  CHECK(run.shards() == std::vector<std::int64_t>{0, 1, 2, 3, 4});
  REQUIRE(run.prompts().size() == 2);
  CHECK(run.prompts()[1].at("id") == "b");
  for (const std::int64_t k : run.shards()) {
    const auto x = run.array("x", k);
    const auto rows = static_cast<std::uint64_t>(k + 2);
    CHECK(x.shape() == std::vector<std::uint64_t>{rows, 2, 3});
    CHECK(x.view<float>()[7] == static_cast<float>(100 * k + 7));
    const auto keys = run.keys("w", k);
    CHECK(keys.shape() == std::vector<std::uint64_t>{rows, 2});
    CHECK(keys.view<std::int64_t>()[2] == k);
    CHECK(keys.view<std::int64_t>()[3] == 1);
    CHECK(run.array("bits", k).view<std::uint16_t>()[1] == 0xC020);
  }
  CHECK_THROWS_AS(run.array("y", 0), std::invalid_argument);
  CHECK_THROWS_AS(run.keys("x", 0), std::invalid_argument);
  CHECK_THROWS_AS(run.array("x", 5), std::invalid_argument);
}

TEST_CASE("an incomplete run is refused with the way on, or taken as it is", "[run_reader]") {
  const phiscope::test::TempDir dir;
  {
    phiscope::shard::RunWriter writer(dir.path(), phiscope::test::small_plan(),
                                      phiscope::test::small_prompts());
    phiscope::test::write_small_shard(writer, 1);
    phiscope::test::write_small_shard(writer, 3);
  }
  CHECK_THAT(
      open_message(dir.path()),
      Contains("incomplete: 3 of 5 shards are missing; run the same extract command again") &&
          Contains("--allow-partial"));
  const Run run = Run::open(dir.path(), {.allow_partial = true});
  CHECK_FALSE(run.complete());
  CHECK(run.missing() == "3 of 5 shards are missing");
  CHECK(run.shards() == std::vector<std::int64_t>{1, 3});
  CHECK(run.array("ids", 3).count() == 5);
  CHECK_THROWS_AS(run.array("ids", 0), std::invalid_argument);
}

TEST_CASE("a file that is read is compared with its hash, once, unless that is not wanted",
          "[run_reader]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  const auto change = [&](const std::string& file) {
    std::string bytes = read_text(dir.path() / file);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    write_text(dir.path() / file, bytes);
  };
  change("x/shard-00003.npy");
  change("rows/v/shard-00002.npy");
  const Run run = Run::open(dir.path());
  for (int again = 0; again < 2; ++again) {
    CHECK_THROWS_WITH(run.array("x", 3), Contains("x/shard-00003.npy: SHA-256 is ") &&
                                             Contains(", expected ") && Contains(" by its commit"));
    CHECK_THROWS_WITH(run.keys("v", 2), Contains("rows/v/shard-00002.npy: SHA-256 is "));
  }
  CHECK(run.array("x", 2).count() == 24);
  CHECK(run.keys("v", 3).count() == 1);
  change("x/shard-00002.npy");
  CHECK(run.array("x", 2).count() == 24);  // it has been compared
  CHECK(Run::open(dir.path(), {.verify = false}).array("x", 3).count() == 30);
}

TEST_CASE("a run without its manifest is not complete", "[run_reader]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  const std::string manifest = read_text(dir.path() / "manifest.json");
  std::filesystem::remove(dir.path() / "manifest.json");
  CHECK_THAT(open_message(dir.path()), Contains("manifest.json: is missing though all shards are"));
  CHECK(open_message(dir.path(), true) == "accepted");
  std::string other = manifest;
  other.replace(other.find("\"rows\": 20"), 10, "\"rows\": 21");
  write_text(dir.path() / "manifest.json", other);
  CHECK_THAT(open_message(dir.path()), Contains("arrays.x.rows: 21 there, 20 now"));
  write_text(dir.path() / "manifest.json", manifest + "\n");
  CHECK_THAT(open_message(dir.path()), Contains("in its layout"));
  write_text(dir.path() / "manifest.json", manifest);
  write_text(dir.path() / "prompts.jsonl", "{\"id\":\"c\"}\n");
  CHECK_THAT(open_message(dir.path()), Contains("disagrees") && Contains("prompts.sha256"));
}

TEST_CASE("prompts are one object a line", "[run_reader]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  std::filesystem::remove(dir.path() / "manifest.json");
  const auto message = [&](const std::string& text) {
    write_text(dir.path() / "prompts.jsonl", text);
    return open_message(dir.path(), true);
  };
  CHECK(message("") == "accepted");
  CHECK(message("{}\n{}\n") == "accepted");
  CHECK_THAT(message("{}\n{}"), Contains("prompts.jsonl: truncated: line 2 does not end"));
  CHECK_THAT(message("{}\n{\"a\":}\n"), Contains("prompts.jsonl: line 2:6: not JSON"));
  CHECK_THAT(message("{}\n\n"), Contains("line 2:1: not JSON"));
  CHECK_THAT(message("{}\n[]\n"), Contains("line 2:1: is not an object"));
  CHECK_THAT(message("{\"a\":1,\"a\":1}\n"), Contains("duplicate key"));
}

TEST_CASE("an array that is not as plan and commit say is refused", "[run_reader]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  const Run run = Run::open(dir.path());
  const auto file = dir.path() / "x" / "shard-00000.npy";
  const std::string good = read_text(file);
  const auto message = [&] {
    try {
      static_cast<void>(run.array("x", 0));
    } catch (const FormatError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(message() == "accepted");
  write_npy<float>(file, std::vector<float>(18), {3, 2, 3});
  CHECK_THAT(message(), Contains("shape is (3, 2, 3), expected (2, 2, 3)"));
  write_npy<float>(file, std::vector<float>(12), {2, 6});
  CHECK_THAT(message(), Contains("shape is (2, 6)"));
  write_npy<std::int32_t>(file, std::vector<std::int32_t>(12), {2, 2, 3});
  CHECK_THAT(message(), Contains("is <i4, expected <f4"));
  std::string text = good;
  text.replace(text.find("<f4"), 3, ">f4");
  write_text(file, text);
  CHECK_THAT(message(), Contains("big endian"));
  text = good;
  text.replace(text.find("False,"), 6, "True, ");
  write_text(file, text);
  CHECK_THAT(message(), Contains("Fortran order"));
  text = good;
  text.replace(8, 1, "\xB6");  // a header longer by 64
  text.insert(127, 64, ' ');
  write_text(file, text);
  CHECK_THAT(message(), Contains("expected 176 by its commit"));
  write_text(file, good.substr(0, good.size() - 1));
  CHECK_THAT(message(), Contains("truncated"));
  std::filesystem::remove(file);
  CHECK_THAT(message(), Contains("No such file"));
}

TEST_CASE("a file of a run with one byte changed is refused or read, and never does harm",
          "[run_reader]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_small_run(dir.path());
  std::mt19937_64 engine(2);
  int refused = 0;
  for (const auto& [name, good] : phiscope::test::tree(dir.path())) {
    if (name.find("shard-") != std::string::npos && name.find("shard-00003") == std::string::npos) {
      continue;
    }
    for (int i = 0; i < 100; ++i) {
      std::string bytes = good;
      bytes[engine() % bytes.size()] = static_cast<char>(engine() & 0xFFU);
      std::filesystem::remove(dir.path() / name);  // else it is flushed to the disk
      write_text(dir.path() / name, bytes);
      try {
        const Run run = Run::open(dir.path());
        const auto x = run.array("x", 3);
        const auto keys = run.keys("w", 3);
        const auto bits = run.array("bits", 3);
        CHECK(x.view<float>().size() == 30);
        CHECK(keys.view<std::int64_t>().size() == 10);
        CHECK(bits.count() == 2);
      } catch (const FormatError&) {
        ++refused;
      }
    }
    write_text(dir.path() / name, good);
  }
  CHECK(refused > 300);
}

TEST_CASE("what is not a run directory is refused by name", "[run_reader]") {
  const phiscope::test::TempDir dir;
  CHECK_THAT(open_message(dir.path()), Contains("has no plan.json, so it is not a run directory"));
  CHECK_THAT(open_message(dir.path() / "none"), Contains("not a run directory"));
}
