// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/storage_type.hpp"

#include <cstddef>

namespace phiscope::extract::kernel {

/// norms[row, head] = square root of the sum over units of z[row, head, unit]^2.
///
/// z is read once, in its own type. Squares are summed in Wide<T>, in an order that depends on
/// `unit` alone (norm_part.hpp): a row has the same bits among any others, and on CPU and GPU.
template <class T>
struct HeadNorms {
  std::size_t rows = 0;
  std::size_t heads = 0;
  std::size_t unit = 0;
  const T* z = nullptr;        ///< [row, head, unit], the heads of a row without gaps
  std::size_t row_stride = 0;  ///< elements from one row to the next
  Wide<T>* norms = nullptr;    ///< [row, head], contiguous
};

/// Computes the rows from `begin` up to `end`; disjoint parts may run on several threads.
/// Defined for T = float, double, Bfloat16 and Float16.
template <class T>
void head_norms(const HeadNorms<T>& job, std::size_t begin, std::size_t end);

/// The same on a GPU, all rows; part of builds with PHISCOPE_CUDA. Returns once the work is queued.
/// @param job  arrays in memory of the current device
/// @param stream  a cudaStream_t of that device; null: its default stream
/// @throws std::runtime_error in CUDA's words when the work cannot be queued
template <class T>
void head_norms_cuda(const HeadNorms<T>& job, void* stream);

}  // namespace phiscope::extract::kernel
