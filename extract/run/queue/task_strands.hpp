// SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/Device.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace phiscope::extract {

/// Tasks for other threads: those of a strand run one after the other, those of different strands
/// at the same time. Threads are started when there is something to do for them.
class TaskStrands {
 public:
  struct Strand {
    std::deque<std::function<void()>> tasks{};
    bool at_work = false;  ///< has tasks: some thread has it, or will take it
  };
  using Handle = std::shared_ptr<Strand>;

  /// @param device  current in every thread: waiting for one must not open another
  TaskStrands(std::size_t most_threads, c10::Device device);
  /// Tasks that have not begun are dropped.
  ~TaskStrands();
  TaskStrands(const TaskStrands&) = delete;
  TaskStrands& operator=(const TaskStrands&) = delete;

  [[nodiscard]] static Handle make() { return std::make_shared<Strand>(); }
  /// Tasks may add tasks. Once one has thrown, or the end has come, none begins.
  void add(const Handle& strand, std::function<void()> task);

  /// Waits until a condition holds that tasks bring about; it is asked whenever one has ended.
  /// @throws what the first task that threw has thrown
  void wait(const std::function<bool()>& reached);
  /// As above, but gives up after a time, or when a task has thrown.
  void wait_for(std::chrono::milliseconds time, const std::function<bool()>& reached);

 private:
  void work();
  /// @return  false if the system has no more threads, but some of these are there
  bool start_thread();

  std::size_t most_threads_;
  c10::Device device_;
  std::mutex mutex_;
  std::condition_variable ready_changed_;
  std::condition_variable task_ended_;
  std::deque<Handle> ready_;  ///< that have a task which may begin
  std::size_t idle_ = 0;      ///< threads that wait for one
  std::exception_ptr failure_;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace phiscope::extract
