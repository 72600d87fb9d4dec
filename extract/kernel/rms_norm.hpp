// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/storage_type.hpp"

#include <cstddef>

namespace phiscope::extract::kernel {

/// normed[row] = x[row] / sqrt(mean of squares + epsilon) * gain, computed in Wide<T> and rounded
/// to T: once where `wide_gain`, else before the gain and after it. With `added`, x[row] +
/// added[row] is rounded to T, stored as sum[row], and normed.
///
/// Squares are summed in an order that depends on `unit` alone: a row has the same bits among any
/// others.
/// @tparam W  of the gain: T or Wide<T>
template <class T, class W>
struct RmsNorm {
  std::size_t rows = 0;
  std::size_t unit = 0;
  const T* x = nullptr;
  std::size_t row_stride = 0;  ///< elements of x from one group of rows to the next
  std::size_t group = 1;       ///< rows of x that follow each other without a gap
  const T* added = nullptr;    ///< [row, unit], contiguous; null: none
  T* sum = nullptr;            ///< [row, unit], contiguous, where something is added
  const W* gain = nullptr;     ///< [unit]
  Wide<T> epsilon = 0;
  bool wide_gain = false;
  T* normed = nullptr;  ///< [row, unit], contiguous
};

/// Computes the rows from `begin` up to `end`; disjoint parts may run on several threads.
/// Defined for T = float and double with gains of T, Bfloat16 and Float16 with those of T or float.
template <class T, class W>
void rms_norm(const RmsNorm<T, W>& job, std::size_t begin, std::size_t end);

/// The same on a GPU, all rows; part of builds with PHISCOPE_CUDA. Returns once the work is queued.
/// @param job  arrays in memory of the current device
/// @param stream  a cudaStream_t of that device; null: its default stream
/// @throws std::runtime_error in CUDA's words when the work cannot be queued
template <class T, class W>
void rms_norm_cuda(const RmsNorm<T, W>& job, void* stream);

}  // namespace phiscope::extract::kernel
