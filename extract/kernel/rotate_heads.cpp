// SPDX-License-Identifier: MIT
#include "kernel/rotate_heads.hpp"

#include "kernel/number_rows.hpp"

#include <algorithm>

namespace phiscope::extract::kernel {
namespace {

template <class T, class R>
void rotate_head(const T* x, const R* cosine, const R* sine, std::size_t half, T* turned) {
  using S = Wide<T>;
  in_rows(half, [&](std::size_t begin, std::size_t count) {
    S room[4][most_in_row];
    const S* const a = widened_row(x + begin, count, room[0]);
    const S* const b = widened_row(x + half + begin, count, room[1]);
    const S* const c = widened_row(cosine + begin, count, room[2]);
    const S* const s = widened_row(sine + begin, count, room[3]);
    // sum = one * c + other * s, each step rounded to R
    const auto turn = [&](const S* one, const S* other, S sign, T* to) {
      S sum[most_in_row];
      S more[most_in_row];
      for (std::size_t u = 0; u < count; ++u) sum[u] = one[u] * c[u];
      for (std::size_t u = 0; u < count; ++u) more[u] = sign * other[u] * s[u];
      round_row<R>(sum, count);
      round_row<R>(more, count);
      for (std::size_t u = 0; u < count; ++u) sum[u] += more[u];
      round_row<R>(sum, count);
      narrow_row(sum, count, to);
    };
    turn(a, b, S{-1}, turned + begin);
    turn(b, a, S{1}, turned + half + begin);
  });
}

}  // namespace

template <class T, class R>
void rotate_heads(const RotateHeads<T, R>& job, std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    const R* const cosine = job.cosine + row * job.angle_stride;
    const R* const sine = job.sine + row * job.angle_stride;
    for (std::size_t head = 0; head < job.heads; ++head) {
      const T* const x = job.x + row * job.row_stride + head * job.unit;
      T* const turned = job.turned + (row * job.heads + head) * job.unit;
      rotate_head(x, cosine, sine, job.rotated / 2, turned);
      std::copy(x + job.rotated, x + job.unit, turned + job.rotated);
    }
  }
}

template void rotate_heads(const RotateHeads<float, float>&, std::size_t, std::size_t);
template void rotate_heads(const RotateHeads<double, double>&, std::size_t, std::size_t);
template void rotate_heads(const RotateHeads<Bfloat16, Bfloat16>&, std::size_t, std::size_t);
template void rotate_heads(const RotateHeads<Bfloat16, float>&, std::size_t, std::size_t);
template void rotate_heads(const RotateHeads<Float16, Float16>&, std::size_t, std::size_t);
template void rotate_heads(const RotateHeads<Float16, float>&, std::size_t, std::size_t);

}  // namespace phiscope::extract::kernel
