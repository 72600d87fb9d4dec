// SPDX-License-Identifier: MIT
#include "shard/file/lock_note.hpp"

#include "analyze/shard/small_run.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "shard/run_writer.hpp"
#include "temp_dir.hpp"

#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using phiscope::shard::LockKind;
using phiscope::shard::LockNote;
using phiscope::shard::RunWriter;
using phiscope::test::small_plan;
using phiscope::test::small_prompts;
using phiscope::test::write_text;
using namespace std::chrono_literals;

namespace {

/// As if it was last touched this long ago.
void make_older(const std::filesystem::path& file, std::chrono::seconds by) {
  std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) - by);
}

/// Of a process that nobody here can ask for.
constexpr const char* elsewhere = "another-host/pid:[1] 1 0123456789abcdef\n";

}  // namespace

TEST_CASE("a note is held by one process, and its file goes with it", "[lock_note]") {
  const phiscope::test::TempDir dir;
  const auto path = dir.path() / "a.lock";
  CHECK_FALSE(LockNote::is_held(path));
  {
    const auto lock = LockNote::try_take(path);
    REQUIRE(lock);
    CHECK(lock->still_held());
    CHECK(LockNote::is_held(path));
    CHECK_FALSE(LockNote::try_take(path));
    CHECK_THAT(phiscope::test::read_text(path), Contains(" " + std::to_string(::getpid()) + " "));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("a note of a process that is gone from this machine is taken at once", "[lock_note]") {
  const phiscope::test::TempDir dir;
  const auto path = dir.path() / "a.lock";
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = LockNote::try_take(path);
    std::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(std::filesystem::exists(path));
  CHECK(LockNote::try_take(path));
}

TEST_CASE("a note of another machine holds until it was not touched for long", "[lock_note]") {
  const phiscope::test::TempDir dir;
  const auto path = dir.path() / "a.lock";
  for (const char* text : {elsewhere, ""}) {
    write_text(path, text);
    CHECK(LockNote::is_held(path));
    CHECK_FALSE(LockNote::try_take(path));
    make_older(path, 200s);
    CHECK(LockNote::is_held(path));
    make_older(path, 200s);
    CHECK_FALSE(LockNote::is_held(path));
    CHECK_FALSE(std::filesystem::exists(path));
  }
  write_text(path, elsewhere);
  make_older(path, 400s);
  CHECK(LockNote::try_take(path));
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("the holder touches its note, and finds out when it is taken away", "[lock_note]") {
  const phiscope::test::TempDir dir;
  const auto path = dir.path() / "a.lock";
  auto lock = LockNote::try_take(path, {.beat = 5ms, .dead = 5min});
  REQUIRE(lock);
  make_older(path, 250s);
  const auto old = std::filesystem::last_write_time(path);
  while (std::filesystem::last_write_time(path) == old) ::usleep(1000);
  CHECK(std::filesystem::last_write_time(path) > old + 200s);
  write_text(path, elsewhere);
  CHECK_FALSE(lock->still_held());
  lock.reset();
  CHECK(phiscope::test::read_text(path) == elsewhere);
}

TEST_CASE("tasks of a run are kept apart by notes, and one that lost its own commits nothing",
          "[lock_note]") {
  const phiscope::test::TempDir dir;
  RunWriter run(dir.path(), small_plan(), small_prompts(), 0, 1, LockKind::files);
  CHECK_THROWS_WITH(RunWriter(dir.path(), small_plan(), small_prompts(), 0, 1, LockKind::files),
                    Contains("task-0-of-1.lock: another process is at work on task 0 of 1"));
  CHECK_THROWS_WITH(RunWriter(dir.path(), small_plan(), small_prompts(), 0, 2, LockKind::files),
                    Contains("divided in another way"));
  CHECK_NOTHROW(RunWriter(dir.path(), small_plan(), small_prompts(), 0, 1, LockKind::none));
  phiscope::test::write_small_shard(run, 0);
  write_text(dir.path() / "task-0-of-1.lock", elsewhere);
  const auto before = phiscope::test::tree(dir.path());
  CHECK_THROWS_WITH(phiscope::test::write_small_shard(run, 1),
                    Contains("another process has taken the lock of this task"));
  CHECK(phiscope::test::tree(dir.path()) == before);
}
