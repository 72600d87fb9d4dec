// SPDX-License-Identifier: MIT
#include "run/queue/task_strands.hpp"

#include <c10/core/DeviceGuard.h>

#include <csignal>
#include <exception>
#include <system_error>
#include <utility>

namespace phiscope::extract {
namespace {

/// A thread that no signal is delivered to: those that stop a run are for the main thread. A mapped
/// file that is cut is told in the thread that reads it.
template <class Work>
std::thread quiet_thread(Work work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigdelset(&all, SIGBUS);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  std::error_code error;
  try {
    thread = std::thread(work);
  } catch (const std::system_error& failed) {
    error = failed.code();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error) throw std::system_error(error, "cannot start a thread that writes shards");
  return thread;
}

}  // namespace

TaskStrands::TaskStrands(std::size_t most_threads, c10::Device device)
    : most_threads_(most_threads), device_(device) {
  threads_.reserve(most_threads);
}

TaskStrands::~TaskStrands() {
  std::vector<std::thread> threads;
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    threads.swap(threads_);
  }
  ready_changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void TaskStrands::add(const Handle& strand, std::function<void()> task) {
  const std::scoped_lock lock(mutex_);
  if (ended_ || failure_ != nullptr) return;
  strand->tasks.push_back(std::move(task));
  if (std::exchange(strand->at_work, true)) return;
  ready_.push_back(strand);
  if (ready_.size() > idle_ && threads_.size() < most_threads_ && start_thread()) return;
  ready_changed_.notify_one();
}

bool TaskStrands::start_thread() {
  try {
    threads_.push_back(quiet_thread([this] { work(); }));
    return true;
  } catch (const std::system_error&) {
    // A system that allows no more threads: those that there are do the work, later.
    if (!threads_.empty()) return false;
    failure_ = std::current_exception();
    throw;
  }
}

void TaskStrands::wait(const std::function<bool()>& reached) {
  std::unique_lock lock(mutex_);
  task_ended_.wait(lock, [&] { return failure_ != nullptr || reached(); });
  if (failure_ != nullptr) std::rethrow_exception(failure_);
}

void TaskStrands::wait_for(std::chrono::milliseconds time, const std::function<bool()>& reached) {
  std::unique_lock lock(mutex_);
  task_ended_.wait_for(lock, time, [&] { return failure_ != nullptr || reached(); });
}

void TaskStrands::work() {
  const c10::OptionalDeviceGuard guard(device_.is_cpu() ? std::nullopt : std::optional(device_));
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    ready_changed_.wait(lock, [&] { return ended_ || !ready_.empty(); });
    --idle_;
    // What was dropped is still taken out, so that nothing holds on to it.
    if (ready_.empty()) return;
    const Handle strand = std::move(ready_.front());
    ready_.pop_front();
    std::function<void()> task = std::move(strand->tasks.front());
    strand->tasks.pop_front();
    const bool dropped = ended_ || failure_ != nullptr;
    lock.unlock();
    std::exception_ptr failure;
    try {
      if (!dropped) task();
    } catch (...) {
      failure = std::current_exception();
    }
    task = nullptr;
    lock.lock();
    if (failure_ == nullptr) failure_ = failure;
    strand->at_work = !strand->tasks.empty();
    if (strand->at_work) {
      ready_.push_back(strand);
      ready_changed_.notify_one();
    }
    task_ended_.notify_all();
  }
}

}  // namespace phiscope::extract
