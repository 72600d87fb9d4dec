// SPDX-License-Identifier: MIT
// What a power cut cannot be tried for: the order in which the writers call fsync and rename. Both
// calls of this program are replaced here by ones that write down what they are given, then go on
// to the system's.
#include "catch.hpp"
#include "process.hpp"
#include "shard/file/atomic_file.hpp"
#include "shard/npy/writer.hpp"
#include "small_run.hpp"
#include "temp_dir.hpp"

#include <algorithm>
#include <array>
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

namespace phiscope::shard::durability_test {
namespace {

struct Call {
  std::string name;       // fsync | rename | pread
  std::string path;       // of the file or folder that is flushed or read; the old name
  std::string target;     // the new name
  std::int64_t size = 0;  // bytes of the file at this moment
};

/// The calls since start_recording(); nothing is recorded outside of the tests of this file.
std::vector<Call>* recorded = nullptr;

std::string path_of(int descriptor) {
  std::array<char, 4096> text{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto length = ::readlink(link.c_str(), text.data(), text.size());
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : "unknown";
}

void record(const char* name, int descriptor) {
  struct stat info {};
  if (recorded == nullptr || ::fstat(descriptor, &info) != 0) return;
  recorded->push_back({name, path_of(descriptor), "", info.st_size});
}

void record_rename(const char* from, const char* to) {
  struct stat info {};
  if (recorded == nullptr || ::stat(from, &info) != 0) return;
  recorded->push_back({"rename", from, to, info.st_size});
}

/// Records while it lives.
class Recording {
 public:
  Recording() { recorded = &calls_; }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  ~Recording() { recorded = nullptr; }
  [[nodiscard]] const std::vector<Call>& calls() const { return calls_; }
  /// The new names, relative to a folder, in the order in which they appeared.
  [[nodiscard]] std::vector<std::string> renamed(const std::filesystem::path& folder) const {
    std::vector<std::string> names;
    for (const Call& call : calls_) {
      if (call.name != "rename") continue;
      names.push_back(std::filesystem::path(call.target).lexically_relative(folder).string());
    }
    return names;
  }

 private:
  std::vector<Call> calls_;
};

/// Every rename comes right after a flush of the whole file and right before one of its folder.
void check_order(const std::vector<Call>& calls) {
  std::size_t renames = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].name != "rename") continue;
    CAPTURE(calls[i].path, calls[i].target);
    ++renames;
    REQUIRE(i > 0);
    REQUIRE(i + 1 < calls.size());
    CHECK(calls[i - 1].name == "fsync");
    CHECK(calls[i - 1].path == calls[i].path);
    CHECK(calls[i - 1].size == calls[i].size);
    CHECK(is_part(std::filesystem::path(calls[i].path).filename().string()));
    CHECK(calls[i + 1].name == "fsync");
    CHECK(calls[i + 1].path == std::filesystem::path(calls[i].target).parent_path());
  }
  CHECK(renames > 0);
}

}  // namespace

TEST_CASE("a file is flushed, renamed, and its folder flushed", "[durability]") {
  const test::TempDir dir;
  const std::filesystem::path folder = std::filesystem::canonical(dir.path());
  const Recording recording;
  write_file(folder / "x", "hello");
  check_order(recording.calls());
  REQUIRE(recording.calls().size() == 3);
  CHECK(recording.calls()[0].size == 5);
  CHECK(recording.calls()[1].target == folder / "x");
  CHECK(test::read_text(folder / "x") == "hello");
}

TEST_CASE("folders that are made are flushed with those that hold them", "[durability]") {
  const test::TempDir dir;
  const std::filesystem::path folder = std::filesystem::canonical(dir.path());
  const auto flushed = [&](const std::filesystem::path& made) {
    const Recording recording;
    make_directories(made);
    std::vector<std::string> paths;
    for (const Call& call : recording.calls()) {
      paths.push_back(std::filesystem::path(call.path).lexically_relative(folder).string());
    }
    return paths;
  };
  using Paths = std::vector<std::string>;
  CHECK(flushed(folder / "a/b/c") == Paths{".", "a", "a/b"});
  CHECK(std::filesystem::is_directory(folder / "a/b/c"));
  CHECK(flushed(folder / "a/b/c").empty());
  CHECK(flushed(folder / "a/d/") == Paths{"a"});
  test::write_text(folder / "file", "x");
  CHECK_THROWS_AS(make_directories(folder / "file/below"), std::system_error);
  const std::vector<Paths> each{{".", "deep", "deep/run", "deep/run/rows"},
                                {"deep/run", "deep/run/rows"}};  // who made them may not have
  for (const Paths& all : each) {
    const Recording recording;
    const RunWriter writer(folder / "deep/run", test::small_plan(), test::small_prompts());
    for (const std::string& expected : all) {
      CAPTURE(expected);
      CHECK(std::ranges::any_of(recording.calls(), [&](const Call& call) {
        return call.name == "fsync" && call.path == std::filesystem::canonical(folder / expected);
      }));
    }
  }
}

