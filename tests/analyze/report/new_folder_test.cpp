// SPDX-License-Identifier: MIT
#include "report/new_folder.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "shard/file/sha256.hpp"
#include "temp_dir.hpp"

#include <nlohmann/json.hpp>

using namespace phiscope::report;
using phiscope::test::read_text;
using phiscope::test::TempDir;
using phiscope::test::write_text;
namespace fs = std::filesystem;

namespace {

using Files = std::map<std::string, std::string>;

/// Writes a report of these files.
void write_report(const fs::path& folder, const Files& files) {
  NewFolder report(folder);
  for (const auto& [name, bytes] : files) report.write(name, bytes);
  (void)report.commit();
}

/// The files below a folder but the list.
Files without_list(const fs::path& folder) {
  Files files = phiscope::test::tree(folder);
  CHECK(files.erase("files.json") == 1);
  return files;
}

/// Names in a directory, hidden ones too.
std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

const std::string killed = ".out.part-1-0123456789abcdef";  // as a killed program leaves it

}  // namespace

TEST_CASE("a report's folder lists its files with their hashes", "[new_folder]") {
  const TempDir folder;
  NewFolder report(folder.path() / "a" / "out");
  report.write("t.csv", "x\n");
  report.write("one/x.npy", std::vector<double>{1.5, 2.0}, {2});
  CHECK_FALSE(fs::exists(folder.path() / "a" / "out"));  // not before it is whole
  CHECK(report.commit() == std::vector<std::string>{"t.csv", "one/x.npy", "files.json"});
  CHECK(names_in(folder.path() / "a") == std::vector<std::string>{"out"});
  const auto list = nlohmann::json::parse(read_text(folder.path() / "a" / "out" / "files.json"));
  CHECK(list["schema"] == "phiscope-report/1");
  REQUIRE(list["files"].size() == 2);
  CHECK(list["files"][0] ==
        nlohmann::json({{"file", "t.csv"},
                        {"bytes", 2},
                        {"sha256", phiscope::shard::sha256(std::as_bytes(std::span("x\n", 2)))}}));
  CHECK(list["files"][1]["file"] == "one/x.npy");
  CHECK(list["files"][1]["bytes"] == 128 + 16);
}

TEST_CASE("a new report replaces the old one and keeps what was put beside it", "[new_folder]") {
  const TempDir folder;
  const fs::path out = folder.path() / "out";
  fs::create_directory(out);  // empty: as good as none
  write_report(out, {{"old.csv", "1"}, {"both.csv", "1"}, {"one/old.csv", "1"}});
  write_text(out / "judgements.jsonl", "mine");
  write_text(out / "one" / "notes.txt", "mine");
  write_text(out / "both.csv.part-7-0123456789abcdef", "half");
  write_report(out / "", {{"both.csv", "2"}, {"new.csv", "2"}});
  CHECK(without_list(out) == Files{{"both.csv", "2"},
                                   {"judgements.jsonl", "mine"},
                                   {"new.csv", "2"},
                                   {"one/notes.txt", "mine"}});
  CHECK(names_in(folder.path()) == std::vector<std::string>{"out"});
}

TEST_CASE("what no report wrote is never replaced", "[new_folder]") {
  const TempDir folder;
  const fs::path out = folder.path() / "out";
  write_text(out / "report.html", "mine");
  const auto refused = Contains("out: holds report.html but no files.json");
  CHECK_THROWS_WITH(expect_report_folder(out), refused);
  CHECK_THROWS_WITH(write_report(out, {{"a", "1"}}), refused);
  CHECK(phiscope::test::tree(out) == Files{{"report.html", "mine"}});
  CHECK_THROWS_WITH(expect_report_folder(out / "report.html"), Contains("is not a directory"));
  write_text(out / "files.json", "{\"schema\": \"another\"}");
  CHECK_THROWS_WITH(expect_report_folder(out), Contains("files.json: is not the list"));

  const fs::path other = folder.path() / "other";
  write_report(other, {{"a", "1"}});
  write_text(other / "b", "mine");
  const Files before = phiscope::test::tree(other);
  CHECK_THROWS_WITH(write_report(other, {{"a", "2"}, {"b", "2"}}),
                    Contains("other/b: is not of the earlier report"));
  CHECK(phiscope::test::tree(other) == before);
  CHECK(names_in(folder.path()) == std::vector<std::string>{"other", "out"});
}

TEST_CASE("two outputs of one name, and an unfinished report, leave the old one", "[new_folder]") {
  const TempDir folder;
  const fs::path out = folder.path() / "out";
  write_report(out, {{"a", "1"}});
  {
    NewFolder report(out);
    report.write("a", "2");
    CHECK_THROWS_WITH(report.write("a", "3"),
                      "a: two outputs have this name, expected different "
                      "ones");
    CHECK_THROWS_WITH(report.write("files.json", "3"), Contains("two outputs have this name"));
  }
  CHECK(without_list(out) == Files{{"a", "1"}});
  CHECK(names_in(folder.path()) == std::vector<std::string>{"out"});
}

TEST_CASE("what a killed program left is cleared up, and nothing of the user's is lost",
          "[new_folder]") {
  const TempDir folder;
  const fs::path out = folder.path() / "out";
  const fs::path left = folder.path() / killed;
  SECTION("killed while it wrote") {
    write_report(out, {{"a", "1"}});
    write_text(left / "a", "half");
  }
  SECTION("killed between the two names of a file system that cannot exchange them") {
    write_report(out, {{"a", "1"}});
    fs::rename(out, left);
  }
  SECTION("killed after the exchange, before the rest was moved") {
    write_report(out, {{"old", "0"}});
    write_text(out / "judgements.jsonl", "mine");
    fs::rename(out, left);
    write_report(folder.path() / "elsewhere", {{"a", "1"}});
    fs::rename(folder.path() / "elsewhere", out);
  }
  const bool has_more = fs::exists(left / "judgements.jsonl");
  write_text(folder.path() / ".out.part-x" / "a", "not a program's name");
  { const NewFolder report(out); }  // unfinished: the old report is what counts
  Files expected = {{"a", "1"}};
  if (has_more) expected["judgements.jsonl"] = "mine";
  CHECK(without_list(out) == expected);
  CHECK(names_in(folder.path()) == std::vector<std::string>{".out.part-x", "out"});
}

TEST_CASE("a link to a folder stays a link", "[new_folder]") {
  const TempDir folder;
  fs::create_directory(folder.path() / "real");
  fs::create_directory_symlink(folder.path() / "real", folder.path() / "out");
  write_report(folder.path() / "out", {{"a", "1"}});
  write_report(folder.path() / "out", {{"a", "2"}});
  CHECK(fs::is_symlink(folder.path() / "out"));
  CHECK(without_list(folder.path() / "real") == Files{{"a", "2"}});
}
