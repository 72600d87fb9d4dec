// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/number.hpp"

#include <cstddef>
#include <span>

namespace phiscope::extract::kernel {

/// Attention of one new token: z[head] = sum over visible tokens of softmax(score)[token] times
/// value[token], with score = scale * query[head] . key[token], capped when softcap is set. Query
/// heads are served by the key head `head / (heads / kv_heads)`.
///
/// All is computed in Wide<T>, in an order that depends on the visible tokens and `unit` alone, and
/// rounded to T once: the same bits in any part of the heads and on any machine.
template <class T>
struct StepAttention {
  std::size_t heads = 0;
  std::size_t kv_heads = 0;  ///< divides heads
  std::size_t unit = 0;
  const T* query = nullptr;      ///< [head, unit], contiguous
  const T* keys = nullptr;       ///< [token, kv_head, unit]
  const T* values = nullptr;     ///< likewise
  std::size_t token_stride = 0;  ///< elements from one token's keys (or values) to the next's
  std::size_t head_stride = 0;   ///< elements from one head's keys (or values) to the next's
  std::size_t tokens = 0;        ///< in the cache, the new one included; at least 1
  std::size_t window = 0;        ///< only the last so many are visible; 0: all
  Wide<T> scale = 1;
  Wide<T> softcap = 0;  ///< score becomes softcap * tanh(score / softcap); 0: no cap
  T* z = nullptr;       ///< [head, unit], contiguous
};

/// Numbers that step_attention() needs as scratch, for any part of the heads.
template <class T>
[[nodiscard]] std::size_t step_attention_scratch(const StepAttention<T>& attention);

/// Computes the heads from `begin` up to `end`; disjoint parts may run on several threads, each
/// with a scratch of its own. Defined for T = float, double, Bfloat16 and Float16.
/// @throws std::invalid_argument  when no token is visible, kv_heads does not divide heads, or the
///                                scratch is too small
template <class T>
void step_attention(const StepAttention<T>& attention, std::size_t begin, std::size_t end,
                    std::span<Wide<T>> scratch);

}  // namespace phiscope::extract::kernel
