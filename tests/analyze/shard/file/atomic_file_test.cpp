// SPDX-License-Identifier: MIT
#include "shard/file/atomic_file.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "shard/file/sha256.hpp"
#include "temp_dir.hpp"

#include <csignal>
#include <fstream>
#include <set>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

using phiscope::shard::AtomicFile;
using phiscope::shard::write_file;
using phiscope::test::read_text;

namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::set<std::string> names(const std::filesystem::path& folder) {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    found.insert(entry.path().filename().string());
  }
  return found;
}

/// Lets no file of this process grow beyond `size` bytes while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{size, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("a file appears with commit() and not before", "[atomic_file]") {
  const phiscope::test::TempDir dir;
  const auto path = dir.path() / "x";
  AtomicFile file(path);
  file.write(bytes("hello"));
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE(names(dir.path()).size() == 1);
  const std::string part = *names(dir.path()).begin();
  CHECK(phiscope::shard::is_part(part));
  CHECK(part.starts_with("x.part-" + std::to_string(getpid()) + "-"));
  file.commit();
  CHECK(read_text(path) == "hello");
  CHECK(names(dir.path()) == std::set<std::string>{"x"});
}

TEST_CASE("a file given up leaves nothing, and what was there stays", "[atomic_file]") {
  const phiscope::test::TempDir dir;
  write_file(dir.path() / "x", "old");
  {
    AtomicFile file(dir.path() / "x");
    file.write(bytes("new"));
    AtomicFile moved = std::move(file);
    moved.write(bytes("er"));
  }
  CHECK(read_text(dir.path() / "x") == "old");
  CHECK(names(dir.path()).size() == 1);
  write_file(dir.path() / "x", "newer");
  CHECK(read_text(dir.path() / "x") == "newer");
}

TEST_CASE("bytes written before can be replaced, and are hashed as they are", "[atomic_file]") {
  const phiscope::test::TempDir dir;
  const std::size_t size = GENERATE(10U, 262144U, 262145U, 1000003U);
  std::string expected(size, 'a');
  AtomicFile file(dir.path() / "x");
  for (std::size_t at = 0; at < size;) {
    const std::size_t step = std::min<std::size_t>(size - at, 1 + at * 2);
    file.write(bytes(std::string_view(expected).substr(at, step)));
    at += step;
  }
  file.overwrite(3, bytes("BCD"));
  file.write(bytes("tail"));
  expected.replace(3, 3, "BCD");
  expected += "tail";
  CHECK(file.size() == expected.size());
  phiscope::shard::Sha256 whole;
  file.read_back(0, whole);
  CHECK(whole.hex() == phiscope::shard::sha256(bytes(expected)));
  phiscope::shard::Sha256 rest;
  file.read_back(7, rest);
  CHECK(rest.hex() == phiscope::shard::sha256(bytes(expected).subspan(7)));
  CHECK_THROWS_AS(file.overwrite(expected.size() - 1, bytes("xx")), std::invalid_argument);
  file.commit();
  CHECK(read_text(dir.path() / "x") == expected);
}

TEST_CASE("a file system that refuses to grow is named with path and reason", "[atomic_file]") {
  const phiscope::test::TempDir dir;
  const std::string large(5000, 'x');
  {
    const FileSizeLimit limit(1000);
    CHECK_THROWS_WITH(write_file(dir.path() / "big", large),
                      Contains((dir.path() / "big").string()) && Contains("File too large"));
    CHECK_THROWS_AS(write_file(dir.path() / "big", large + std::string(1000000, 'y')),
                    std::system_error);
  }
  CHECK(names(dir.path()).empty());
}

TEST_CASE("a full disk is named with path and reason", "[atomic_file]") {
  // Every write to /dev/full fails with ENOSPC; a link beside it cannot be made, so write to it.
  std::ofstream full("/dev/full");
  full << "x" << std::flush;
  REQUIRE_FALSE(full);
  const phiscope::test::TempDir dir;
  CHECK_THROWS_WITH(write_file(dir.path() / "none" / "x", ""),
                    Contains("none/x: cannot create: No such file or directory"));
  std::filesystem::create_directory(dir.path() / "folder");
  CHECK_THROWS_WITH(write_file(dir.path() / "folder", "x"),
                    Contains("folder: cannot rename into place: Is a directory"));
  CHECK(names(dir.path()) == std::set<std::string>{"folder"});
}

TEST_CASE("only names of parts are names of parts", "[atomic_file]") {
  using phiscope::shard::is_part;
  CHECK(is_part("x.npy.part-123-0123456789abcdef"));
  for (const char* name :
       {"x", "x.part", "x.part-", "x.part-1-", "x.part-1-0123456789abcde",
        "x.part-1-0123456789abcdeg", "x.part--0123456789abcdef", ".part-1-0123456789abcdef",
        "x.part-1a-0123456789abcdef", "x.part-1-0123456789abcdef.npy"}) {
    CAPTURE(name);
    CHECK_FALSE(is_part(name));
  }
}
