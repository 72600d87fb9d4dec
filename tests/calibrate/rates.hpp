// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/random.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace phiscope::calibrate {

/// One line of what a simulation counted.
struct Rate {
  std::string what;          ///< "mean", "sign flip test", ...
  std::string data;          ///< "normal", "lognormal", ...
  std::size_t units = 0;     ///< independent units of each simulated data set
  std::size_t defined = 0;   ///< those with an interval, or with a p-value
  std::size_t hits = 0;      ///< intervals that hold the truth, or p-values at most 0.05
  std::size_t at_tenth = 0;  ///< p-values at most 0.1
  std::size_t at_half = 0;   ///< p-values at most 0.5
  double least_p = 0.0;      ///< the smallest p that the design can give; 0: an interval
};

/// The simulated data sets of each line: those with the seeds first, first + 1, ...
struct Draws {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// Coverage of intervals.
[[nodiscard]] std::vector<Rate> interval_coverage(const Draws& draws);

/// p-values under their hypotheses.
[[nodiscard]] std::vector<Rate> test_levels(const Draws& draws);

/// Normal deviates, the same on every platform up to rounding.
class Normal {
 public:
  explicit Normal(std::uint64_t seed) : engine_(seed) {}
  [[nodiscard]] double operator()() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - unit()));
    return radius * std::cos(2.0 * std::numbers::pi * unit());
  }
  [[nodiscard]] std::size_t below(std::size_t n) { return uniform_below(engine_, n); }

 private:
  [[nodiscard]] double unit() { return static_cast<double>(engine_() >> 11U) * 0x1p-53; }
  std::mt19937_64 engine_;
};

}  // namespace phiscope::calibrate