TEST_CASE("what is written late or replaced is flushed too", "[durability]") {
  const test::TempDir dir;
  const std::filesystem::path folder = std::filesystem::canonical(dir.path());
  const Recording recording;
  AtomicFile file(folder / "x");
  const std::string large(1000003, 'a');
  file.write(std::as_bytes(std::span(large)));
  file.overwrite(3, std::as_bytes(std::span(std::string_view("BCD"))));
  file.write(std::as_bytes(std::span(std::string_view("tail"))));
  CHECK(recording.calls().empty());
  file.commit();
  check_order(recording.calls());
  CHECK(recording.calls().front().size == 1000007);
}

TEST_CASE("the commit of a shard appears after all of its files, the manifest after all commits",
          "[durability]") {
  const test::TempDir dir;
  const std::filesystem::path run = std::filesystem::canonical(dir.path()) / "run";
  const RunPlan plan = test::small_plan();
  const Recording recording;
  RunWriter writer(run, plan, test::small_prompts(), 0, 1);
  std::vector<std::string> expected = recording.renamed(run);  // plan and prompts
  CHECK(expected.size() >= 2);
  bool is_flushed = false;
  for (const Call& call : recording.calls()) is_flushed = is_flushed || call.path == run;
  CHECK(is_flushed);  // the names of its folders
  for (std::int64_t k = 0; k < plan.shards; ++k) {
    ShardWriter shard = writer.begin(k);
    test::fill_small_shard(shard, k);
    shard.commit();
    const std::string name = "/shard-0000" + std::to_string(k);
    for (const char* place : {"x", "ids", "bits", "rows/w", "rows/v"}) {
      expected.push_back(place + name + ".npy");
    }
    expected.push_back("commit" + name + ".json");
  }
  CHECK(writer.finish());
  expected.emplace_back("manifest.json");
  CHECK(recording.renamed(run) == expected);
  check_order(recording.calls());
}

TEST_CASE("rows that were foretold are on the disk when they are complete, and not read back",
          "[durability]") {
  const test::TempDir dir;
  const std::filesystem::path folder = std::filesystem::canonical(dir.path());
  const std::vector<float> values(300'000, 1.0F);
  const bool is_foretold = GENERATE(true, false);
  const Recording recording;
  NpyWriter writer(folder / "x.npy", Dtype::f4, {3},
                   is_foretold ? std::optional<std::uint64_t>(100'000) : std::nullopt);
  writer.append(std::as_bytes(std::span(values)));
  CHECK(recording.calls().empty());
  writer.complete();
  REQUIRE_FALSE(recording.calls().empty());
  const std::size_t reads = recording.calls().size() - 1;
  CHECK((reads == 0) == is_foretold);
  CHECK(recording.calls().back().name == "fsync");
  CHECK(recording.calls().back().size == 1'200'128);
  static_cast<void>(writer.commit());
  check_order(recording.calls());
}

}  // namespace phiscope::shard::durability_test

extern "C" ssize_t pread(int descriptor, void* to, std::size_t size, off_t offset) {
  phiscope::shard::durability_test::record("pread", descriptor);
  using Read = ssize_t (*)(int, void*, std::size_t, off_t);
  static const auto next = reinterpret_cast<Read>(dlsym(RTLD_NEXT, "pread"));
  return next(descriptor, to, size, offset);
}

extern "C" int fsync(int descriptor) {
  phiscope::shard::durability_test::record("fsync", descriptor);
  static const auto next = reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, "fsync"));
  return next(descriptor);
}

extern "C" int rename(const char* from, const char* to) noexcept {
  phiscope::shard::durability_test::record_rename(from, to);
  using Rename = int (*)(const char*, const char*);
  static const auto next = reinterpret_cast<Rename>(dlsym(RTLD_NEXT, "rename"));
  return next(from, to);
}
