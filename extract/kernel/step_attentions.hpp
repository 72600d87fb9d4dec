// SPDX-License-Identifier: MIT
// Attention of one new token of many runs on a GPU; step_attention() is the twin for one run.
#pragma once

#include "kernel/storage_type.hpp"

#include <cstddef>
#include <cstdint>

namespace phiscope::extract::kernel {

/// step_attention() of every lane, whose keys and values are where a table says. The new token's
/// are written there too.
///
/// All is computed in Wide<T> and rounded to T once, in an order that depends on the lane's visible
/// tokens and `unit` alone: a lane has the same bits among any others.
template <class T>
struct StepAttentions {
  std::size_t lanes = 0;
  std::size_t heads = 0;
  std::size_t kv_heads = 0;      ///< divides heads
  std::size_t unit = 0;          ///< at most most_units
  const T* query = nullptr;      ///< [lane, head, unit], the last two without gaps, as what follows
  const T* key = nullptr;        ///< [lane, kv_head, unit] of the new token
  const T* value = nullptr;      ///< likewise
  std::size_t query_stride = 0;  ///< elements from one lane to the next
  std::size_t key_stride = 0;
  std::size_t value_stride = 0;
  T* const* keys = nullptr;    ///< [lane] of [token, kv_head, unit], with room for the new token
  T* const* values = nullptr;  ///< likewise
  const std::int64_t* tokens = nullptr;  ///< [lane] with the new one; at least 1
  std::size_t window = 0;                ///< only the last so many tokens are visible; 0: all
  Wide<T> scale = 1;
  Wide<T> softcap = 0;  ///< score becomes softcap * tanh(score / softcap); 0: no cap
  T* z = nullptr;       ///< [lane, head, unit], contiguous

  static constexpr std::size_t most_units = 256;
};

/// All lanes in one launch; part of builds with PHISCOPE_CUDA. Returns once the work is queued.
/// @param job     arrays in memory of the current device, tables and what they point to as well
/// @param stream  a cudaStream_t of that device; null: its default stream
/// @throws std::invalid_argument when kv_heads does not divide heads or a head has more units
/// @throws std::runtime_error in CUDA's words when the work cannot be queued
template <class T>
void step_attentions_cuda(const StepAttentions<T>& job, void* stream);

}  // namespace phiscope::extract::kernel
