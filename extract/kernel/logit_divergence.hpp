// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/storage_type.hpp"

#include <cstddef>
#include <cstdint>

namespace phiscope::extract::kernel {

/// How far apart two rows of logits a and b are, with P = softmax(a) and Q = softmax(b); what the
/// metric phiscope/kl_divergence.hpp says of them. Nothing else means anything unless `finite`.
struct LogitMeasures {
  double kl = 0;               ///< KL(P || Q), nats, >= 0
  double reverse_kl = 0;       ///< KL(Q || P), nats, >= 0
  double l2 = 0;               ///< |a - b|, logits
  std::int64_t argmax_a = -1;  ///< the first of equal logits
  std::int64_t argmax_b = -1;
  std::int64_t finite = 0;  ///< 1 if every logit, and the sum of (a - b)^2, is finite; else 0
};

/// Pairs of rows: pair p is row row_a[p] of a and row row_b[p] of b. Every logit is read once;
/// everything is computed in double, in an order that depends on `vocab` alone
/// (divergence_part.hpp).
template <class T>
struct LogitPairs {
  std::size_t pairs = 0;
  std::size_t vocab = 0;
  const T* a = nullptr;      ///< [row, vocab]
  std::size_t a_stride = 0;  ///< elements from one row to the next
  const T* b = nullptr;      ///< [row, vocab]
  std::size_t b_stride = 0;
  const std::int64_t* row_a = nullptr;  ///< [pair]
  const std::int64_t* row_b = nullptr;  ///< [pair]
  LogitMeasures* measures = nullptr;    ///< [pair]
};

/// Compares the pairs from `begin` up to `end` as the GPU does, one thread of its after another:
/// what the kernel is tested against. (The metric is faster.)
/// Defined for T = float, double, Bfloat16 and Float16.
/// @throws std::invalid_argument for an empty vocabulary
template <class T>
void logit_divergences(const LogitPairs<T>& job, std::size_t begin, std::size_t end);

/// The same on a GPU, all pairs; part of builds with PHISCOPE_CUDA. Returns once the work is
/// queued.
/// @param job  arrays in memory of the current device
/// @param stream  a cudaStream_t of that device; null: its default stream
/// @throws std::invalid_argument for an empty vocabulary
/// @throws std::runtime_error in CUDA's words when the work cannot be queued
template <class T>
void logit_divergences_cuda(const LogitPairs<T>& job, void* stream);

}  // namespace phiscope::extract::kernel
