// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/storage_type.hpp"

#include <cstddef>

namespace phiscope::extract::kernel {

/// Turns the leading units of heads by their rows' angles, halves against each other; the other
/// units are copied. Each product and sum is rounded to R, the result to T.
/// @tparam R  of the angles' cosines and sines: T or Wide<T>
template <class T, class R>
struct RotateHeads {
  std::size_t rows = 0;
  std::size_t heads = 0;
  std::size_t unit = 0;
  std::size_t rotated = 0;       ///< leading units, even
  const T* x = nullptr;          ///< [row, head, unit], the heads of a row without gaps
  std::size_t row_stride = 0;    ///< elements from one row of x to the next
  const R* cosine = nullptr;     ///< [row, rotated], of which the first half is read
  const R* sine = nullptr;       ///< likewise
  std::size_t angle_stride = 0;  ///< elements from one row of cosine and sine to the next
  T* turned = nullptr;           ///< [row, head, unit], contiguous
};

/// Computes the rows from `begin` up to `end`; disjoint parts may run on several threads.
/// Defined for the types of rms_norm().
template <class T, class R>
void rotate_heads(const RotateHeads<T, R>& job, std::size_t begin, std::size_t end);

/// The same on a GPU, all rows; part of builds with PHISCOPE_CUDA. Returns once the work is queued.
/// @param job  arrays in memory of the current device
/// @param stream  a cudaStream_t of that device; null: its default stream
/// @throws std::runtime_error in CUDA's words when the work cannot be queued
template <class T, class R>
void rotate_heads_cuda(const RotateHeads<T, R>& job, void* stream);

}  // namespace phiscope::extract::kernel
