// SPDX-License-Identifier: MIT
#include "run/shard_queue.hpp"

#include <csignal>
#include <utility>

namespace phiscope::extract {
namespace {

void write(shard::ShardWriter& shard, const std::string& array, const at::Tensor& rows) {
  shard.append(array, {static_cast<const std::byte*>(rows.const_data_ptr()), rows.nbytes()});
}

/// A thread that no signal is delivered to: those that stop a run are for the main thread.
template <class Work>
std::thread quiet_thread(Work work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(work);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

ShardQueue::ShardQueue(shard::ShardWriter& shard)
    : shard_(shard), thread_(quiet_thread([this] { write_all(); })) {}

ShardQueue::~ShardQueue() {
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ShardQueue::push(const std::string& array, HostCopy rows) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return failure_ != nullptr || waiting_.empty() || waiting_bytes_ + rows.bytes() <= most_bytes;
  });
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  waiting_bytes_ += rows.bytes();
  waiting_.push_back({array, std::move(rows)});
  changed_.notify_all();
}

void ShardQueue::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ != nullptr || waiting_.empty(); });
  if (failure_ != nullptr) std::rethrow_exception(failure_);
}

void ShardQueue::write_all() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
    if (ended_) return;
    const Item& item = waiting_.front();
    lock.unlock();
    std::exception_ptr failure;
    try {
      write(shard_, item.array, item.rows.get());
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    waiting_bytes_ -= item.rows.bytes();
    waiting_.pop_front();
    failure_ = failure;
    changed_.notify_all();
    if (failure_ != nullptr) return;
  }
}

}  // namespace phiscope::extract
