// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/value.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace phiscope {

/// How far apart two rows of logits are, with P = softmax(p) and Q = softmax(q).
struct LogitDivergence {
  Value kl;                         ///< KL(P || Q), nats, >= 0
  Value reverse_kl;                 ///< KL(Q || P), nats, >= 0
  Value l2;                         ///< |p - q|, logits
  Value rms;                        ///< |p - q| / sqrt(vocabulary), logits
  bool prediction_changed = false;  ///< argmax p != argmax q (the first of equal logits); false if
                                    ///< the others are undefined
};

/// Divergences of two rows of logits over one vocabulary, all from one pass after the maxima: with
/// s_i = p_i - q_i and P_i = exp(p_i) / sum exp(p), KL(P || Q) = sum P_i s_i - log(sum exp(p) / sum
/// exp(q)), the exponentials shifted by the largest logit. Everything in double; a KL below about
/// 1e-14 is rounding, and a negative one is given as 0.
///
/// @param p,q  [token], logits of the reference and of the other distribution
/// @return  all too_few_rows for an empty vocabulary, all nonfinite if a logit is not finite
/// @throws std::invalid_argument if the lengths differ
/// @see  experiments phiid (ablation) and patching; scipy.special.rel_entr of two softmaxes
template <std::floating_point X, std::floating_point Y>
[[nodiscard]] LogitDivergence kl_divergence(std::span<const X> p, std::span<const Y> q);

/// A row of logits that several others are compared with: its exponentials are computed once.
template <std::floating_point X>
class ReferenceLogits {
 public:
  /// @param logits  [token], which stay where they are as long as this is in use
  explicit ReferenceLogits(std::span<const X> logits);

  /// What kl_divergence(logits, q) gives, bit for bit.
  template <std::floating_point Y>
  [[nodiscard]] LogitDivergence divergence(std::span<const Y> q) const;

 private:
  std::span<const X> logits_;
  double largest_ = 0.0;
  std::ptrdiff_t first_ = 0;          ///< of the largest
  std::vector<double> exponentials_;  ///< exp(logit - largest) of all whole fours
};

/// The same for arrays of any kind that series_of() takes.
template <RealSeries P, RealSeries Q>
[[nodiscard]] LogitDivergence kl_divergence(const P& p, const Q& q) {
  return kl_divergence(series_of(p).span, series_of(q).span);
}

namespace detail {

/// Largest of the finite logits; the order of comparison does not matter. @pre not empty
template <std::floating_point T>
[[nodiscard]] double largest_logit(std::span<const T> logits) {
  const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> all(
      logits.data(), static_cast<Eigen::Index>(logits.size()));
  return static_cast<double>(all.maxCoeff());
}

template <std::floating_point T>
[[nodiscard]] std::ptrdiff_t first_of(std::span<const T> logits, double largest) {
  return std::find(logits.begin(), logits.end(), static_cast<T>(largest)) - logits.begin();
}

/// Sums over the vocabulary that all divergences of two rows are made of, in four fixed lanes.
/// They grow in functions by themselves: there a compiler fuses products and sums alike for all.
struct SoftmaxSums {
  using Four = Eigen::Array4d;
  Four p = Four::Zero();           ///< sum of exp(p - max p), at least 1
  Four q = Four::Zero();           ///< sum of exp(q - max q), at least 1
  Four p_shift = Four::Zero();     ///< sum of exp(p - max p) s, s = (p - max p) - (q - max q)
  Four q_shift = Four::Zero();     ///< sum of exp(q - max q) s
  Four difference = Four::Zero();  ///< sum of (p - q)^2

  /// Adds four tokens, with or without exp(x - max_p) at hand.
  [[gnu::noinline]] void add(const Four& x, const Four& y, double max_p, double max_q) noexcept {
    add_four(x, (x - max_p).exp(), y, max_p, max_q);
  }
  [[gnu::noinline]] void add(const Four& x, const Four& ex, const Four& y, double max_p,
                             double max_q) noexcept {
    add_four(x, ex, y, max_p, max_q);
  }

  [[nodiscard]] static double total(const Four& sums) noexcept {
    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
  }

