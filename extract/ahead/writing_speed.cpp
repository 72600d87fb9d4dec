// SPDX-License-Identifier: MIT
#include "ahead/writing_speed.hpp"

#include "shard/atomic_file.hpp"
#include "shard/sha256.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

namespace phiscope::extract {
namespace {

/// Bytes per second of some work on `bytes` bytes.
template <class Work>
double speed_of(std::size_t bytes, Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(bytes) / std::max(passed.count(), 1e-9);
}

}  // namespace

WritingSpeed measure_writing(const std::filesystem::path& folder) {
  const std::vector<std::byte> bytes(std::size_t{32} << 20U, std::byte{7});
  // Whoever computes has a core of its own.
  const std::size_t cores = std::max(2U, std::thread::hardware_concurrency()) - 1;
  const std::size_t threads = std::min(cores, writing_threads());
  const auto piece = std::span(bytes).first(bytes.size() / 4);
  shard::Sha256 hash;
  WritingSpeed speed;
  speed.hash = static_cast<double>(threads) * speed_of(piece.size(), [&] { hash.update(piece); });
  try {
    shard::AtomicFile file(folder / ".writing_speed");
    speed.disk = speed_of(bytes.size(), [&] {
      file.write(bytes);
      file.sync();
    });
  } catch (const std::system_error&) {
    speed.disk = 0.0;  // the run itself will say why
  }
  return speed;
}

}  // namespace phiscope::extract
