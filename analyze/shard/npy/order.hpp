// SPDX-License-Identifier: MIT
#pragma once

#include "shard/npy/npy.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace phiscope::shard::detail {

/// True if the elements do not lie in C order.
[[nodiscard]] inline bool is_permuted(const NpyHeader& header) {
  const auto longer = std::count_if(header.shape.begin(), header.shape.end(),
                                    [](std::uint64_t length) { return length != 1; });
  return header.fortran_order && longer > 1 && header.count > 0;
}

/// Calls visit(place in C order, place in the file) for every element of a Fortran-order array, in
/// C order.
template <class Visit>
void for_each_in_c_order(const NpyHeader& header, Visit visit) {
  const std::size_t rank = header.shape.size();
  std::vector<std::size_t> stride(rank);
  std::size_t step = 1;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    stride[axis] = step;
    step *= header.shape[axis];
  }
  std::vector<std::uint64_t> index(rank, 0);
  std::size_t source = 0;
  for (std::size_t target = 0; target < header.count; ++target) {
    visit(target, source);
    // Count up like an odometer: the last axis runs fastest.
    for (std::size_t axis = rank; axis-- > 0;) {
      source += stride[axis];
      if (++index[axis] < header.shape[axis]) break;
      source -= stride[axis] * index[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace phiscope::shard::detail
