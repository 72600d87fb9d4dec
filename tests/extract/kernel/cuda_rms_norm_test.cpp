// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "cuda_case.hpp"
#include "device_array.hpp"
#include "kernel/rms_norm.hpp"

using namespace phiscope::extract::kernel;
using namespace phiscope::test;

namespace {

struct Sizes {
  std::size_t rows, unit;
  std::size_t gap = 0;  // elements between rows of x
  bool wide_gain = false;
  bool adds = false;
  double special = 0.0;  // replaces a number of row 1
};

template <class T, class W>
struct Arrays {
  std::vector<T> x, added, sum, normed;
  std::vector<W> gain;
};

/// What the kernel is to give, in the same roundings; sums of squares in more digits.
template <class T, class W>
void compute(const Sizes& s, Arrays<T, W>& a) {
  const auto rounded = [](double v) { return narrow<T>(static_cast<Wide<T>>(v)); };
  const auto wide = [](auto v) { return static_cast<double>(widen(v)); };
  for (std::size_t r = 0; r < s.rows; ++r) {
    std::vector<double> row(s.unit);
    long double squares = 0.0;
    for (std::size_t u = 0; u < s.unit; ++u) {
      T value = a.x[r * (s.unit + s.gap) + u];
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

template <class T, class W>
void check(const Sizes& s) {
  INFO("bytes " << sizeof(T) << " gain " << sizeof(W) << " rows " << s.rows << " unit " << s.unit
                << " gap " << s.gap << " wide " << s.wide_gain << " adds " << s.adds);
  const auto seed = static_cast<unsigned>(s.unit + s.gap);
  Arrays<T, W> a{.x = normal_numbers<T>(s.rows * (s.unit + s.gap), seed, 3.0F),
                 .added = normal_numbers<T>(s.rows * s.unit, seed + 1),
                 .sum = std::vector<T>(s.rows * s.unit),
                 .normed = std::vector<T>(s.rows * s.unit),
                 .gain = normal_numbers<W>(s.unit, seed + 2)};
  if (s.special != 0.0) {
    a.x[s.unit + s.gap + s.unit / 2] = narrow<T>(static_cast<Wide<T>>(s.special));
  }
  const DeviceArray<T> x(a.x);
  const DeviceArray<T> added(a.added);
  const DeviceArray<T> sum(s.rows * s.unit);
  const DeviceArray<T> normed(s.rows * s.unit);
  const DeviceArray<W> gain(a.gain);
  rms_norm_cuda(RmsNorm<T, W>{.rows = s.rows,
                              .unit = s.unit,
                              .x = x.data(),
                              .row_stride = s.unit + s.gap,
                              .added = s.adds ? added.data() : nullptr,
                              .sum = s.adds ? sum.data() : nullptr,
                              .gain = gain.data(),
                              .epsilon = static_cast<Wide<T>>(1e-6),
                              .wide_gain = s.wide_gain,
                              .normed = normed.data()},
                nullptr);
  compute(s, a);
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

template <class T, class W>
void check_sizes() {
  for (const std::size_t unit : {1, 7, 64, 80, 128, 256, 1000, 1031, 3584, 8192}) {
    for (const bool wide_gain : {false, true}) {
      check<T, W>({.rows = 9, .unit = unit, .wide_gain = wide_gain});
      check<T, W>({.rows = 3, .unit = unit, .gap = 16, .wide_gain = wide_gain, .adds = true});
      check<T, W>({.rows = 2, .unit = unit, .gap = 3, .wide_gain = wide_gain});
    }
  }
  check<T, W>({.rows = 3, .unit = 151'936});
  check<T, W>({.rows = 5000, .unit = 128, .wide_gain = true});
  for (const double special : {std::numeric_limits<double>::infinity(), std::nan("")}) {
    for (const std::size_t unit : {64, 3584}) {
      check<T, W>({.rows = 3, .unit = unit, .special = special});
    }
  }
}

}  // namespace

TEST_CASE("a norm in one launch is that of its steps", "[cuda_rms_norm][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  check_sizes<float, float>();
  check_sizes<double, double>();
  check_sizes<Bfloat16, Bfloat16>();
  check_sizes<Bfloat16, float>();
  check_sizes<Float16, Float16>();
  check_sizes<Float16, float>();
}
