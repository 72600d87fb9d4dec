// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/logit_divergence.hpp"

#include <cmath>

namespace phiscope::extract::kernel {

/// Threads that share the vocabulary: token t belongs to thread t % divergence_threads. Their parts
/// are combined in pairs: threads i and i + half first, then the half of these, and so on.
constexpr std::size_t divergence_threads = 512;

/// What one pass over some tokens leaves of two rows of logits. The largest logits are not known
/// beforehand: sums are relative to the largest so far, and rebased where a larger one turns up.
struct DivergencePart {
  double max_a = 0;
  double max_b = 0;
  double sum_a = 0;            ///< of exp(a - max_a)
  double sum_b = 0;            ///< of exp(b - max_b)
  double shift_a = 0;          ///< of exp(a - max_a) s, with s = (a - b) - (max_a - max_b)
  double shift_b = 0;          ///< of exp(b - max_b) s
  double squared = 0;          ///< of (a - b)^2
  std::int64_t argmax_a = -1;  ///< first place of max_a; -1: no finite logits yet
  std::int64_t argmax_b = -1;
  bool finite = true;

  /// Makes the sums relative to other logits, not smaller than the largest so far.
  PHISCOPE_HOST_DEVICE void rebase(double to_a, double to_b) {
    const double moved = (max_a - max_b) - (to_a - to_b);
    const double down_a = std::exp(max_a - to_a);
    const double down_b = std::exp(max_b - to_b);
    shift_a = (shift_a + moved * sum_a) * down_a;
    shift_b = (shift_b + moved * sum_b) * down_b;
    sum_a *= down_a;
    sum_b *= down_b;
    max_a = to_a;
    max_b = to_b;
  }

  /// Adds token `at` with logits a and b. Tokens come in ascending order.
  PHISCOPE_HOST_DEVICE void add(double a, double b, std::int64_t at) {
    if (!std::isfinite(a) || !std::isfinite(b)) {
      finite = false;
      return;
    }
    if (argmax_a < 0) {
      max_a = a;
      max_b = b;
      argmax_a = argmax_b = at;
    } else if (a > max_a || b > max_b) {
      if (a > max_a) argmax_a = at;
      if (b > max_b) argmax_b = at;
      rebase(a > max_a ? a : max_a, b > max_b ? b : max_b);
    }
    const double weight_a = std::exp(a - max_a);
    const double weight_b = std::exp(b - max_b);
    const double apart = a - b;
    const double shift = apart - (max_a - max_b);
    sum_a += weight_a;
    sum_b += weight_b;
    shift_a += weight_a * shift;
    shift_b += weight_b * shift;
    squared += apart * apart;
  }
};

/// What both parts together leave. @pre x has seen tokens if y has
[[nodiscard]] PHISCOPE_HOST_DEVICE inline DivergencePart combined(DivergencePart x,
                                                                  DivergencePart y) {
  if (y.argmax_a < 0 || !x.finite) {
    x.finite = x.finite && y.finite;
    return x;
  }
  if (!y.finite) return y;
  const double to_a = x.max_a < y.max_a ? y.max_a : x.max_a;
  const double to_b = x.max_b < y.max_b ? y.max_b : x.max_b;
  if (y.max_a > x.max_a || (y.max_a == x.max_a && y.argmax_a < x.argmax_a)) x.argmax_a = y.argmax_a;
  if (y.max_b > x.max_b || (y.max_b == x.max_b && y.argmax_b < x.argmax_b)) x.argmax_b = y.argmax_b;
  x.rebase(to_a, to_b);
  y.rebase(to_a, to_b);
  x.sum_a += y.sum_a;
  x.sum_b += y.sum_b;
  x.shift_a += y.shift_a;
  x.shift_b += y.shift_b;
  x.squared += y.squared;
  return x;
}

/// What a part that has seen all tokens says.
[[nodiscard]] PHISCOPE_HOST_DEVICE inline LogitMeasures measured(const DivergencePart& all) {
  if (!all.finite || !std::isfinite(all.squared)) return {};
  const double log_ratio = std::log(all.sum_a / all.sum_b);
  const double forward = all.shift_a / all.sum_a - log_ratio;
  const double reverse = log_ratio - all.shift_b / all.sum_b;
  LogitMeasures measures;
  measures.kl = forward < 0.0 ? 0.0 : forward;
  measures.reverse_kl = reverse < 0.0 ? 0.0 : reverse;
  measures.l2 = std::sqrt(all.squared);
  measures.argmax_a = all.argmax_a;
  measures.argmax_b = all.argmax_b;
  measures.finite = 1;
  return measures;
}

}  // namespace phiscope::extract::kernel
