// SPDX-License-Identifier: MIT
#include "run/queue/task_strands.hpp"

#include "extract/run/torch_catch.hpp"

#include <atomic>
#include <cerrno>
#include <dlfcn.h>
#include <latch>
#include <pthread.h>
#include <stdexcept>
#include <system_error>
#include <vector>

using phiscope::extract::TaskStrands;

namespace {

std::atomic<int> threads_left = -1;  // that the system allows; -1: any number

}  // namespace

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*begin)(void*), void* argument) noexcept {
  if (threads_left == 0) return EAGAIN;
  if (threads_left > 0) --threads_left;
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto next = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  return next(thread, attributes, begin, argument);
}

TEST_CASE("tasks of a strand run in order, and one at a time", "[task_strands]") {
  const std::size_t threads = GENERATE(1U, 2U, 7U);
  TaskStrands strands(threads, c10::kCPU);
  constexpr int count = 2000;
  std::vector<TaskStrands::Handle> all;
  std::vector<std::vector<int>> seen(5);
  std::vector<std::atomic<int>> at_work(5);
  std::atomic<int> done = 0;
  std::atomic<bool> overlapped = false;
  all.reserve(seen.size());
  for (std::size_t s = 0; s < seen.size(); ++s) all.push_back(TaskStrands::make());
  for (int i = 0; i < count; ++i) {
    for (std::size_t s = 0; s < seen.size(); ++s) {
      strands.add(all[s], [&, s, i] {
        if (++at_work[s] != 1) overlapped = true;
        seen[s].push_back(i);
        --at_work[s];
        ++done;
      });
    }
  }
  strands.wait([&] { return done == 5 * count; });
  CHECK_FALSE(overlapped);
  std::vector<int> expected(count);
  for (int i = 0; i < count; ++i) expected[static_cast<std::size_t>(i)] = i;
  for (const std::vector<int>& one : seen) CHECK((one == expected));
}

TEST_CASE("tasks of different strands run at the same time", "[task_strands]") {
  // Each of the three waits for the other two.
  TaskStrands strands(3, c10::kCPU);
  std::latch together(3);
  std::atomic<int> done = 0;
  for (int s = 0; s < 3; ++s) {
    strands.add(TaskStrands::make(), [&] {
      together.arrive_and_wait();
      ++done;
    });
  }
  strands.wait([&] { return done == 3; });
  CHECK(done == 3);
}

TEST_CASE("after a task that throws none begins, and whoever waits is told", "[task_strands]") {
  TaskStrands strands(2, c10::kCPU);
  const TaskStrands::Handle strand = TaskStrands::make();
  std::atomic<int> after = 0;
  const auto held = std::make_shared<int>(1);
  strands.add(strand, [] { throw std::runtime_error("full"); });
  for (int i = 0; i < 100; ++i) strands.add(strand, [&after, held] { ++after; });
  CHECK_THROWS_WITH(strands.wait([] { return false; }), Contains("full"));
  strands.add(strand, [&after, held] { ++after; });
  strands.wait_for(std::chrono::hours(1), [] { return false; });  // at once
  CHECK_THROWS_WITH(strands.wait([] { return true; }), Contains("full"));
  CHECK(after == 0);
}

TEST_CASE("what is dropped is let go of, though tasks hold their own strand", "[task_strands]") {
  const auto held = std::make_shared<int>(1);
  {
    TaskStrands strands(2, c10::kCPU);
    const TaskStrands::Handle strand = TaskStrands::make();
    strands.add(strand, [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); });
    for (int i = 0; i < 100; ++i) strands.add(strand, [held, strand] {});
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("waiting for a time ends with it", "[task_strands]") {
  TaskStrands strands(1, c10::kCPU);
  std::atomic<bool> done = false;
  strands.wait_for(std::chrono::milliseconds(5), [] { return false; });
  strands.add(TaskStrands::make(), [&] { done = true; });
  strands.wait_for(std::chrono::hours(1), [&] { return done.load(); });
  CHECK(done);
}

TEST_CASE("where the system allows fewer threads, those do the work", "[task_strands]") {
  for (const int allowed : {1, 2}) {
    std::atomic<int> done = 0;
    threads_left = allowed;
    TaskStrands strands(4, c10::kCPU);
    for (int s = 0; s < 50; ++s) strands.add(TaskStrands::make(), [&] { ++done; });
    strands.wait([&] { return done == 50; });
    threads_left = -1;
    CHECK(done == 50);
  }
  threads_left = 0;
  TaskStrands none(4, c10::kCPU);
  CHECK_THROWS_AS(none.add(TaskStrands::make(), [] {}), std::system_error);
  threads_left = -1;
  none.wait_for(std::chrono::hours(1), [] { return false; });  // at once
  CHECK_THROWS_WITH(none.wait([] { return true; }), Contains("cannot start a thread"));
}
