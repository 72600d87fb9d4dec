// SPDX-License-Identifier: MIT
#pragma once

#include "ahead/writing_speed.hpp"
#include "run/queue/portion.hpp"
#include "run/queue/task_strands.hpp"
#include "shard/run_writer.hpp"

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>

namespace phiscope::extract {

/// What a ShardQueue may hold.
struct QueueLimits {
  std::size_t bytes = std::size_t{512} << 20U;  ///< of rows that are not written and hashed yet
  std::size_t shards = 4;                       ///< begun and not committed
  std::size_t threads = writing_threads();
};

/// Writes shards in other threads: whoever computes goes on with the next rows, and the next shard,
/// while the disk works. Rows are written and hashed while they are in memory, several arrays at a
/// time; where hashing falls behind, the rest of a file is hashed once it is written, beside the
/// next shards. A shard is committed when all of it is on the disk, in the order of the shards.
///
/// Rows are taken together to portions, of at most an eighth of the bytes allowed (64 MiB of the
/// default), whichever arrays they belong to: of a device no small copies are asked for.
class ShardQueue {
 public:
  /// @param device  where rows come from; some may be on the CPU all the same
  explicit ShardQueue(c10::Device device, const QueueLimits& limits = {});
  /// What is not committed is dropped.
  ~ShardQueue();
  ShardQueue(const ShardQueue&) = delete;
  ShardQueue& operator=(const ShardQueue&) = delete;

  /// Begins a shard, once that before has ended. This and what follows waits while too much is on
  /// its way. @throws what writing threw; nothing is written any more then
  void begin(shard::ShardWriter shard);
  /// Appends rows of an array.
  void push(const std::string& array, const at::Tensor& rows);
  /// Appends keys of a row space.
  void push_keys(const std::string& row_space, std::span<const std::int64_t> keys);
  /// Ends the shard: it is committed when it is on the disk.
  void end();

  /// Shards committed so far; they are so in the order in which they ended.
  [[nodiscard]] std::size_t committed() const { return committed_; }
  /// Waits until all shards that have ended are committed. @throws what writing threw
  void finish();
  /// As finish(), for a time at most, and whether or not something fails.
  void settle(std::chrono::milliseconds time);
  /// Seconds that the calls above have waited.
  [[nodiscard]] double waited_seconds() const { return waited_.count(); }

 private:
  struct OpenShard;
  void open_portion(std::size_t least);
  void send_portion();
  void arrive(const std::shared_ptr<OpenShard>& shard);
  void commit_complete();
  void wait(const std::function<bool()>& reached);

  QueueLimits limits_;
  std::size_t portion_bytes_;           ///< of the next portion
  std::atomic<std::size_t> bytes_ = 0;  ///< of portions
  std::size_t begun_ = 0;
  std::size_t ended_ = 0;
  std::atomic<std::size_t> committed_ = 0;
  std::chrono::duration<double> waited_{0.0};

  std::mutex mutex_;                             ///< of what follows
  std::deque<std::shared_ptr<OpenShard>> open_;  ///< not committed; the last may not have ended
  std::shared_ptr<OpenShard> current_;
  std::shared_ptr<Portion> portion_;
  TaskStrands::Handle commits_ = TaskStrands::make();
  TaskStrands strands_;  ///< last: its threads use all of the above
};

}  // namespace phiscope::extract
