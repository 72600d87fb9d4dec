// SPDX-License-Identifier: MIT
#include "files/model/digest_cache.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "temp_dir.hpp"

#include <cstdlib>

using phiscope::extract::DigestCache;
using phiscope::shard::FileIdentity;
using phiscope::test::TempDir;

namespace {

constexpr auto second = std::chrono::seconds(1);
const std::string some_digest(64, 'a');

/// A file last written to at this second of 1970.
FileIdentity file_of(std::int64_t at) {
  return {1, 2, 3, at * 1'000'000'000, at * 1'000'000'000};
}

std::chrono::system_clock::time_point time_of(std::int64_t at) {
  return std::chrono::system_clock::time_point(std::chrono::seconds(at));
}

/// Sets a variable of the environment for a scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const old = std::getenv(name)) before_ = old;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("a digest is found again for the same file and for no other", "[digest_cache]") {
  const TempDir dir;
  DigestCache cache(dir.path() / "a" / "b");
  CHECK_FALSE(cache.find(file_of(5)));
  cache.keep(file_of(5), some_digest, time_of(100));
  CHECK(cache.find(file_of(5)) == some_digest);
  CHECK(DigestCache(dir.path() / "a" / "b").find(file_of(5)) == some_digest);
  for (int field = 0; field < 5; ++field) {
    FileIdentity other = file_of(5);
    if (field == 0) ++other.device;
    if (field == 1) ++other.inode;
    if (field == 2) ++other.size;
    if (field == 3) ++other.modified_ns;
    if (field == 4) ++other.changed_ns;
    CAPTURE(field);
    CHECK_FALSE(cache.find(other));
  }
  // Written to since: what was known is replaced.
  cache.keep(file_of(6), std::string(64, 'b'), time_of(100));
  CHECK(cache.find(file_of(6)) == std::string(64, 'b'));
  CHECK_FALSE(cache.find(file_of(5)));
  CHECK(cache.problem().empty());
}

TEST_CASE("a file that was just written to is not kept: it could be again, unseen",
          "[digest_cache]") {
  const TempDir dir;
  DigestCache cache(dir.path(), 2 * second);
  cache.keep(file_of(99), some_digest, time_of(100));
  CHECK_FALSE(cache.find(file_of(99)));
  FileIdentity set_back = file_of(5);
  set_back.changed_ns = file_of(99).changed_ns;
  cache.keep(set_back, some_digest, time_of(100));
  CHECK_FALSE(cache.find(set_back));
  cache.keep(file_of(98), some_digest, time_of(100));
  CHECK(cache.find(file_of(98)) == some_digest);
}

TEST_CASE("a damaged entry counts as absent, and a folder that takes no file is a problem to tell",
          "[digest_cache]") {
  const TempDir dir;
  DigestCache cache(dir.path());
  cache.keep(file_of(5), some_digest, time_of(100));
  const auto entry = std::filesystem::directory_iterator(dir.path())->path();
  const std::string whole = phiscope::test::read_text(entry);
  for (const std::string& damaged : {whole.substr(0, whole.size() - 2), whole + "x", std::string(),
                                     whole.substr(0, whole.size() - 2) + "X\n"}) {
    phiscope::test::write_text(entry, damaged);
    CAPTURE(damaged);
    CHECK_FALSE(cache.find(file_of(5)));
  }
  phiscope::test::write_text(dir.path() / "file", "x");
  DigestCache nowhere(dir.path() / "file");
  nowhere.keep(file_of(5), some_digest, time_of(100));
  CHECK_FALSE(nowhere.find(file_of(5)));
  CHECK_THAT(nowhere.problem(), Contains("file"));
}

TEST_CASE("a note is found by its whole text", "[digest_cache]") {
  const TempDir dir;
  DigestCache cache(dir.path());
  CHECK_FALSE(cache.is_noted("finite: x"));
  cache.note("finite: x");
  CHECK(cache.is_noted("finite: x"));
  CHECK_FALSE(cache.is_noted("finite: y"));
}

TEST_CASE("the cache is where the environment says", "[digest_cache]") {
  const TempDir dir;
  const auto folder_of = [](const DigestCache& cache) {
    DigestCache writable = cache;
    writable.note("x");
    return writable.is_noted("x");
  };
  {
    const Variable cache("XDG_CACHE_HOME", (dir.path() / "cache").c_str());
    const Variable home("HOME", (dir.path() / "home").c_str());
    CHECK(folder_of(DigestCache::of_user().value()));
    CHECK(std::filesystem::exists(dir.path() / "cache/phiscope"));
    CHECK_FALSE(std::filesystem::exists(dir.path() / "home"));
  }
  {
    const Variable cache("XDG_CACHE_HOME", "relative");
    const Variable home("HOME", (dir.path() / "home").c_str());
    CHECK(folder_of(DigestCache::of_user().value()));
    CHECK(std::filesystem::exists(dir.path() / "home/.cache/phiscope"));
  }
  const Variable cache("XDG_CACHE_HOME", nullptr);
  const Variable home("HOME", nullptr);
  CHECK_FALSE(DigestCache::of_user());
}