 private:
  [[gnu::always_inline]] void add_four(const Four& x, const Four& ex, const Four& y, double max_p,
                                       double max_q) noexcept {
    const Four ey = (y - max_q).exp();
    const Four apart = x - y;
    const Four shift = apart - (max_p - max_q);
    p += ex;
    q += ey;
    p_shift += ex * shift;
    q_shift += ey * shift;
    difference += apart.square();
  }
};

/// @param exponentials  exp(p - max_p) of all whole fours; empty: not known
template <std::floating_point X, std::floating_point Y>
[[nodiscard]] SoftmaxSums softmax_sums(std::span<const X> p, std::span<const Y> q, double max_p,
                                       double max_q, std::span<const double> exponentials) {
  SoftmaxSums sums;
  std::size_t i = 0;
  for (; i + 4 <= exponentials.size(); i += 4) {
    const Eigen::Array4d ex = Eigen::Map<const Eigen::Array4d>(exponentials.data() + i);
    sums.add(load_four(p.data() + i), ex, load_four(q.data() + i), max_p, max_q);
  }
  for (; i + 4 <= p.size(); i += 4) {
    sums.add(load_four(p.data() + i), load_four(q.data() + i), max_p, max_q);
  }
  if (i < p.size()) {
    // What is missing to four tokens has no probability and equal logits.
    const double absent = std::min(max_p, max_q) - 1e4;
    Eigen::Array4d x = Eigen::Array4d::Constant(absent);
    Eigen::Array4d y = x;
    for (Eigen::Index lane = 0; i < p.size(); ++i, ++lane) {
      x[lane] = static_cast<double>(p[i]);
      y[lane] = static_cast<double>(q[i]);
    }
    sums.add(x, y, max_p, max_q);
  }
  return sums;
}

inline LogitDivergence no_divergence(Status why) {
  return {.kl = why, .reverse_kl = why, .l2 = why, .rms = why};
}

inline LogitDivergence divergence_of(const SoftmaxSums& sums, std::size_t tokens, bool changed) {
  const double squared = SoftmaxSums::total(sums.difference);
  // A logit that is not finite makes its difference, and nothing else for sure, not finite.
  if (!std::isfinite(squared)) return no_divergence(Status::nonfinite);
  const double sum_p = SoftmaxSums::total(sums.p);
  const double sum_q = SoftmaxSums::total(sums.q);
  const double log_ratio = std::log(sum_p / sum_q);
  const double forward = SoftmaxSums::total(sums.p_shift) / sum_p - log_ratio;
  const double reverse = log_ratio - SoftmaxSums::total(sums.q_shift) / sum_q;
  return {.kl = std::max(forward, 0.0),
          .reverse_kl = std::max(reverse, 0.0),
          .l2 = std::sqrt(squared),
          .rms = std::sqrt(squared / static_cast<double>(tokens)),
          .prediction_changed = changed};
}

}  // namespace detail

template <std::floating_point X, std::floating_point Y>
LogitDivergence kl_divergence(std::span<const X> p, std::span<const Y> q) {
  detail::expect_equal_lengths(p.size(), q.size(), "kl_divergence");
  if (p.empty()) return detail::no_divergence(Status::too_few_rows);
  const double max_p = detail::largest_logit(p);
  const double max_q = detail::largest_logit(q);
  const bool changed = detail::first_of(p, max_p) != detail::first_of(q, max_q);
  return detail::divergence_of(detail::softmax_sums(p, q, max_p, max_q, {}), p.size(), changed);
}

template <std::floating_point X>
ReferenceLogits<X>::ReferenceLogits(std::span<const X> logits) : logits_(logits) {
  if (logits.empty()) return;
  largest_ = detail::largest_logit(logits);
  first_ = detail::first_of(logits, largest_);
  exponentials_.resize(logits.size() / 4 * 4);
  for (std::size_t i = 0; i < exponentials_.size(); i += 4) {
    const Eigen::Array4d x = detail::load_four(logits.data() + i);  // not as an expression
    const Eigen::Array4d ex = (x - largest_).exp();
    Eigen::Map<Eigen::Array4d>(exponentials_.data() + i) = ex;
  }
}

template <std::floating_point X>
template <std::floating_point Y>
LogitDivergence ReferenceLogits<X>::divergence(std::span<const Y> q) const {
  detail::expect_equal_lengths(logits_.size(), q.size(), "ReferenceLogits");
  if (q.empty()) return detail::no_divergence(Status::too_few_rows);
  const double largest = detail::largest_logit(q);
  const auto sums = detail::softmax_sums<X, Y>(logits_, q, largest_, largest, exponentials_);
  return detail::divergence_of(sums, q.size(), first_ != detail::first_of(q, largest));
}

}  // namespace phiscope
