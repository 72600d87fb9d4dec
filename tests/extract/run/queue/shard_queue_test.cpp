// SPDX-License-Identifier: MIT
#include "run/queue/shard_queue.hpp"

#include "extract/run/torch_catch.hpp"
#include "shard/commit.hpp"
#include "shard/npy/npy.hpp"
#include "shard/verify.hpp"
#include "temp_dir.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>

#include <atomic>
#include <cerrno>
#include <dlfcn.h>
#include <numeric>
#include <optional>
#include <thread>
#include <unistd.h>

namespace phiscope::extract::shard_queue_test {
namespace {

using phiscope::shard::RunWriter;
using phiscope::shard::ShardExpectation;

phiscope::shard::RunPlan two_arrays(std::int64_t shards = 1) {
  phiscope::shard::RunPlan plan{.experiment = "test",
                                .shards = shards,
                                .arrays = {},
                                .row_spaces = {{.name = "token", .key = {"i"}}},
                                .details = nlohmann::ordered_json::object()};
  for (const char* name : {"a", "b"}) {
    phiscope::shard::ArrayPlan array;
    array.name = name;
    array.row_space = "token";
    array.axes = {"token", "unit"};
    array.row_shape = {3};
    plan.arrays.push_back(array);
  }
  return plan;
}

at::Tensor rows_from(std::int64_t first, std::int64_t count) {
  return at::arange(3 * first, 3 * (first + count), at::kFloat).view({count, 3});
}

std::vector<std::int64_t> keys_to(std::int64_t end) {
  std::vector<std::int64_t> keys(static_cast<std::size_t>(end));
  std::iota(keys.begin(), keys.end(), 0);
  return keys;
}

ShardExpectation foretold(std::optional<std::uint64_t> rows) {
  return {.rows = {rows}, .finite = true};
}

/// Begins, fills and ends a shard of `count` rows.
void push_shard(ShardQueue& queue, RunWriter& writer, std::int64_t shard, std::int64_t count) {
  queue.begin(writer.begin(shard, foretold(static_cast<std::uint64_t>(count))));
  queue.push("a", rows_from(0, count));
  queue.push("b", -rows_from(0, count));
  queue.push_keys("token", keys_to(count));
  queue.end();
}

std::atomic<int> slower_by = 0;  // milliseconds, of every large write; or SlowDisk::stopped
std::atomic<bool> is_full = false;

/// What becomes of large writes to files while it lives: each takes longer, none ends before it
/// does (`stopped`), or none succeeds.
struct SlowDisk {
  static constexpr int stopped = -1;
  explicit SlowDisk(int milliseconds, bool full = false) {
    slower_by = milliseconds;
    is_full = full;
  }
  SlowDisk(const SlowDisk&) = delete;
  SlowDisk& operator=(const SlowDisk&) = delete;
  ~SlowDisk() {
    slower_by = 0;
    slower_by.notify_all();
    is_full = false;
  }
};

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

}  // namespace

TEST_CASE("rows come to the disk in the order in which they were pushed", "[shard_queue]") {
  const std::size_t bytes = GENERATE(1U, 400U, 100'000'000U);  // rows alone, some, all in a portion
  const std::size_t threads = GENERATE(1U, 4U);
  const std::optional<std::uint64_t> rows =
      GENERATE(as<std::optional<std::uint64_t>>{}, std::nullopt, 240, 239);
  const test::TempDir folder;
  RunWriter writer(folder.path() / "run", two_arrays(), "{}\n");
  {
    ShardQueue queue(c10::kCPU, {.bytes = bytes, .shards = 1, .threads = threads});
    queue.begin(writer.begin(0, foretold(rows)));
    for (int i = 0; i < 200; ++i) {
      queue.push("a", rows_from(i, 1));
      queue.push("b", -rows_from(i, 1));
    }
    queue.push("a", rows_from(200, 0));
    queue.push("a", rows_from(200, 40).t().contiguous().t());  // strided
    queue.push("b", -rows_from(200, 40));
    queue.push_keys("token", keys_to(240));
    queue.end();
    queue.finish();
    CHECK(queue.committed() == 1);
  }
  writer.finish();
  std::vector<double> wanted(720);
  std::iota(wanted.begin(), wanted.end(), 0.0);
  const auto read = [&](const char* name) {
    return shard::NpyFile(folder.path() / "run" / name / "shard-00000.npy").read<double>();
  };
  CHECK(read("a") == wanted);
  for (double& value : wanted) value = -value;
  CHECK(read("b") == wanted);
  CHECK(phiscope::shard::verify(folder.path() / "run").problems.empty());
}

TEST_CASE("what the disk refuses reaches whoever pushes or waits", "[shard_queue]") {
  const test::TempDir folder;
  RunWriter writer(folder.path() / "run", two_arrays(2), "{}\n");
  ShardQueue queue(c10::kCPU);
  push_shard(queue, writer, 0, 5);
  queue.finish();
  queue.begin(writer.begin(1, foretold(1)));
  {
    const SlowDisk full(0, true);
    CHECK_THROWS_WITH(
        [&] {
          queue.push("a", at::ones({1'000'000, 3}));
          queue.end();
          queue.finish();
        }(),
        Contains("a/shard-00001.npy: cannot write: No space left on device"));
  }
  CHECK_THROWS_WITH(queue.finish(), Contains("cannot write"));
  CHECK_THROWS_WITH(queue.begin(writer.begin(1)), Contains("cannot write"));
  CHECK(queue.committed() == 1);
  CHECK(writer.open_shards() == std::vector<std::int64_t>{1});
}

TEST_CASE("rows that are not finite are refused where they are written", "[shard_queue]") {
  const test::TempDir folder;
  RunWriter writer(folder.path() / "run", two_arrays(2), "{}\n");
  ShardQueue queue(c10::kCPU);
  push_shard(queue, writer, 0, 5);
  queue.begin(writer.begin(1, foretold(9)));
  queue.push("a", rows_from(0, 5));
  const at::Tensor bad = rows_from(5, 4);
  bad[2][1] = NAN;
  queue.push("a", bad);
  queue.push("b", rows_from(0, 9));
  queue.push_keys("token", keys_to(9));
  queue.end();
  CHECK_THROWS_WITH(queue.finish(), Contains("array 'a' is not finite in row 7 (element 1"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "run" / "commit" / "shard-00001.json"));
}

TEST_CASE("an abandoned queue ends, and its shard is not committed", "[shard_queue]") {
  const test::TempDir folder;
  {
    RunWriter writer(folder.path() / "run", two_arrays(), "{}\n");
    ShardQueue queue(c10::kCPU, {.bytes = mebibyte});
    queue.begin(writer.begin(0));
    for (int i = 0; i < 50; ++i) queue.push("a", rows_from(0, 10'000));
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "run" / "a")) {
    FAIL("left: " << entry.path());
  }
  RunWriter writer(folder.path() / "run", two_arrays(), "{}\n");
  CHECK(writer.open_shards() == std::vector<std::int64_t>{0});
}

TEST_CASE("a shard that has ended is committed though the next is given up", "[shard_queue]") {
  const test::TempDir folder;
  RunWriter writer(folder.path() / "run", two_arrays(3), "{}\n");
  {
    const SlowDisk slow(30);
    ShardQueue queue(c10::kCPU);
    push_shard(queue, writer, 0, 300'000);
    push_shard(queue, writer, 1, 300'000);
    queue.begin(writer.begin(2));
    queue.push("a", rows_from(0, 300'000));
    queue.settle(std::chrono::hours(1));
    CHECK(queue.committed() == 2);
  }
  CHECK(writer.open_shards() == std::vector<std::int64_t>{2});
}

TEST_CASE("rows larger than what may be on its way go through all the same", "[shard_queue]") {
  const test::TempDir folder;
  RunWriter writer(folder.path() / "run", two_arrays(), "{}\n");
  ShardQueue queue(c10::kCPU, {.bytes = 5});
  push_shard(queue, writer, 0, 100);
  queue.finish();
  CHECK(writer.finish());
}

TEST_CASE("shards are committed in order, and no more of them are open than allowed",
          "[shard_queue]") {
  const test::TempDir folder;
  const std::filesystem::path run = folder.path() / "run";
  const auto plan = two_arrays(12);
  RunWriter writer(run, plan, "{}\n");
  ShardQueue queue(c10::kCPU, {.bytes = 64 * mebibyte, .shards = 3, .threads = 4});
  for (std::int64_t k = 0; k < 12; ++k) {
    push_shard(queue, writer, k, k % 3 == 0 ? 200'000 : 2);
    const std::vector<std::int64_t> there = phiscope::shard::committed_shards(run, plan);
    for (std::size_t i = 0; i < there.size(); ++i) CHECK(there[i] == static_cast<std::int64_t>(i));
    CHECK(static_cast<std::int64_t>(there.size()) >= k + 1 - 3);
  }
  queue.finish();
  CHECK(queue.committed() == 12);
  CHECK(writer.finish());
  CHECK(phiscope::shard::verify(run).problems.empty());
}

TEST_CASE("computing goes on while the disk does not, and waits when it is too far ahead",
          "[shard_queue]") {
  const test::TempDir folder;
  RunWriter writer(folder.path() / "run", two_arrays(4), "{}\n");
  constexpr std::int64_t rows = 12'000;  // large writes of the arrays; keys are the caller's own
  {
    ShardQueue queue(c10::kCPU, {.bytes = 512 * mebibyte, .shards = 4, .threads = 3});
    {
      const SlowDisk stopped(SlowDisk::stopped);
      for (std::int64_t k = 0; k < 2; ++k) push_shard(queue, writer, k, rows);
      CHECK(queue.committed() == 0);
    }
    queue.finish();
    CHECK(queue.committed() == 2);
  }
  ShardQueue queue(c10::kCPU, {.bytes = 512 * mebibyte, .shards = 1, .threads = 3});
  const SlowDisk slow(100);
  push_shard(queue, writer, 2, rows);
  queue.begin(writer.begin(3, foretold(0)));
  CHECK(queue.committed() == 1);  // it began when the one before was on the disk
  CHECK(queue.waited_seconds() > 0.0);
  queue.push_keys("token", {});
  queue.end();
  queue.finish();
  CHECK(writer.finish());
}

/// @return  false where the disk is full
bool large_write_begins() {
  slower_by.wait(SlowDisk::stopped);
  if (slower_by > 0) std::this_thread::sleep_for(std::chrono::milliseconds(slower_by));
  return !is_full;
}

}  // namespace phiscope::extract::shard_queue_test

extern "C" ssize_t pwrite(int descriptor, const void* from, std::size_t size, off_t offset) {
  if (size >= 100'000 && !phiscope::extract::shard_queue_test::large_write_begins()) {
    errno = ENOSPC;
    return -1;
  }
  using Write = ssize_t (*)(int, const void*, std::size_t, off_t);
  static const auto next = reinterpret_cast<Write>(dlsym(RTLD_NEXT, "pwrite"));
  return next(descriptor, from, size, offset);
}
