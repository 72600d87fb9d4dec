// SPDX-License-Identifier: MIT
#include "process/kept_memory.hpp"

#include "catch.hpp"
#include "child.hpp"
#include "sanitized.hpp"
#include "temp_dir.hpp"

#include <cstddef>
#include <iostream>
#include <memory>
#include <sys/resource.h>

using namespace phiscope::test;

namespace {

constexpr std::size_t size = 20U << 20U;

/// Page faults of asking for memory and writing to every page of it.
long faults_of_writing() {
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  const std::unique_ptr<char[]> memory(new char[size]);  // NOLINT: not initialised
  for (std::size_t at = 0; at < size; at += 4096) {
    static_cast<volatile char*>(memory.get())[at] = 1;
  }
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

}  // namespace

TEST_CASE("memory that was freed is used again without asking the system", "[kept_memory]") {
#if defined(__GLIBC__)
  if (sanitized) return;  // has an allocator of its own
  // In a process of its own: nothing has been freed there yet.
  const TempDir dir;
  const Finished done = in_child(
      [] {
        phiscope::process::keep_freed_memory();
        const long first = faults_of_writing();
        const long second = faults_of_writing();
        if (first > 1000 && second < first / 10) std::cout << "kept" << std::flush;
      },
      dir.path());
  CHECK(done.out == "kept");
#else
  std::cout << "skipped: not the C library of GNU\n";
#endif
}
