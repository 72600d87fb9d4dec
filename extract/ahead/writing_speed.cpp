// SPDX-License-Identifier: MIT
#include "ahead/writing_speed.hpp"

#include "shard/file/atomic_file.hpp"
#include "shard/file/sha256.hpp"
#include "watch/progress.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
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

std::string writing_text(double bytes, const WritingSpeed& speed, std::optional<double> computing) {
  const auto tokens = [](double rate) { return std::to_string(std::llround(rate)) + " tokens/s"; };
  const auto of = [&](double rate) {
    return tokens(rate / bytes) + " (" + bytes_text(rate) + "/s)";
  };
  const bool disk_first = speed.disk > 0.0 && speed.disk < speed.hash;
  const std::string writer = disk_first ? "the disk" : "hashing";
  std::string text = bytes_text(bytes) + " per token; ";
  if (speed.disk > 0.0) text += "this disk takes about " + of(speed.disk) + ", ";
  text += "hashing at most " + of(speed.hash) + "; ";
  if (!computing) return text + "a device that computes more waits for " + writer;
  const double share = *computing * bytes / (disk_first ? speed.disk : speed.hash);
  const long percent = std::lround(100.0 * share);
  if (percent <= 90) {
    return text + "computing is the limit: it made " + tokens(*computing) + " here before, " +
           std::to_string(percent) + " % of what " + writer + " takes";
  }
  return text + writer + " is the limit: such a run made " + tokens(*computing) + " here before, " +
         std::to_string(percent) +
         " % of it; fewer --layers, hooks or positions, or "
         "--dtype-store, make less of it";
}

}  // namespace phiscope::extract
