// SPDX-License-Identifier: MIT
#include "shard/file/lock_file.hpp"

#include "catch.hpp"
#include "temp_dir.hpp"

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

using phiscope::shard::LockFile;

TEST_CASE("a lock is held by one, and its file goes with it", "[lock_file]") {
  const phiscope::test::TempDir dir;
  const auto path = dir.path() / "a.lock";
  CHECK_FALSE(LockFile::held_elsewhere(path));
  CHECK_FALSE(std::filesystem::exists(path));
  {
    auto lock = LockFile::try_take(path);
    REQUIRE(lock);
    CHECK_FALSE(LockFile::try_take(path));
    CHECK(LockFile::held_elsewhere(path));
    const LockFile moved = std::move(*lock);
    CHECK(LockFile::held_elsewhere(path));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  LockFile again = LockFile::wait(path);
  again.release();
  CHECK_FALSE(std::filesystem::exists(path));
  again.release();
}

TEST_CASE("a file that a killed process left is no lock", "[lock_file]") {
  const phiscope::test::TempDir dir;
  const auto path = dir.path() / "a.lock";
  const pid_t child = fork();
  if (child == 0) {
    const LockFile lock = LockFile::wait(path);
    std::raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  CHECK(std::filesystem::exists(path));
  CHECK_FALSE(LockFile::held_elsewhere(path));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("processes that wait for one lock never hold it together", "[lock_file]") {
  const phiscope::test::TempDir dir;
  const auto counter = dir.path() / "counter";
  std::ofstream(counter) << 0;
  constexpr int children = 4;
  constexpr int rounds = 200;
  for (int i = 0; i < children; ++i) {
    if (fork() == 0) {
      for (int round = 0; round < rounds; ++round) {
        const LockFile lock = LockFile::wait(dir.path() / "a.lock");
        int value = 0;
        std::ifstream(counter) >> value;
        std::ofstream(counter) << value + 1;
      }
      _exit(0);
    }
  }
  for (int i = 0; i < children; ++i) {
    int status = 0;
    wait(&status);
    CHECK(status == 0);
  }
  int value = 0;
  std::ifstream(counter) >> value;
  CHECK(value == children * rounds);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "a.lock"));
}

TEST_CASE("a lock that cannot be made is named", "[lock_file]") {
  const phiscope::test::TempDir dir;
  CHECK_THROWS_WITH(LockFile::try_take(dir.path() / "none" / "a.lock"),
                    Contains("a.lock: cannot lock: No such file"));
}
