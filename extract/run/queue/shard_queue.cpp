// SPDX-License-Identifier: MIT
#include "run/queue/shard_queue.hpp"

#include <bit>
#include <map>
#include <stdexcept>
#include <utility>

namespace phiscope::extract {
namespace {

/// Portions begin small, so that a small run takes little page-locked memory.
constexpr std::size_t first_portion = std::size_t{4} << 20U;
constexpr std::size_t largest_portion = std::size_t{256} << 20U;

/// LibTorch keeps page-locked blocks in powers of two.
std::size_t most_portion(const QueueLimits& limits) {
  return std::min(largest_portion, std::bit_floor(std::max<std::size_t>(1, limits.bytes / 8)));
}

}  // namespace

/// A shard, and the strands of its files.
struct ShardQueue::OpenShard {
  explicit OpenShard(shard::ShardWriter one) : writer(std::move(one)) {}
  struct File {
    TaskStrands::Handle writes = TaskStrands::make();
    TaskStrands::Handle digests = TaskStrands::make();
    std::atomic<std::size_t> to_digest = 0;  ///< bytes that wait in memory for it
    bool is_behind = false;                  ///< the rest is read back and hashed in the end
  };
  shard::ShardWriter writer;
  std::map<std::string, File> files{};      ///< by array; only whoever computes adds to it
  std::atomic<std::size_t> incomplete = 0;  ///< files that are not on the disk yet
  std::atomic<bool> is_complete = false;
};

ShardQueue::ShardQueue(c10::Device device, const QueueLimits& limits)
    : limits_(limits),
      portion_bytes_(std::min(first_portion, most_portion(limits))),
      strands_(limits.threads, device) {}

ShardQueue::~ShardQueue() = default;

void ShardQueue::wait(const std::function<bool()>& reached) {
  const auto start = std::chrono::steady_clock::now();
  strands_.wait(reached);
  waited_ += std::chrono::steady_clock::now() - start;
}

void ShardQueue::begin(shard::ShardWriter shard) {
  wait([&] { return begun_ - committed_ < limits_.shards; });
  if (current_ != nullptr)
    throw std::logic_error("ShardQueue: a shard begins before the last ends");
  ++begun_;
  current_ = std::make_shared<OpenShard>(std::move(shard));
  const std::scoped_lock lock(mutex_);
  open_.push_back(current_);
}

void ShardQueue::open_portion(std::size_t least) {
  const std::size_t capacity = std::max(portion_bytes_, std::bit_ceil(least));
  wait([&] { return bytes_ == 0 || bytes_ + capacity <= limits_.bytes; });
  bytes_ += capacity;
  portion_ = {new Portion(capacity), [this, capacity](const Portion* portion) {
                delete portion;  // NOLINT(cppcoreguidelines-owning-memory)
                bytes_ -= capacity;
              }};
}

void ShardQueue::push(const std::string& array, const at::Tensor& rows) {
  if (rows.numel() == 0) return;
  const at::Tensor source = rows.contiguous();
  const std::size_t row_bytes = source.nbytes() / static_cast<std::size_t>(source.size(0));
  for (std::int64_t at = 0; at < source.size(0);) {
    if (portion_ != nullptr && portion_->room() < row_bytes) {
      send_portion();
      portion_bytes_ = std::min(2 * portion_bytes_, most_portion(limits_));
    }
    if (portion_ == nullptr) open_portion(row_bytes);
    const auto fit = static_cast<std::int64_t>(portion_->room() / row_bytes);
    const std::int64_t size = std::min(source.size(0) - at, fit);
    portion_->add(array, source.narrow(0, at, size));
    at += size;
  }
}

void ShardQueue::push_keys(const std::string& row_space, std::span<const std::int64_t> keys) {
  current_->writer.append_keys(row_space, keys);
}

void ShardQueue::send_portion() {
  const std::shared_ptr<Portion> portion = std::exchange(portion_, nullptr);
  portion->close();
  for (const auto& [array, rows] : portion->rows()) {
    OpenShard::File& file = current_->files[array];
    // Both see the same memory, which nobody writes to once the copy is through.
    const auto each = [&array = array, &rows = rows, portion](const auto& use) {
      portion->wait();
      for (const at::Tensor& part : rows) use(array, bytes_of_rows(part));
    };
    const std::shared_ptr<OpenShard> shard = current_;
    strands_.add(file.writes, [each, shard] {
      each([&](const std::string& name, std::span<const std::byte> bytes) {
        shard->writer.write(name, bytes);
      });
    });
    // A file is hashed by one thread. Where that is slower than what comes, the next shard shall
    // not wait for it: several shards catch up at the same time.
    file.is_behind = file.is_behind || file.to_digest > limits_.bytes / 4;
    if (file.is_behind || !shard->writer.digests(array)) continue;
    std::size_t bytes = 0;
    for (const at::Tensor& part : rows) bytes += part.nbytes();
    file.to_digest += bytes;
    strands_.add(file.digests, [each, shard, &file, bytes] {
      each([&](const std::string& name, std::span<const std::byte> some) {
        shard->writer.digest(name, some);
      });
      file.to_digest -= bytes;
    });
  }
}

void ShardQueue::end() {
  if (portion_ != nullptr) send_portion();
  ++ended_;
  const std::shared_ptr<OpenShard> shard = std::exchange(current_, nullptr);
  // One more than there are files: without any the shard is complete now.
  shard->incomplete = shard->files.size() + 1;
  for (const auto& entry : shard->files) {
    const std::string& array = entry.first;
    strands_.add(entry.second.writes, [this, shard, array] {
      strands_.add(shard->files.at(array).digests, [this, shard, array] {
        shard->writer.complete(array);
        arrive(shard);
      });
    });
  }
  arrive(shard);
}

void ShardQueue::arrive(const std::shared_ptr<OpenShard>& shard) {
  if (--shard->incomplete > 0) return;
  shard->is_complete = true;
  strands_.add(commits_, [this] { commit_complete(); });
}

void ShardQueue::commit_complete() {
  while (true) {
    std::shared_ptr<OpenShard> first;
    {
      const std::scoped_lock lock(mutex_);
      if (open_.empty() || !open_.front()->is_complete) return;
      first = open_.front();
    }
    first->writer.commit();
    const std::scoped_lock lock(mutex_);
    open_.pop_front();
    ++committed_;
  }
}

void ShardQueue::finish() {
  wait([&] { return committed_ == ended_; });
}

void ShardQueue::settle(std::chrono::milliseconds time) {
  strands_.wait_for(time, [&] { return committed_ == ended_; });
}

}  // namespace phiscope::extract
