// SPDX-License-Identifier: MIT
#include "files/weights/scan.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/file/sha256.hpp"
#include "temp_dir.hpp"

#include <atomic>
#include <limits>
#include <stdexcept>

using namespace phiscope::extract;
using phiscope::shard::MappedFile;
using phiscope::test::TempDir;

namespace {

constexpr std::size_t header = 13;  // so that no number is aligned

/// A file of floats after `header` bytes, `bad` of them infinite.
std::filesystem::path file_of(const TempDir& dir, const std::string& name, std::size_t count,
                              const std::vector<std::size_t>& bad) {
  std::vector<float> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<float>(i % 1009);
  for (const std::size_t place : bad) numbers[place] = std::numeric_limits<float>::infinity();
  phiscope::test::write_bytes(dir.path() / name,
                              std::string(header, 'h') + phiscope::test::bytes_of(numbers) + "end");
  return dir.path() / name;
}

/// Floats `begin` to `end` of a file.
TensorView floats(const MappedFile& file, std::size_t begin, std::size_t end) {
  return {.name = "x",
          .dtype = TensorDtype::f32,
          .shape = {static_cast<std::int64_t>(end - begin)},
          .bytes = file.bytes().subspan(header + 4 * begin, 4 * (end - begin))};
}

}  // namespace

TEST_CASE("a file is hashed whole and its tensors are looked at in one pass", "[scan]") {
  const TempDir dir;
  constexpr std::size_t count = 700'000;  // several pieces
  constexpr std::size_t bad = 600'001;
  const MappedFile file(file_of(dir, "weights", count, {bad}));
  const std::string digest = phiscope::shard::sha256_file(dir.path() / "weights");
  struct Case {
    std::vector<TensorView> tensors;
    bool finite;
  };
  const Case cases[] = {
      {{}, true},
      {{floats(file, 0, bad), floats(file, bad + 1, count)}, true},
      {{floats(file, bad + 1, count), floats(file, 0, bad)}, true},
      {{floats(file, 0, count)}, false},
      {{floats(file, 0, 10), floats(file, bad, bad + 1)}, false},
      // One within another, and one that reaches further.
      {{floats(file, 0, bad), floats(file, 1000, 400'000)}, true},
      {{floats(file, 0, 300'000), floats(file, 200'000, bad)}, true},
      {{floats(file, 0, 300'000), floats(file, 200'000, bad + 1)}, false},
      {{floats(file, 5, 5), floats(file, count, count)}, true},
  };
  for (const Case& one : cases) {
    const UnreadWeights unread{.bytes = file.bytes(), .tensors = one.tensors};
    const std::vector<WeightScan> found = scan_weights({&unread, 1});
    REQUIRE(found.size() == 1);
    CHECK(found.front().sha256 == digest);
    CHECK(found.front().finite == one.finite);
  }
}

TEST_CASE("many files are read at a time, each with its own result", "[scan]") {
  const TempDir dir;
  std::vector<MappedFile> files;
  std::vector<UnreadWeights> unread;
  for (std::size_t i = 0; i < 20; ++i) {
    const std::vector<std::size_t> bad =
        i % 3 == 1 ? std::vector<std::size_t>{i} : std::vector<std::size_t>{};
    files.emplace_back(file_of(dir, std::to_string(i), 1000 + 50'000 * i, bad));
  }
  for (const MappedFile& file : files) {
    unread.push_back({.bytes = file.bytes(), .tensors = {floats(file, 0, 1000)}});
  }
  const std::vector<WeightScan> found = scan_weights(unread);
  REQUIRE(found.size() == files.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(found[i].finite == (i % 3 != 1));
    CHECK(found[i].sha256 == phiscope::shard::sha256_file(dir.path() / std::to_string(i)));
  }
  CHECK(scan_weights({}).empty());
}

TEST_CASE("a scan ends where it is stopped", "[scan]") {
  const TempDir dir;
  std::vector<MappedFile> files;
  std::vector<UnreadWeights> unread;
  for (std::size_t i = 0; i < 12; ++i) {
    files.emplace_back(file_of(dir, std::to_string(i), 600'000, {}));
  }
  for (const MappedFile& file : files) unread.push_back({.bytes = file.bytes(), .tensors = {}});
  std::atomic<int> pieces = 0;
  CHECK_THROWS_WITH(scan_weights(unread,
                                 [&] {
                                   if (++pieces >= 4) throw std::runtime_error("stopped");
                                 }),
                    Contains("stopped"));
  CHECK(pieces < 12);  // the threads at work end their own, others begin nothing
}
