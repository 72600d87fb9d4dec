// SPDX-License-Identifier: MIT
#include "kernel/rms_norm.hpp"

#include "kernel/number_rows.hpp"

#include <algorithm>
#include <cmath>

namespace phiscope::extract::kernel {
namespace {

/// @pre count <= most_in_row: a longer sum in one order would lose digits
template <class T>
Wide<T> part_of_squares(const T* part, std::size_t count) {
  using L = Lanes<Wide<T>>;
  typename L::Part sum[L::parts];
  const auto add = [&](const T* from) {
    for (std::size_t p = 0; p < L::parts; ++p) {
      const auto some = L::Part::load(from + p * part_width<L>);
      sum[p].add_product(some, some);
    }
  };
  const std::size_t whole = count / L::width * L::width;
  for (std::size_t u = 0; u < whole; u += L::width) add(part + u);
  if (whole < count) {  // the rest, filled up with zeros
    T rest[L::width] = {};
    std::copy_n(part + whole, count - whole, rest);
    add(rest);
  }
  return L::sum(sum);
}

template <class T>
Wide<T> sum_of_squares(const T* row, std::size_t unit) {
  Wide<T> sum = 0;
  in_rows(unit, [&](std::size_t begin, std::size_t count) {
    sum += part_of_squares(row + begin, count);
  });
  return sum;
}

template <class T>
void add_rows(const T* x, const T* added, std::size_t unit, T* sum) {
  in_rows(unit, [&](std::size_t begin, std::size_t count) {
    Wide<T> room[most_in_row];
    Wide<T> more[most_in_row];
    const Wide<T>* const a = widened_row(x + begin, count, room);
    const Wide<T>* const b = widened_row(added + begin, count, more);
    Wide<T>* const values = row_for(sum + begin, room);
    for (std::size_t u = 0; u < count; ++u) values[u] = a[u] + b[u];
    narrowed_row(values, count, sum + begin);
  });
}

template <class T, class W>
void scale_row(const T* row, Wide<T> scale, const RmsNorm<T, W>& job, T* normed) {
  in_rows(job.unit, [&](std::size_t begin, std::size_t count) {
    Wide<T> room[most_in_row];
    Wide<T> gain_room[most_in_row];
    const Wide<T>* const x = widened_row(row + begin, count, room);
    const Wide<T>* const gain = widened_row(job.gain + begin, count, gain_room);
    Wide<T>* const values = row_for(normed + begin, room);
    for (std::size_t u = 0; u < count; ++u) values[u] = x[u] * scale;
    if (!job.wide_gain) round_row<T>(values, count);
    for (std::size_t u = 0; u < count; ++u) values[u] *= gain[u];
    narrowed_row(values, count, normed + begin);
  });
}

}  // namespace

template <class T, class W>
void rms_norm(const RmsNorm<T, W>& job, std::size_t begin, std::size_t end) {
  for (std::size_t r = begin; r < end; ++r) {
    const T* row = job.x + r / job.group * job.row_stride + r % job.group * job.unit;
    if (job.added != nullptr) {
      add_rows(row, job.added + r * job.unit, job.unit, job.sum + r * job.unit);
      row = job.sum + r * job.unit;
    }
    const Wide<T> mean = sum_of_squares(row, job.unit) / static_cast<Wide<T>>(job.unit);
    const Wide<T> scale = Wide<T>{1} / std::sqrt(mean + job.epsilon);
    scale_row(row, scale, job, job.normed + r * job.unit);
  }
}

template void rms_norm(const RmsNorm<float, float>&, std::size_t, std::size_t);
template void rms_norm(const RmsNorm<double, double>&, std::size_t, std::size_t);
template void rms_norm(const RmsNorm<Bfloat16, Bfloat16>&, std::size_t, std::size_t);
template void rms_norm(const RmsNorm<Bfloat16, float>&, std::size_t, std::size_t);
template void rms_norm(const RmsNorm<Float16, Float16>&, std::size_t, std::size_t);
template void rms_norm(const RmsNorm<Float16, float>&, std::size_t, std::size_t);

}  // namespace phiscope::extract::kernel
