// SPDX-License-Identifier: MIT
// Rows on their way to the disk: GB/s of ShardQueue, and of what limits it, SHA-256 by one thread
// and the files written and synced without more. Give a folder on the disk that is meant.
#include "run/queue/shard_queue.hpp"
#include "shard/file/atomic_file.hpp"
#include "shard/file/sha256.hpp"

#include <ATen/ops/full.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace phiscope;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t layers = 28;  // of all arrays together
constexpr std::uint64_t width = 3584;
constexpr std::int64_t run_rows = 512;
constexpr double row_bytes = 2.0 * layers * width;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A plan of arrays that share the layers of a 7B model.
shard::RunPlan plan_of(std::uint64_t arrays, std::int64_t shards) {
  shard::RunPlan plan{.experiment = "bench",
                      .shards = shards,
                      .arrays = {},
                      .row_spaces = {{.name = "token", .key = {"i"}}},
                      .details = nlohmann::ordered_json::object()};
  for (std::uint64_t a = 0; a < arrays; ++a) {
    plan.arrays.push_back({.name = "a" + std::to_string(a),
                           .hook = "",
                           .formula = "",
                           .row_space = "token",
                           .encoding = "bf16",
                           .axes = {"row", "layer", "unit"},
                           .dtype = shard::Dtype::u2,
                           .layers = std::vector<std::int64_t>(layers / arrays, 0),
                           .row_shape = {layers / arrays, width}});
    auto& numbers = plan.arrays.back().layers;
    for (std::size_t l = 0; l < numbers.size(); ++l) numbers[l] = static_cast<std::int64_t>(l);
  }
  return plan;
}

/// @param runs  of a shard
double queue_speed(const std::filesystem::path& folder, std::uint64_t arrays, std::int64_t shards,
                   std::int64_t runs, bool is_foretold) {
  std::filesystem::remove_all(folder);
  shard::RunWriter writer(folder, plan_of(arrays, shards), "{}\n");
  const at::Tensor rows = at::full(
      {run_rows, static_cast<std::int64_t>(layers / arrays), static_cast<std::int64_t>(width)}, 7,
      at::kBFloat16);
  const std::vector<std::int64_t> keys(static_cast<std::size_t>(run_rows * runs), 0);
  const auto start = Clock::now();
  extract::ShardQueue queue(c10::kCPU);
  for (std::int64_t k = 0; k < shards; ++k) {
    std::optional<std::uint64_t> foretold;
    if (is_foretold) foretold = keys.size();
    queue.begin(writer.begin(k, {.rows = {foretold}, .finite = true}));
    for (std::int64_t r = 0; r < runs; ++r) {
      for (std::uint64_t a = 0; a < arrays; ++a) queue.push("a" + std::to_string(a), rows);
    }
    queue.push_keys("token", keys);
    queue.end();
  }
  queue.finish();
  const double seconds = seconds_since(start);
  std::filesystem::remove_all(folder);
  return 1e-9 * row_bytes * static_cast<double>(shards * runs * run_rows) / seconds;
}

double hash_speed() {
  const std::vector<std::byte> bytes(std::size_t{1} << 24U, std::byte{7});
  double best = 0.0;
  for (int i = 0; i < 10; ++i) {
    const auto start = Clock::now();
    if (shard::sha256(bytes).empty()) return 0.0;
    best = std::max(best, 1e-9 * static_cast<double>(bytes.size()) / seconds_since(start));
  }
  return best;
}

/// Several files at a time, as the queue has them.
double disk_speed(const std::filesystem::path& folder, double gigabytes) {
  constexpr int files = 4;
  const std::vector<std::byte> bytes(std::size_t{1} << 26U, std::byte{7});
  std::filesystem::create_directories(folder);
  const int pieces = std::max(1, static_cast<int>(gigabytes * 1e9 / files) >> 26);
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  threads.reserve(files);
  for (int f = 0; f < files; ++f) {
    threads.emplace_back([&, f] {
      shard::AtomicFile file(folder / std::to_string(f));
      for (int i = 0; i < pieces; ++i) file.write(bytes);
      file.commit();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = seconds_since(start);
  std::filesystem::remove_all(folder);
  return 1e-9 * static_cast<double>(bytes.size()) * files * pieces / seconds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: writing_bench FOLDER GIGABYTES\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = std::filesystem::path(argv[1]) / "writing_bench";
  const double gigabytes = std::atof(argv[2]);
  constexpr std::int64_t shards = 6;
  const auto runs = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(gigabytes * 1e9 / (row_bytes * run_rows * shards)));
  const double hash = hash_speed();
  const double disk = disk_speed(folder, gigabytes);
  const double cores = std::max(2U, std::thread::hardware_concurrency());
  const double limit = std::min(disk, (cores - 1.0) * hash);
  std::printf("SHA-256 %.2f GB/s a thread, %.0f cores; files alone %.2f GB/s\n", hash, cores, disk);
  for (const std::uint64_t arrays : {1U, 4U, 28U}) {
    for (const bool is_foretold : {true, false}) {
      const double speed = queue_speed(folder, arrays, shards, runs, is_foretold);
      std::printf("%2d arrays, %s: %.2f GB/s, %.0f %% of the limit\n", static_cast<int>(arrays),
                  is_foretold ? "rows foretold" : "rows unknown ", speed, 100.0 * speed / limit);
    }
  }
  return 0;
}
