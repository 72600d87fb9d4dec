// SPDX-License-Identifier: MIT
// Looks for values that are not finite on a GPU, without a wait.
#pragma once

#include "kernel/storage_type.hpp"

#include <cstddef>
#include <cstdint>

namespace phiscope::extract::kernel {

/// Lowers `first` to `tag` + row for every row that holds a value that is not finite.
template <class T>
struct NotFinite {
  std::size_t rows = 0;
  std::size_t unit = 0;
  const T* x = nullptr;        ///< [row, unit], a row without gaps
  std::size_t row_stride = 0;  ///< elements from one row to the next
  std::uint64_t tag = 0;
  std::uint64_t* first = nullptr;  ///< one number
};

/// Part of builds with PHISCOPE_CUDA. Returns once the work is queued.
/// @param job  arrays in memory of the current device
/// @param stream  a cudaStream_t of that device; null: its default stream
/// @throws std::runtime_error in CUDA's words when the work cannot be queued
template <class T>
void not_finite_cuda(const NotFinite<T>& job, void* stream);

}  // namespace phiscope::extract::kernel
