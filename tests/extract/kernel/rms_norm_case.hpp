// SPDX-License-Identifier: MIT
// Cases of RMSNorm for both its kernels, that of the CPU and that of a GPU.
#pragma once

#include "catch.hpp"
#include "kernel/rms_norm.hpp"
#include "kernel_case.hpp"

namespace phiscope::test {

using extract::kernel::RmsNorm;

struct NormSizes {
  std::size_t rows, unit;
  std::size_t gap = 0;  // elements between rows of x
  bool wide_gain = false;
  bool adds = false;
  double special = 0.0;   // replaces a number of row 1
  std::size_t group = 1;  // rows between gaps

  /// Where a row of x begins.
  [[nodiscard]] std::size_t begin(std::size_t row) const {
    return row / group * (group * unit + gap) + row % group * unit;
  }
};

template <class T, class W>
struct NormArrays {
  std::vector<T> x, added, sum, normed;
  std::vector<W> gain;
};

/// What the kernel is to give, in the same roundings; sums of squares in more digits.
template <class T, class W>
void compute_norms(const NormSizes& s, NormArrays<T, W>& a) {
  const auto rounded = [](double v) { return narrow<T>(static_cast<Wide<T>>(v)); };
  const auto wide = [](auto v) { return static_cast<double>(widen(v)); };
  for (std::size_t r = 0; r < s.rows; ++r) {
    std::vector<double> row(s.unit);
    long double squares = 0.0;
    for (std::size_t u = 0; u < s.unit; ++u) {
      T value = a.x[s.begin(r) + u];
      if (s.adds) {
        value = narrow<T>(widen(value) + widen(a.added[r * s.unit + u]));
        a.sum[r * s.unit + u] = value;
      }
      row[u] = wide(value);
      squares += static_cast<long double>(row[u]) * row[u];
    }
    const auto mean = static_cast<double>(squares / static_cast<long double>(s.unit));
    const double scale = 1.0 / std::sqrt(mean + 1e-6);
    for (std::size_t u = 0; u < s.unit; ++u) {
      const double scaled = s.wide_gain ? row[u] * scale : wide(rounded(row[u] * scale));
      a.normed[r * s.unit + u] = rounded(scaled * wide(a.gain[u]));
    }
  }
}

/// @param run  computes a job whose arrays are of type Array
template <class T, class W, template <class> class Array, class Run>
void check_norm(const NormSizes& s, Run run) {
  INFO("bytes " << sizeof(T) << " gain " << sizeof(W) << " rows " << s.rows << " unit " << s.unit
                << " gap " << s.gap << " wide " << s.wide_gain << " adds " << s.adds);
  const auto seed = static_cast<unsigned>(s.unit + s.gap);
  NormArrays<T, W> a{.x = normal_numbers<T>(s.rows * (s.unit + s.gap), seed, 3.0F),
                     .added = normal_numbers<T>(s.rows * s.unit, seed + 1),
                     .sum = std::vector<T>(s.rows * s.unit),
                     .normed = std::vector<T>(s.rows * s.unit),
                     .gain = normal_numbers<W>(s.unit, seed + 2)};
  if (s.special != 0.0) {
    a.x[s.begin(1) + s.unit / 2] = narrow<T>(static_cast<Wide<T>>(s.special));
  }
  Array<T> x(a.x);
  Array<T> added(a.added);
  Array<T> sum(s.rows * s.unit);
  Array<T> normed(s.rows * s.unit);
  Array<W> gain(a.gain);
  run(RmsNorm<T, W>{.rows = s.rows,
                    .unit = s.unit,
                    .x = x.data(),
                    .row_stride = s.group * s.unit + s.gap,
                    .group = s.group,
                    .added = s.adds ? added.data() : nullptr,
                    .sum = s.adds ? sum.data() : nullptr,
                    .gain = gain.data(),
                    .epsilon = static_cast<Wide<T>>(1e-6),
                    .wide_gain = s.wide_gain,
                    .normed = normed.data()});
  compute_norms(s, a);
  if (s.adds) CHECK(same_numbers(sum.values(), a.sum));
  const std::vector<T> found = normed.values();
  const std::vector<double> expected = doubles(a.normed);
  // A scale that is off by its last bits turns a few roundings of 16 bits around, twice at most.
  const double roundings = sizeof(T) == 2 ? 4.1 : 24.0;
  std::size_t apart = 0;
  std::size_t different = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!is_near(found[i], expected[i], roundings)) ++apart;
    if (!is_near(found[i], expected[i], 0.0)) ++different;
  }
  CHECK(apart == 0);
  if (sizeof(T) == 2) CHECK(different <= found.size() / 50 + 2);
}

template <class T, class W, template <class> class Array, class Run>
void check_norm_sizes(Run run) {
  const auto check = [&](const NormSizes& sizes) { check_norm<T, W, Array>(sizes, run); };
  for (const std::size_t unit :
       std::vector<std::size_t>{1, 7, 64, 80, 128, 256, 1000, 1031, 3584, 8192}) {
    for (const bool wide_gain : {false, true}) {
      check({.rows = 9, .unit = unit, .wide_gain = wide_gain});
      check({.rows = 3, .unit = unit, .gap = 16, .wide_gain = wide_gain, .adds = true});
      check({.rows = 2, .unit = unit, .gap = 3, .wide_gain = wide_gain});
      check({.rows = 15, .unit = unit, .gap = 8, .wide_gain = wide_gain, .group = 5});
    }
  }
  check({.rows = 3, .unit = 151'936});
  check({.rows = 5000, .unit = 128, .wide_gain = true});
  for (const double special : {std::numeric_limits<double>::infinity(), std::nan("")}) {
    for (const std::size_t unit : std::vector<std::size_t>{64, 3584}) {
      check({.rows = 3, .unit = unit, .special = special});
    }
  }
}

template <template <class> class Array, class Run>
void check_norms(Run run) {
  check_norm_sizes<float, float, Array>(run);
  check_norm_sizes<double, double, Array>(run);
  check_norm_sizes<Bfloat16, Bfloat16, Array>(run);
  check_norm_sizes<Bfloat16, float, Array>(run);
  check_norm_sizes<Float16, Float16, Array>(run);
  check_norm_sizes<Float16, float, Array>(run);
}

}  // namespace phiscope::test
