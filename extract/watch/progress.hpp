// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace phiscope::extract {

/// Progress on standard error: a line that is rewritten on a terminal, else a line every ten
/// seconds.
class Progress {
 public:
  /// @param total  amount of work, in `unit`
  Progress(std::string what, std::string unit, std::uint64_t total);
  /// Adds finished work and shows it when it is time to.
  void add(std::uint64_t amount);
  /// Shows the final count: all of the work, though it may be less than was foreseen.
  void finish();
  /// Finished work so far, in units.
  [[nodiscard]] std::uint64_t done() const { return done_; }
  /// Work per second since the start, in units.
  [[nodiscard]] double rate() const;

 private:
  void show();
  void print(const std::string& line, bool last);

  std::string what_;
  std::string unit_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_ = start_;
  bool terminal_;
};

/// "1 h 02 min", "3 min 20 s", "12 s".
std::string duration_text(double seconds);
/// "1.2 GB", "640 kB".
std::string bytes_text(double bytes);

}  // namespace phiscope::extract
