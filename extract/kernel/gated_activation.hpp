// SPDX-License-Identifier: MIT
// The inner values of a gated MLP on a GPU in one launch; on the CPU ATen's operations do the same
// (model/layers.cpp).
#pragma once

#include "kernel/storage_type.hpp"

#include <cstddef>

namespace phiscope::extract::kernel {

enum class GateActivation { silu, gelu, gelu_tanh };

/// gate[i] = activation(gate[i]) * up[i], both steps in Wide<T> and rounded to T.
template <class T>
struct GatedActivation {
  std::size_t count = 0;
  GateActivation activation = GateActivation::silu;
  T* gate = nullptr;
  const T* up = nullptr;
};

/// Part of builds with PHISCOPE_CUDA. Returns once the work is queued.
/// @param job  arrays in memory of the current device
/// @param stream  a cudaStream_t of that device; null: its default stream
/// @throws std::runtime_error in CUDA's words when the work cannot be queued
template <class T>
void gated_activation_cuda(const GatedActivation<T>& job, void* stream);

}  // namespace phiscope::extract::kernel
