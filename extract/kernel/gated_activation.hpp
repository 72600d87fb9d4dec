// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/storage_type.hpp"

#include <cstddef>

namespace phiscope::extract::kernel {

enum class GateActivation { silu, gelu, gelu_tanh };

/// gate[row, i] = activation(gate[row, i]) * up[row, i], both steps in Wide<T> and rounded to T.
template <class T>
struct GatedActivation {
  std::size_t rows = 1;
  std::size_t unit = 0;
  GateActivation activation = GateActivation::silu;
  T* gate = nullptr;            ///< [row, unit], each row without gaps
  std::size_t gate_stride = 0;  ///< elements from one row to the next; of one row not looked at
  const T* up = nullptr;        ///< likewise
  std::size_t up_stride = 0;
};

/// Computes the numbers of one row from `begin` up to `end`; disjoint parts may run on several
/// threads. A number's bits do not depend on its place. Defined for T = float, double, Bfloat16 and
/// Float16.
/// @pre silu: for the others ATen has loops over vectors and this has none
/// @throws std::invalid_argument for another activation, or more rows
template <class T>
void gated_activation(const GatedActivation<T>& job, std::size_t begin, std::size_t end);

/// The same on a GPU, every activation; part of builds with PHISCOPE_CUDA. Returns once the work is
/// queued.
/// @param job  arrays in memory of the current device
/// @param stream  a cudaStream_t of that device; null: its default stream
/// @throws std::runtime_error in CUDA's words when the work cannot be queued
template <class T>
void gated_activation_cuda(const GatedActivation<T>& job, void* stream);

}  // namespace phiscope::extract::kernel
