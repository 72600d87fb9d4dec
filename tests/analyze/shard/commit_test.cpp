// SPDX-License-Identifier: MIT
#include "shard/commit.hpp"

#include "catch.hpp"
#include "shard/file/format_error.hpp"
#include "small_run.hpp"
#include "temp_dir.hpp"

#include <fstream>
#include <random>

using phiscope::shard::Commit;
using phiscope::shard::FormatError;
using phiscope::test::small_plan;
using Json = nlohmann::ordered_json;

namespace {

Commit small_commit() {
  const std::string digest(64, 'a');
  return {.shard = 3,
          .files = {{"x/shard-00003.npy", 5, 248, digest},
                    {"ids/shard-00003.npy", 5, 148, digest},
                    {"bits/shard-00003.npy", 1, 132, digest},
                    {"rows/w/shard-00003.npy", 5, 208, digest},
                    {"rows/v/shard-00003.npy", 1, 136, digest}}};
}

/// A run directory with this text as the commit of shard 3.
class CommitDir {
 public:
  CommitDir() { std::filesystem::create_directory(dir_.path() / "commit"); }
  Commit read(const std::string& text) {
    const auto file = dir_.path() / "commit" / "shard-00003.json";
    // Without this, file systems flush the replaced file to the disk: milliseconds each.
    std::filesystem::remove(file);
    std::ofstream(file, std::ios::trunc) << text;
    return phiscope::shard::read_commit(dir_.path(), small_plan(), 3);
  }
  std::string message_of(const std::string& text) {
    try {
      static_cast<void>(read(text));
    } catch (const FormatError& error) {
      return error.what();
    }
    return "accepted";
  }
  [[nodiscard]] const std::filesystem::path& path() const { return dir_.path(); }

 private:
  phiscope::test::TempDir dir_;
};

std::string with(const std::string& pointer, const Json& value) {
  Json json = Json::parse(phiscope::shard::commit_bytes(small_commit()));
  json[Json::json_pointer(pointer)] = value;
  return json.dump();
}

}  // namespace

TEST_CASE("a commit comes back from its file", "[commit]") {
  CommitDir dir;
  CHECK(dir.read(phiscope::shard::commit_bytes(small_commit())) == small_commit());
}

TEST_CASE("a commit that does not fit the plan is refused by name", "[commit]") {
  CommitDir dir;
  CHECK_THAT(dir.message_of(with("/schema", "x")), Contains("schema is \"x\""));
  CHECK_THAT(dir.message_of(with("/shard", 4)), Contains("shard is 4, expected 3"));
  CHECK_THAT(dir.message_of(with("/shard", "3")), Contains("shard is \"3\""));
  CHECK_THAT(dir.message_of(with("/files", Json::array())), Contains("0 files, expected 5"));
  CHECK_THAT(dir.message_of(with("/files", 7)), Contains("files is 7"));
  CHECK_THAT(dir.message_of(with("/files/0/file", "../../etc/passwd")),
             Contains("files[0].file is \"../../etc/passwd\", expected \"x/shard-00003.npy\""));
  CHECK_THAT(dir.message_of(with("/files/0/file", "x/shard-00002.npy")), Contains("files[0].file"));
  CHECK_THAT(dir.message_of(with("/files/1/rows", 6)),
             Contains("files[1].rows is 6, expected 5, the rows of rows/w/shard-00003.npy"));
  CHECK_THAT(dir.message_of(with("/files/1/rows", -5)), Contains("files[1].rows is -5"));
  CHECK_THAT(dir.message_of(with("/files/1/rows", 5.0)), Contains("files[1].rows is 5.0"));
  CHECK_THAT(dir.message_of(with("/files/2/sha256", std::string(64, 'g'))),
             Contains("hexadecimal"));
  CHECK_THAT(dir.message_of(with("/files/2/sha256", "aa")), Contains("hexadecimal"));
  CHECK_THAT(dir.message_of(with("/files/2/more", 1)), Contains("unknown member 'files[2].more'"));
  CHECK_THAT(dir.message_of(with("/files/2", nullptr)), Contains("files[2] is null"));
}

TEST_CASE("a changed or cut commit is refused or read, and never does harm", "[commit]") {
  CommitDir dir;
  const std::string text = phiscope::shard::commit_bytes(small_commit());
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    CHECK_THAT(dir.message_of(text.substr(0, size)), Contains("not JSON"));
  }
  std::mt19937_64 engine(9);
  int accepted = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string changed = text;
    changed[engine() % text.size()] = static_cast<char>(engine() & 0xFFU);
    accepted += dir.message_of(changed) == "accepted" ? 1 : 0;
  }
  CHECK(accepted > 100);
}

TEST_CASE("commits are found by exact names, in the order of the shards", "[commit]") {
  const CommitDir dir;
  const auto touch = [&](const char* name) { std::ofstream(dir.path() / "commit" / name).close(); };
  for (const char* name :
       {"shard-00004.json", "shard-00000.json", "shard-00002.json", "shard-1.json", "shard-.json",
        "shard-0000a.json", "shard-000002.json", "shard--0001.json", "x", "shard-00001.npy",
        "shard-00003.json.part-1-0123456789abcdef", "shard-99999999999999999999.json"}) {
    touch(name);
  }
  CHECK(phiscope::shard::committed_shards(dir.path(), small_plan()) ==
        std::vector<std::int64_t>{0, 2, 4});
  touch("shard-00005.json");
  CHECK_THROWS_WITH(phiscope::shard::committed_shards(dir.path(), small_plan()),
                    Contains("shard-00005.json: the plan has only 5 shards"));
  CHECK(phiscope::shard::committed_shards(dir.path() / "none", small_plan()).empty());
}
