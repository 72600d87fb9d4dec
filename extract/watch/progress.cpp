// SPDX-License-Identifier: MIT
#include "watch/progress.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <unistd.h>
#include <utility>

namespace phiscope::extract {

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::max(0.0, std::ceil(seconds)));
  std::array<char, 64> text{};
  if (whole >= 3600) {
    std::snprintf(text.data(), text.size(), "%lld h %02lld min", whole / 3600, whole / 60 % 60);
  } else if (whole >= 60) {
    std::snprintf(text.data(), text.size(), "%lld min %02lld s", whole / 60, whole % 60);
  } else {
    std::snprintf(text.data(), text.size(), "%lld s", whole);
  }
  return text.data();
}

std::string bytes_text(double bytes) {
  constexpr std::array<const char*, 5> units = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < units.size()) {
    bytes /= 1000;
    ++unit;
  }
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), bytes < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", bytes,
                units.at(unit));
  return text.data();
}

Progress::Progress(std::string what, std::string unit, std::uint64_t total)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1) {}

double Progress::rate() const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
  return static_cast<double>(done_) / std::max(passed.count(), 1e-9);
}

void Progress::add(std::uint64_t amount) {
  done_ += amount;
  const auto pause = std::chrono::milliseconds(terminal_ ? 200 : 10000);
  if (std::chrono::steady_clock::now() - shown_ >= pause) show();
}

void Progress::finish() {
  std::string line = what_ + ": " + std::to_string(done_) + ' ' + unit_ + " (100 %), " +
                     std::to_string(std::llround(rate())) + "/s";
  if (done_ < total_) {  // texts ended before they were as long as they might become
    line += "; at most " + std::to_string(total_) + " were foreseen";
  }
  print(line, true);
}

void Progress::show() {
  shown_ = std::chrono::steady_clock::now();
  const double per_second = rate();
  const double left = static_cast<double>(total_ - std::min(done_, total_));
  const double percent =
      total_ == 0 ? 100.0 : 100.0 * static_cast<double>(done_) / static_cast<double>(total_);
  std::array<char, 256> line{};
  std::snprintf(line.data(), line.size(), "%s: %llu/%llu %s (%.0f %%), %.0f/s, %s", what_.c_str(),
                static_cast<unsigned long long>(done_), static_cast<unsigned long long>(total_),
                unit_.c_str(), percent, per_second,
                per_second > 0.0 ? (duration_text(left / per_second) + " left").c_str()
                                 : "time left unknown");
  print(line.data(), false);
}

void Progress::print(const std::string& line, bool last) {
  std::cerr << (terminal_ ? "\r\033[K" : "") << line << (terminal_ && !last ? "" : "\n")
            << std::flush;
}

}  // namespace phiscope::extract
