// SPDX-License-Identifier: MIT
#include "model/cpu/parallel.hpp"

#include "catch.hpp"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace phiscope::extract;

TEST_CASE("in_parallel uses as many threads as LibTorch has", "[parallel]") {
  for (const int threads : {1, 2, 4}) {
    at::set_num_threads(threads);
    std::mutex guard;
    std::set<std::thread::id> seen;
    std::vector<int> times(37, 0);
    in_parallel(37, 1, [&](std::int64_t begin, std::int64_t end) {
      const std::lock_guard lock(guard);
      seen.insert(std::this_thread::get_id());
      for (std::int64_t i = begin; i < end; ++i) ++times[static_cast<std::size_t>(i)];
    });
    CHECK(seen.size() == static_cast<std::size_t>(threads));
    CHECK(times == std::vector<int>(37, 1));
  }
  at::set_num_threads(1);
}

TEST_CASE("a part is never smaller than the grain, and work of none is not called", "[parallel]") {
  at::set_num_threads(4);
  std::mutex guard;
  std::vector<std::int64_t> sizes;
  in_parallel(100, 60, [&](std::int64_t begin, std::int64_t end) {
    const std::lock_guard lock(guard);
    sizes.push_back(end - begin);
  });
  CHECK(sizes == std::vector<std::int64_t>{50, 50});  // as even as the fewest threads allow
  in_parallel(0, 1, [&](std::int64_t /*begin*/, std::int64_t /*end*/) { FAIL("called"); });
  at::set_num_threads(1);
}

TEST_CASE("what a part throws arrives, and its mode is the caller's", "[parallel]") {
  at::set_num_threads(3);
  CHECK_THROWS_AS(in_parallel(3, 1,
                              [](std::int64_t begin, std::int64_t /*end*/) {
                                if (begin == 2) throw std::runtime_error("the last part");
                              }),
                  std::runtime_error);
  for (const bool mode : {true, false}) {
    const c10::InferenceMode as_said(mode);
    std::mutex guard;
    int same = 0;
    in_parallel(3, 1, [&](std::int64_t /*begin*/, std::int64_t /*end*/) {
      const std::lock_guard lock(guard);
      same += c10::InferenceMode::is_enabled() == mode ? 1 : 0;
    });
    CHECK(same == 3);
  }
  at::set_num_threads(1);
}
