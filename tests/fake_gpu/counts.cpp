// SPDX-License-Identifier: MIT
#include "counts.hpp"

#include "memory.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace phiscope::fake_gpu {
namespace {

// State is never destroyed: threads and other libraries' destructors may still use it at the end.
std::map<std::pair<Asked, std::string>, long>& counted() {
  static auto& all = *new std::map<std::pair<Asked, std::string>, long>;
  return all;
}

long violations = 0;

const char* name_of(Asked what) {
  switch (what) {
    case Asked::launch:
      return "launch";
    case Asked::wait:
      return "wait";
    default:
      return "upload";
  }
}

/// Writes the counts to the file that PHISCOPE_FAKE_GPU_REPORT names, when the program ends.
struct Report {
  Report() = default;
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;
  ~Report() {
    const char* const path = std::getenv("PHISCOPE_FAKE_GPU_REPORT");
    if (path != nullptr) {
      std::map<Asked, long> totals{{Asked::launch, 0}, {Asked::wait, 0}, {Asked::upload, 0}};
      for (const auto& [key, number] : counted()) totals[key.first] += number;
      std::ofstream out(path);
      for (const auto& [what, number] : totals) out << name_of(what) << ' ' << number << '\n';
      out << "violation " << violations << '\n';
      for (int device = 0; device < devices; ++device) {
        out << "peak_bytes:" << device << ' ' << memory_use(device).peak << '\n';
      }
      for (const auto& [key, number] : counted()) {
        out << name_of(key.first) << ':' << key.second << ' ' << number << '\n';
      }
    }
    if (violations > 0) _exit(99);
  }
} report;

}  // namespace

std::recursive_mutex& state_lock() {
  static auto& mutex = *new std::recursive_mutex;
  return mutex;
}

// For tests: see counted.hpp.
extern "C" long phiscope_fake_gpu_take_violations() {
  const std::scoped_lock locked(state_lock());
  return std::exchange(violations, 0);
}
extern "C" long phiscope_fake_gpu_counted(const char* name) {
  const std::scoped_lock locked(state_lock());
  long number = 0;
  for (const auto& [key, times] : counted()) {
    const std::string kind = name_of(key.first);
    if (name == kind || name == kind + ":" + key.second) number += times;
  }
  return number;
}

void count(Asked what, const std::string& name) {
  const std::scoped_lock locked(state_lock());
  ++counted()[{what, name}];
}

void note_violation(const std::string& what) noexcept {
  const std::scoped_lock locked(state_lock());
  ++violations;
  std::fprintf(stderr, "fake GPU: %s\n", what.c_str());
}

void violation(const std::string& what) {
  note_violation(what);
  throw std::runtime_error("fake GPU: " + what);
}

}  // namespace phiscope::fake_gpu
