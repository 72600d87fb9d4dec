// SPDX-License-Identifier: MIT
#include "files/weights/scan.hpp"

#include "files/weights/check.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/file/sha256.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace phiscope::extract {
namespace {

constexpr std::size_t piece = std::size_t{1} << 20U;  // whole elements, in a core's cache
constexpr unsigned most_threads = 8;                  ///< more wait for a disk

/// Reads a file from its first byte to its last.
class Scan {
 public:
  Scan(std::span<const std::byte> file, const std::function<void()>& between)
      : file_(file), between_(between) {}

  /// Hashes what is not hashed yet up to `end`.
  void hash_until(std::size_t end) {
    while (hashed_ < end) {
      const std::span<const std::byte> some =
          file_.subspan(hashed_, std::min(piece, end - hashed_));
      hash_.update(some);
      shard::release_pages(some);
      hashed_ += some.size();
      if (between_) between_();
    }
  }

  /// Looks at a tensor, and hashes the file up to its end. Tensors come by their beginnings; they
  /// may overlap.
  void look_at(const TensorView& tensor) {
    const auto begin = static_cast<std::size_t>(tensor.bytes.data() - file_.data());
    hash_until(begin);
    TensorView part = tensor;
    for (std::size_t at = 0; at < tensor.bytes.size(); at += piece) {
      part.bytes = tensor.bytes.subspan(at, std::min(piece, tensor.bytes.size() - at));
      finite_ = finite_ && !first_nonfinite(part);
      hash_until(begin + at + part.bytes.size());
      shard::release_pages(part.bytes);
    }
  }

  [[nodiscard]] WeightScan end() {
    hash_until(file_.size());
    return {.sha256 = hash_.hex(), .finite = finite_};
  }

 private:
  std::span<const std::byte> file_;
  const std::function<void()>& between_;
  shard::Sha256 hash_;
  std::size_t hashed_ = 0;
  bool finite_ = true;
};

WeightScan scanned(const UnreadWeights& file, const std::function<void()>& between) {
  std::vector<TensorView> tensors = file.tensors;
  std::ranges::sort(tensors, {}, [](const TensorView& one) { return one.bytes.data(); });
  Scan scan(file.bytes, between);
  for (const TensorView& one : tensors) scan.look_at(one);
  return scan.end();
}

}  // namespace

std::vector<WeightScan> scan_weights(std::span<const UnreadWeights> files,
                                     const std::function<void()>& between) {
  std::vector<WeightScan> all(files.size());
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) {
      try {
        all[i] = scanned(files[i], between);
      } catch (...) {  // thrown again by whoever waits
        const std::scoped_lock lock(mutex);
        if (!failure) failure = std::current_exception();
        next = files.size();
      }
    }
  };
  const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 1U, most_threads);
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min<std::size_t>(cores, files.size()); ++i) {
      others.emplace_back(work);
    }
    work();
  }
  if (failure) std::rethrow_exception(failure);
  return all;
}

}  // namespace phiscope::extract
