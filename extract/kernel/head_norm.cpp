// SPDX-License-Identifier: MIT
#include "kernel/head_norm.hpp"

#include "kernel/norm_part.hpp"
#include "kernel/number.hpp"

#include <algorithm>
#include <cmath>

namespace phiscope::extract::kernel {
namespace {

template <class T>
Wide<T> norm_of(const T* z, std::size_t unit) {
  constexpr std::size_t width = NormLane<T>::width;
  NormLane<T> lanes[norm_lanes];
  const std::size_t chunks = unit / width;
  Wide<T> chunk[width];
  for (std::size_t c = 0; c < chunks; ++c) {
    for (std::size_t i = 0; i < width; ++i) chunk[i] = widen(z[c * width + i]);
    lanes[c % norm_lanes].add(chunk);
  }
  if (const std::size_t rest = unit % width; rest > 0) {
    std::fill_n(chunk, width, Wide<T>{0});
    for (std::size_t i = 0; i < rest; ++i) chunk[i] = widen(z[chunks * width + i]);
    lanes[chunks % norm_lanes].add(chunk);
  }
  // Lanes without a chunk are zero: their total need not be made, only added.
  Wide<T> totals[norm_lanes] = {};
  const std::size_t used = std::min(norm_lanes, chunks + 1);
  for (std::size_t l = 0; l < used; ++l) totals[l] = lanes[l].total();
  for (std::size_t half = norm_lanes / 2; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) totals[l] += totals[l + half];
  }
  return std::sqrt(totals[0]);
}

}  // namespace

template <class T>
void head_norms(const HeadNorms<T>& job, std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    const T* const z = job.z + row * job.row_stride;
    for (std::size_t head = 0; head < job.heads; ++head) {
      job.norms[row * job.heads + head] = norm_of(z + head * job.unit, job.unit);
    }
  }
}

template void head_norms<float>(const HeadNorms<float>&, std::size_t, std::size_t);
template void head_norms<double>(const HeadNorms<double>&, std::size_t, std::size_t);
template void head_norms<Bfloat16>(const HeadNorms<Bfloat16>&, std::size_t, std::size_t);
template void head_norms<Float16>(const HeadNorms<Float16>&, std::size_t, std::size_t);

}  // namespace phiscope::extract::kernel
