// SPDX-License-Identifier: MIT
#include "shard/run_writer.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "shard/file/format_error.hpp"
#include "shard/verify.hpp"
#include "small_run.hpp"
#include "temp_dir.hpp"

#include <cmath>
#include <csignal>
#include <ctime>
#include <fstream>
#include <functional>
#include <random>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using phiscope::shard::FormatError;
using phiscope::shard::RunWriter;
using phiscope::shard::ShardWriter;
using phiscope::test::small_plan;
using phiscope::test::small_prompts;
using phiscope::test::tree;
using phiscope::test::write_small_run;
using phiscope::test::write_small_shard;
using Shards = std::vector<std::int64_t>;

namespace {

/// Runs `work` in a process of its own: 0 when it returned, 1 when it threw.
pid_t start(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child != 0) return child;
  try {
    work();
  } catch (const std::exception&) {
    _exit(1);
  }
  _exit(0);
}

int finish(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Has this process killed in `microseconds`, whatever it does then.
void die_in(long microseconds) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer{};
  const itimerspec once{{0, 0}, {0, microseconds * 1000}};
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) _exit(2);
  if (timer_settime(timer, 0, &once, nullptr) != 0) _exit(2);
}

constexpr int steps = 2 + 3 * 5;  // of write_and_die, in five shards

