// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <future>
#include <string>
#include <system_error>
#include <vector>

namespace phiscope {

/// Calls tile(0), ..., tile(count - 1), each once, on up to `threads` threads (0 counts as 1). A
/// tile writes to places of its own index only, so the number of threads cannot change a result.
/// After an exception no further tile begins; the first one is rethrown when all threads have
/// ended.
template <class Tile>
void for_each_tile(std::size_t count, std::size_t threads, Tile tile) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  const auto work = [&] {
    struct FailureFlag {  // raised when the scope is left by an exception
      std::atomic<bool>& failed;
      bool done = false;
      ~FailureFlag() {
        if (!done) failed = true;
      }
    } flag{failed};
    for (std::size_t i = next++; i < count && !failed; i = next++) tile(i);
    flag.done = true;
  };
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < std::min(threads, count); ++i) {
    try {
      others.push_back(std::async(std::launch::async, work));
    } catch (const std::system_error& error) {
      failed = true;
      throw std::system_error(error.code(), "cannot start thread " + std::to_string(i + 1) +
                                                " of --threads " + std::to_string(threads));
    }
  }
  std::vector<std::future<void>> all;
  std::packaged_task<void()> own(work);
  all.push_back(own.get_future());
  own();
  for (auto& other : others) all.push_back(std::move(other));
  for (auto& future : all) future.wait();
  for (auto& future : all) future.get();
}

}  // namespace phiscope
