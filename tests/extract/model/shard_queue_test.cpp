// SPDX-License-Identifier: MIT
#include "run/shard_queue.hpp"

#include "model_fixture.hpp"
#include "shard/run_reader.hpp"
#include "temp_dir.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>

#include <thread>

using namespace phiscope::test;

namespace {

using phiscope::shard::RunWriter;

RunWriter two_arrays(const std::filesystem::path& run) {
  phiscope::shard::RunPlan plan{.experiment = "test",
                                .shards = 1,
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
  return {run, plan, "{}\n", 0, 1};
}

at::Tensor rows_from(int first, int count) {
  return at::arange(3 * first, 3 * (first + count), at::kFloat).view({count, 3});
}

}  // namespace

TEST_CASE("rows come to the disk in the order in which they were pushed", "[shard_queue]") {
  const TempDir folder;
  RunWriter writer = two_arrays(folder.path() / "run");
  phiscope::shard::ShardWriter shard = writer.begin(0);
  {
    ShardQueue queue(shard);
    for (int i = 0; i < 200; ++i) {
      queue.push("a", HostCopy(rows_from(i, 1)));
      queue.push("b", HostCopy(-rows_from(i, 1)));
    }
    queue.push("a", HostCopy(rows_from(200, 40).t().contiguous().t()));  // strided
    queue.push("b", HostCopy(-rows_from(200, 40)));
    queue.finish();
  }
  std::vector<std::int64_t> keys(240);
  std::iota(keys.begin(), keys.end(), 0);
  shard.append_keys("token", keys);
  shard.commit();
  writer.finish();
  const at::Tensor wanted = rows_from(0, 240).to(at::kDouble);
  const auto read = [&](const char* name) {
    return read_tensor(folder.path() / "run" / name / "shard-00000.npy");
  };
  CHECK(read("a").equal(wanted));
  CHECK(read("b").equal(-wanted));
}

TEST_CASE("what the disk refuses reaches whoever pushes or waits", "[shard_queue]") {
  const TempDir folder;
  RunWriter writer = two_arrays(folder.path() / "run");
  phiscope::shard::ShardWriter shard = writer.begin(0);
  ShardQueue queue(shard);
  queue.push("none", HostCopy(rows_from(0, 1)));
  CHECK_THROWS_WITH(queue.finish(), Contains("none"));
  CHECK_THROWS_WITH(queue.push("a", HostCopy(rows_from(0, 1))), Contains("none"));
  CHECK_THROWS_WITH(queue.finish(), Contains("none"));
}

TEST_CASE("an abandoned queue ends, and its shard is not committed", "[shard_queue]") {
  const TempDir folder;
  {
    RunWriter writer = two_arrays(folder.path() / "run");
    phiscope::shard::ShardWriter shard = writer.begin(0);
    ShardQueue queue(shard);
    for (int i = 0; i < 50; ++i) queue.push("a", HostCopy(rows_from(0, 1000)));
  }
  RunWriter writer = two_arrays(folder.path() / "run");
  CHECK(writer.open_shards() == std::vector<std::int64_t>{0});
}

TEST_CASE("more than the queue may hold goes through it all the same", "[shard_queue]") {
  const TempDir folder;
  RunWriter writer = two_arrays(folder.path() / "run");
  phiscope::shard::ShardWriter shard = writer.begin(0);
  const auto rows = static_cast<std::int64_t>(ShardQueue::most_bytes / 12 + 5);
  ShardQueue queue(shard);
  queue.push("a", HostCopy(rows_from(0, 1)));
  queue.push("a", HostCopy(at::zeros({rows, 3})));
  queue.push("a", HostCopy(rows_from(0, 1)));
  queue.finish();
  CHECK(std::filesystem::exists(folder.path() / "run"));
}