/// Writes the run, and is killed in `microseconds` from its step `last_step` on: on a slow machine
/// as on a fast one the blow falls there, not at a share of a time that was measured.
void write_and_die(const std::filesystem::path& path, int last_step, long microseconds) {
  int taken = 0;
  const auto step = [&] {
    if (taken++ == last_step) die_in(microseconds);
  };
  step();
  RunWriter run(path, small_plan(), small_prompts());
  for (const std::int64_t k : run.open_shards()) {
    step();
    ShardWriter writer = run.begin(k);
    step();
    phiscope::test::fill_small_shard(writer, k);
    usleep(300);
    step();
    writer.commit();
  }
  step();
  run.finish();
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace

TEST_CASE("a run holds plan, prompts, shards, commits and manifest, and nothing else",
          "[run_writer]") {
  const phiscope::test::TempDir dir;
  const auto run = dir.path() / "deep" / "run";
  write_small_run(run);
  const auto files = tree(run);
  CHECK(files.size() == 3 + 5 * 6);
  CHECK(files.at("plan.json") == phiscope::shard::plan_bytes(small_plan()));
  CHECK(files.at("prompts.jsonl") == small_prompts());
  for (const char* name : {"x/shard-00004.npy", "ids/shard-00000.npy", "bits/shard-00001.npy",
                           "rows/w/shard-00002.npy", "rows/v/shard-00003.npy",
                           "commit/shard-00004.json", "manifest.json"}) {
    CAPTURE(name);
    CHECK(files.contains(name));
  }
  const auto manifest = nlohmann::json::parse(files.at("manifest.json"));
  CHECK(manifest.at("arrays").at("x").at("rows") == 2 + 3 + 4 + 5 + 6);
  CHECK(manifest.at("row_spaces").at("v").at("files").size() == 5);
  CHECK(manifest.at("plan") == nlohmann::json::parse(files.at("plan.json")));
}

TEST_CASE("a run written again, or by several tasks, has the same bytes", "[run_writer]") {
  const phiscope::test::TempDir dir;
  write_small_run(dir.path() / "a");
  const auto expected = tree(dir.path() / "a");
  write_small_run(dir.path() / "a");
  CHECK(tree(dir.path() / "a") == expected);
  for (const std::int64_t task : {2, 0, 1}) write_small_run(dir.path() / "b", task, 3);
  CHECK(tree(dir.path() / "b") == expected);
}

TEST_CASE("the manifest is written by whoever commits the last shard", "[run_writer]") {
  const phiscope::test::TempDir dir;
  const auto manifest = dir.path() / "run" / "manifest.json";
  RunWriter first(dir.path() / "run", small_plan(), small_prompts(), 0, 2);
  RunWriter second(dir.path() / "run", small_plan(), small_prompts(), 1, 2);
  CHECK(first.open_shards() == Shards{0, 2, 4});
  CHECK(second.open_shards() == Shards{1, 3});
  for (const std::int64_t k : first.open_shards()) write_small_shard(first, k);
  CHECK(first.open_shards().empty());
  CHECK_FALSE(first.finish());
  CHECK_FALSE(std::filesystem::exists(manifest));
  for (const std::int64_t k : second.open_shards()) write_small_shard(second, k);
  CHECK(second.finish());
  CHECK(std::filesystem::exists(manifest));
  CHECK(first.finish());
}

TEST_CASE("another plan or other prompts are refused, and nothing is touched", "[run_writer]") {
  const phiscope::test::TempDir dir;
  {
    RunWriter run(dir.path(), small_plan(), small_prompts());
    write_small_shard(run, 0);
  }
  const auto before = tree(dir.path());
  CHECK_THAT(message_of([&] { RunWriter(dir.path(), small_plan(2), small_prompts()); }),
             Contains("plan.json: plan differs in options.seed: 1 there, 2 now"));
  CHECK_THAT(message_of([&] { RunWriter(dir.path(), small_plan(), small_prompts() + "{}\n"); }),
             Contains("prompts.jsonl: prompts differ") && Contains("first in line 3"));
  CHECK_THAT(message_of([&] { RunWriter(dir.path(), small_plan(), "{\"id\":\"b\"}\n"); }),
             Contains("first in line 1"));
  phiscope::test::write_text(dir.path() / "plan.json", before.at("plan.json") + " ");
  CHECK_THAT(message_of([&] { RunWriter(dir.path(), small_plan(), small_prompts()); }),
             Contains("layout only"));
  phiscope::test::write_text(dir.path() / "plan.json", "{");
  CHECK_THAT(message_of([&] { RunWriter(dir.path(), small_plan(), small_prompts()); }),
             Contains("plan.json: line 1"));
  phiscope::test::write_text(dir.path() / "plan.json", before.at("plan.json"));
  CHECK(tree(dir.path()) == before);
}

TEST_CASE("a directory of other things is refused, and nothing is touched", "[run_writer]") {
  const phiscope::test::TempDir dir;
  phiscope::test::write_text(dir.path() / "thesis.tex", "years of work");
  CHECK_THROWS_WITH(RunWriter(dir.path(), small_plan(), small_prompts()),
                    Contains("holds 'thesis.tex' and no plan.json"));
  CHECK(tree(dir.path()).size() == 1);
  CHECK_THROWS_AS(RunWriter(dir.path() / "thesis.tex", small_plan(), small_prompts()),
                  std::system_error);
}

TEST_CASE("what a killed process left is removed, and only that", "[run_writer]") {
  const phiscope::test::TempDir dir;
  const auto run = dir.path() / "run";
  write_small_run(run);
  const auto expected = tree(run);
  const std::string part = ".part-77-0123456789abcdef";
  std::filesystem::remove(run / "manifest.json");
  std::filesystem::remove(run / "commit" / "shard-00001.json");
  std::filesystem::remove(run / "commit" / "shard-00002.json");
  for (const char* name : {"manifest.json", "x/shard-00001.npy", "x/shard-00003.npy",
                           "rows/w/shard-00002.npy", "commit/shard-00001.json"}) {
    phiscope::test::write_text(run / (name + part), "half");
  }
  phiscope::test::write_text(run / "task-0-of-7.lock", "");
  {
    // Task 0 of 2 has shards 0, 2, 4: those of task 1 may be at work.
    RunWriter even(run, small_plan(), small_prompts(), 0, 2);
    CHECK(even.open_shards() == Shards{2});
    const auto now = tree(run);
    CHECK_FALSE(now.contains("rows/w/shard-00002.npy" + part));
    CHECK_FALSE(now.contains("rows/w/shard-00002.npy"));
    CHECK(now.contains("x/shard-00001.npy" + part));
    CHECK(now.contains("x/shard-00001.npy"));
    CHECK(now.contains("x/shard-00003.npy" + part));
    CHECK(now.contains("commit/shard-00001.json" + part));
    CHECK_FALSE(now.contains("task-0-of-7.lock"));
  }
  write_small_run(run);
  CHECK(tree(run) == expected);
}

TEST_CASE("who completes the run removes the lock of a task killed after its last commit",
          "[run_writer]") {
  const phiscope::test::TempDir dir;
  write_small_run(dir.path() / "run", 1, 2);
  phiscope::test::write_text(dir.path() / "run" / "task-1-of-2.lock", "");
  write_small_run(dir.path() / "run", 0, 2);
  CHECK_FALSE(tree(dir.path() / "run").contains("task-1-of-2.lock"));
  CHECK(phiscope::shard::verify(dir.path() / "run").problems.empty());
}

TEST_CASE("a shard given up leaves nothing, and can be begun again", "[run_writer]") {
  const phiscope::test::TempDir dir;
  RunWriter run(dir.path(), small_plan(), small_prompts());
  const auto before = tree(dir.path());
  {
    ShardWriter writer = run.begin(2);
    phiscope::test::fill_small_shard(writer, 2);
  }
  CHECK(tree(dir.path()) == before);
  write_small_shard(run, 2);
  CHECK(run.open_shards() == Shards{0, 1, 3, 4});
}

TEST_CASE("what is foretold of a shard changes no byte of it", "[run_writer]") {
  const phiscope::test::TempDir dir;
  write_small_run(dir.path() / "expected");
  const auto expected = tree(dir.path() / "expected");
  using Rows = std::vector<std::optional<std::uint64_t>>;
  for (const std::uint64_t wrong_by : {0U, 1U}) {
    const auto path = dir.path() / std::to_string(wrong_by);
    RunWriter run(path, small_plan(), small_prompts());
    for (const std::int64_t k : run.open_shards()) {
      const Rows rows{static_cast<std::uint64_t>(k + 2) + wrong_by, std::nullopt};
      ShardWriter writer = run.begin(k, {.rows = rows, .finite = true});
      CHECK(writer.digests("x"));
      CHECK_FALSE(writer.digests("bits"));
      phiscope::test::fill_small_shard(writer, k);
      writer.complete("x");
      writer.commit();
    }
    run.finish();
    CHECK(tree(path) == expected);
  }
}

TEST_CASE("a value that is not finite is refused with its place, and nothing of it stays",
          "[run_writer]") {
  const phiscope::test::TempDir dir;
  RunWriter run(dir.path(), small_plan(), small_prompts());
  const auto before = tree(dir.path());
  {
    ShardWriter writer = run.begin(3, {.rows = {}, .finite = true});
    std::vector<float> rows(18, 1.0F);
    writer.append<float>("x", rows);
    rows[6 + 2] = -INFINITY;
    CHECK_THROWS_WITH(writer.append<float>("x", rows),
                      Contains("x/shard-00003.npy: array 'x' is not finite in row 4 (element 2"));
    const std::vector<std::uint16_t> bits{0x3F80, 0x7FC0};
    CHECK_THROWS_WITH(writer.append<std::uint16_t>("bits", bits),
                      Contains("array 'bits' is not finite in row 0 (element 1"));
    writer.append<std::int32_t>("ids", std::vector<std::int32_t>{-1});
  }
  CHECK(tree(dir.path()) == before);
}

TEST_CASE("misuse of a shard is the programmer's error", "[run_writer]") {
  const phiscope::test::TempDir dir;
  RunWriter run(dir.path(), small_plan(), small_prompts(), 1, 2);
  CHECK_THROWS_AS(run.begin(0), std::invalid_argument);
  CHECK_THROWS_AS(run.begin(5), std::invalid_argument);
  CHECK_THROWS_AS(run.begin(-1), std::invalid_argument);
  ShardWriter writer = run.begin(1);
  const std::vector<float> row(6);
  CHECK_THROWS_WITH(writer.append<float>("y", row), Contains("no array 'y'"));
  CHECK_THROWS_WITH(writer.append<float>("ids", row), Contains("values of dtype <f4"));
  CHECK_THROWS_AS(writer.append<float>("x", std::span(row).first(5)), std::invalid_argument);
  CHECK_THROWS_AS(writer.append_keys("u", {}), std::invalid_argument);
  const std::vector<std::int64_t> key{1, 2, 3};
  CHECK_THROWS_AS(writer.append_keys("w", key), std::invalid_argument);
  writer.append<float>("x", row);
  CHECK_THROWS_WITH(writer.commit(), Contains("array 'x' has 1 rows, row space 'w' has 0"));
  CHECK_THROWS_AS(RunWriter(dir.path(), small_plan(), small_prompts(), 2, 2),
                  std::invalid_argument);
  CHECK_THROWS_AS(RunWriter(dir.path(), small_plan(), small_prompts(), -1, 2),
                  std::invalid_argument);
  CHECK_THROWS_AS(RunWriter(dir.path(), {}, small_prompts()), std::invalid_argument);
}

TEST_CASE("two processes never work on the same shards", "[run_writer]") {
  const phiscope::test::TempDir dir;
  RunWriter run(dir.path(), small_plan(), small_prompts(), 0, 2);
  CHECK_THAT(message_of([&] { RunWriter(dir.path(), small_plan(), small_prompts(), 0, 2); }),
             Contains("task-0-of-2.lock: another process is at work on task 0 of 2"));
  CHECK_THAT(message_of([&] { RunWriter(dir.path(), small_plan(), small_prompts(), 0, 1); }),
             Contains("another process is at work on this run, divided in another way"));
  CHECK(message_of([&] { RunWriter(dir.path(), small_plan(), small_prompts(), 1, 2); }) ==
        "nothing thrown");
}

TEST_CASE("processes that start together make the run of one", "[run_writer]") {
  const phiscope::test::TempDir dir;
  write_small_run(dir.path() / "expected");
  const auto expected = tree(dir.path() / "expected");
  for (int round = 0; round < 4; ++round) {
    const auto run = dir.path() / ("run" + std::to_string(round));
    std::vector<pid_t> children;
    for (int i = 0; i < 3; ++i) children.push_back(start([&] { write_small_run(run); }));
    int succeeded = 0;
    for (const pid_t child : children) succeeded += finish(child) == 0 ? 1 : 0;
    CHECK(succeeded >= 1);
    CHECK(tree(run) == expected);
  }
}

TEST_CASE("a run killed anywhere holds finished files only, and is continued to the same bytes",
          "[run_writer]") {
  const phiscope::test::TempDir dir;
  write_small_run(dir.path() / "expected");
  const auto expected = tree(dir.path() / "expected");
  std::mt19937_64 engine(1);
  int interrupted = 0;
  for (int round = 0; round < 25; ++round) {
    const auto run = dir.path() / "run";
    std::filesystem::remove_all(run);
    for (int attempt = 0; attempt < 2; ++attempt) {
      const int last_step = static_cast<int>(engine() % steps);
      const auto microseconds = static_cast<long>(1 + engine() % 500);
      const int end = finish(start([&] { write_and_die(run, last_step, microseconds); }));
      CHECK((end == 128 + SIGKILL || end == 0));
      interrupted += end == 0 ? 0 : 1;
      if (!std::filesystem::exists(run)) continue;
      for (const auto& [name, bytes] : tree(run)) {
        if (name.ends_with(".lock") || phiscope::shard::is_part(name)) continue;
        CAPTURE(round, name);
        REQUIRE(expected.contains(name));
        CHECK((expected.at(name) == bytes));
      }
      if (!std::filesystem::exists(run / "manifest.json")) {
        CHECK_FALSE(phiscope::shard::verify(run).problems.empty());
      }
    }
    write_small_run(run);
    CHECK((tree(run) == expected));
  }
  CHECK(interrupted > 10);
}

TEST_CASE("a run that may not grow fails cleanly, and is continued to the same bytes",
          "[run_writer]") {
  const phiscope::test::TempDir dir;
  write_small_run(dir.path() / "expected");
  const auto expected = tree(dir.path() / "expected");
  for (const rlim_t limit : {0U, 140U, 250U, 900U, 3000U}) {
    const auto run = dir.path() / ("run" + std::to_string(limit));
    const pid_t child = start([&] {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit both{limit, limit};
      setrlimit(RLIMIT_FSIZE, &both);
      write_small_run(run);
    });
    CHECK(finish(child) == 1);
    for (const auto& [name, bytes] : tree(run)) {
      CAPTURE(limit, name);
      REQUIRE(expected.contains(name));
      CHECK((expected.at(name) == bytes));
    }
    write_small_run(run);
    CHECK((tree(run) == expected));
  }
}

TEST_CASE("a file beside the shards is not begun while a task removes what others left",
          "[run_writer]") {
  const phiscope::test::TempDir dir;
  const auto run = dir.path() / "run";
  write_small_run(run);
  const auto files = tree(run).size();
  auto lock = phiscope::shard::LockFile::wait(run / "run.lock");
  std::thread writer([&] { phiscope::shard::write_run_file(run / "texts.jsonl", "told"); });
  usleep(50'000);                        // it would be there by now
  CHECK(tree(run).size() == files + 1);  // the lock
  lock.release();
  writer.join();
  CHECK(tree(run).size() == files + 1);
  CHECK(phiscope::test::read_text(run / "texts.jsonl") == "told");
}
