// SPDX-License-Identifier: MIT
#pragma once

#include "run/host_copy.hpp"
#include "shard/run_writer.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

namespace phiscope::extract {

/// Writes rows to a shard in the order in which they are pushed, in its own thread: the model
/// computes on while the disk works.
class ShardQueue {
 public:
  /// What waits to be written, at most, unless one push alone is more.
  static constexpr std::size_t most_bytes = 256'000'000;

  /// @param shard  used by the thread alone until finish() returns
  explicit ShardQueue(shard::ShardWriter& shard);
  /// What has not been written is dropped: the shard is not committed then.
  ~ShardQueue();
  ShardQueue(const ShardQueue&) = delete;
  ShardQueue& operator=(const ShardQueue&) = delete;

  /// Waits while too much is waiting.
  /// @throws what an earlier write threw
  void push(const std::string& array, HostCopy rows);
  /// Waits until all is written. @throws what a write threw
  void finish();

 private:
  struct Item {
    std::string array;
    HostCopy rows;
  };
  void write_all();

  shard::ShardWriter& shard_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> waiting_;  ///< the first one is being written
  std::size_t waiting_bytes_ = 0;
  std::exception_ptr failure_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace phiscope::extract
