// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "cuda_case.hpp"
#include "device_array.hpp"
#include "kernel/rotate_heads.hpp"

using namespace phiscope::extract::kernel;
using namespace phiscope::test;

namespace {

struct Sizes {
  std::size_t rows, heads, unit, rotated;
  std::size_t gap = 0;  // elements between rows of x
};

template <class T, class R>
void check(const Sizes& s) {
  INFO("bytes " << sizeof(T) << " angles " << sizeof(R) << " rows " << s.rows << " heads "
                << s.heads << " unit " << s.unit << " rotated " << s.rotated << " gap " << s.gap);
  const auto seed = static_cast<unsigned>(s.unit + s.rotated + s.gap);
  const std::size_t stride = s.heads * s.unit + s.gap;
  const std::vector<T> x = normal_numbers<T>(s.rows * stride, seed);
  std::vector<R> cosine = normal_numbers<R>(s.rows * s.rotated, seed + 1);
  std::vector<R> sine = normal_numbers<R>(s.rows * s.rotated, seed + 2);
  const std::size_t half = s.rotated / 2;
  const auto rounded = [](Wide<T> v) { return widen(narrow<R>(v)); };
  std::vector<T> expected(s.rows * s.heads * s.unit);
  for (std::size_t r = 0; r < s.rows; ++r) {
    for (std::size_t i = 0; i < half; ++i) {  // both halves have the same angles
      cosine[r * s.rotated + half + i] = cosine[r * s.rotated + i];
      sine[r * s.rotated + half + i] = sine[r * s.rotated + i];
    }
    for (std::size_t h = 0; h < s.heads; ++h) {
      const T* const from = x.data() + r * stride + h * s.unit;
      T* const to = expected.data() + (r * s.heads + h) * s.unit;
      std::copy(from, from + s.unit, to);
      for (std::size_t u = 0; u < s.rotated; ++u) {
        const Wide<T> partner = u < half ? -widen(from[u + half]) : widen(from[u - half]);
        const std::size_t at = r * s.rotated + u;
        to[u] = narrow<T>(rounded(rounded(widen(from[u]) * widen(cosine[at])) +
                                  rounded(partner * widen(sine[at]))));
      }
    }
  }
  const DeviceArray<T> device_x(x);
  const DeviceArray<R> device_cosine(cosine);
  const DeviceArray<R> device_sine(sine);
  const DeviceArray<T> turned(expected.size());
  rotate_heads_cuda(RotateHeads<T, R>{.rows = s.rows,
                                      .heads = s.heads,
                                      .unit = s.unit,
                                      .rotated = s.rotated,
                                      .x = device_x.data(),
                                      .row_stride = stride,
                                      .cosine = device_cosine.data(),
                                      .sine = device_sine.data(),
                                      .angle_stride = s.rotated,
                                      .turned = turned.data()},
                    nullptr);
  CHECK(same_numbers(turned.values(), expected));
}

template <class T, class R>
void check_sizes() {
  for (const std::size_t unit : {16, 40, 64, 80, 96, 128, 250, 256}) {
    check<T, R>({.rows = 5, .heads = 3, .unit = unit, .rotated = unit});
    check<T, R>({.rows = 5, .heads = 3, .unit = unit, .rotated = unit / 4 * 2});
    check<T, R>({.rows = 3, .heads = 2, .unit = unit, .rotated = 2, .gap = 5});
  }
  check<T, R>({.rows = 300, .heads = 28, .unit = 128, .rotated = 128, .gap = 8});
}

}  // namespace

TEST_CASE("heads are rotated in one launch as step by step", "[cuda_rotate_heads][needs_device]") {
  SKIP_NO_CUDA_DEVICE();
  check_sizes<float, float>();
  check_sizes<double, double>();
  check_sizes<Bfloat16, Bfloat16>();
  check_sizes<Bfloat16, float>();
  check_sizes<Float16, Float16>();
  check_sizes<Float16, float>();
}
