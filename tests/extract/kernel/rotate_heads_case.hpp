// SPDX-License-Identifier: MIT
// Cases of rotated heads for both kernels, that of the CPU and that of a GPU.
#pragma once

#include "catch.hpp"
#include "kernel/rotate_heads.hpp"
#include "kernel_case.hpp"

namespace phiscope::test {

using extract::kernel::RotateHeads;

struct HeadSizes {
  std::size_t rows, heads, unit, rotated;
  std::size_t gap = 0;  // elements between rows of x
};

/// @param run  computes a job whose arrays are of type Array
template <class T, class R, template <class> class Array, class Run>
void check_rotation(const HeadSizes& s, Run run) {
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
  Array<T> array_x(x);
  Array<R> array_cosine(cosine);
  Array<R> array_sine(sine);
  Array<T> turned(expected.size());
  run(RotateHeads<T, R>{.rows = s.rows,
                        .heads = s.heads,
                        .unit = s.unit,
                        .rotated = s.rotated,
                        .x = array_x.data(),
                        .row_stride = stride,
                        .cosine = array_cosine.data(),
                        .sine = array_sine.data(),
                        .angle_stride = s.rotated,
                        .turned = turned.data()});
  CHECK(same_numbers(turned.values(), expected));
}

template <class T, class R, template <class> class Array, class Run>
void check_head_sizes(Run run) {
  const auto check = [&](const HeadSizes& sizes) { check_rotation<T, R, Array>(sizes, run); };
  for (const std::size_t unit : std::vector<std::size_t>{16, 40, 64, 80, 96, 128, 250, 256}) {
    check({.rows = 5, .heads = 3, .unit = unit, .rotated = unit});
    check({.rows = 5, .heads = 3, .unit = unit, .rotated = unit / 4 * 2});
    check({.rows = 3, .heads = 2, .unit = unit, .rotated = 2, .gap = 5});
  }
  check({.rows = 300, .heads = 28, .unit = 128, .rotated = 128, .gap = 8});
}

template <template <class> class Array, class Run>
void check_rotations(Run run) {
  check_head_sizes<float, float, Array>(run);
  check_head_sizes<double, double, Array>(run);
  check_head_sizes<Bfloat16, Bfloat16, Array>(run);
  check_head_sizes<Bfloat16, float, Array>(run);
  check_head_sizes<Float16, Float16, Array>(run);
  check_head_sizes<Float16, float, Array>(run);
}

}  // namespace phiscope::test
