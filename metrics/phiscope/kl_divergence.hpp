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
#include <type_traits>

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

/// Sums over the vocabulary that all divergences of two rows are made of, in four fixed lanes.
struct SoftmaxSums {
  using Four = Eigen::Array4d;
  Four p = Four::Zero();           ///< sum of exp(p - max p), at least 1
  Four q = Four::Zero();           ///< sum of exp(q - max q), at least 1
  Four p_shift = Four::Zero();     ///< sum of exp(p - max p) s, s = (p - max p) - (q - max q)
  Four q_shift = Four::Zero();     ///< sum of exp(q - max q) s
  Four difference = Four::Zero();  ///< sum of (p - q)^2

  /// Adds four tokens.
  void add(const Four& x, const Four& y, double max_p, double max_q) noexcept {
    const Four ex = (x - max_p).exp();
    const Four ey = (y - max_q).exp();
    const Four apart = x - y;
    const Four shift = apart - (max_p - max_q);
    p += ex;
    q += ey;
    p_shift += ex * shift;
    q_shift += ey * shift;
    difference += apart.square();
  }

  [[nodiscard]] static double total(const Four& sums) noexcept {
    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
  }
};

template <std::floating_point X, std::floating_point Y>
[[nodiscard]] SoftmaxSums softmax_sums(std::span<const X> p, std::span<const Y> q, double max_p,
                                       double max_q) {
  SoftmaxSums sums;
  std::size_t i = 0;
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

}  // namespace detail

template <std::floating_point X, std::floating_point Y>
LogitDivergence kl_divergence(std::span<const X> p, std::span<const Y> q) {
  detail::expect_equal_lengths(p.size(), q.size(), "kl_divergence");
  const auto undefined = [](Status why) {
    return LogitDivergence{.kl = why, .reverse_kl = why, .l2 = why, .rms = why};
  };
  if (p.empty()) return undefined(Status::too_few_rows);
  const double max_p = detail::largest_logit(p);
  const double max_q = detail::largest_logit(q);
  const detail::SoftmaxSums sums = detail::softmax_sums(p, q, max_p, max_q);
  const double squared = detail::SoftmaxSums::total(sums.difference);
  // A logit that is not finite makes its difference, and nothing else for sure, not finite.
  if (!std::isfinite(squared)) return undefined(Status::nonfinite);

  const double sum_p = detail::SoftmaxSums::total(sums.p);
  const double sum_q = detail::SoftmaxSums::total(sums.q);
  const double log_ratio = std::log(sum_p / sum_q);
  const double forward = detail::SoftmaxSums::total(sums.p_shift) / sum_p - log_ratio;
  const double reverse = log_ratio - detail::SoftmaxSums::total(sums.q_shift) / sum_q;
  const auto first_of = [](const auto& logits, double largest) {
    using T = typename std::remove_cvref_t<decltype(logits)>::value_type;
    return std::find(logits.begin(), logits.end(), static_cast<T>(largest)) - logits.begin();
  };
  return {.kl = std::max(forward, 0.0),
          .reverse_kl = std::max(reverse, 0.0),
          .l2 = std::sqrt(squared),
          .rms = std::sqrt(squared / static_cast<double>(p.size())),
          .prediction_changed = first_of(p, max_p) != first_of(q, max_q)};
}

}  // namespace phiscope
