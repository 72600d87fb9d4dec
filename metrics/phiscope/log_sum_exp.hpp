// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/value.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>

namespace phiscope {

/// log of the sum of exp(x): what is subtracted from logits to make them log-probabilities. In
/// double, in four fixed lanes, exponentials shifted by the largest entry, so that nothing
/// overflows.
///
/// @param x  [token], logits
/// @return  nats; too_few_rows for an empty span, nonfinite if an entry is not finite
/// @see  scipy.special.logsumexp
template <std::floating_point T>
[[nodiscard]] Value log_sum_exp(std::span<const T> x) {
  if (x.empty()) return Status::too_few_rows;
  const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> all(
      x.data(), static_cast<Eigen::Index>(x.size()));
  if (!all.isFinite().all()) return Status::nonfinite;
  const auto largest = static_cast<double>(all.maxCoeff());
  Eigen::Array4d sums = Eigen::Array4d::Zero();
  std::size_t i = 0;
  for (; i + 4 <= x.size(); i += 4) {
    const Eigen::Map<const Eigen::Array<T, 4, 1>> four(x.data() + i);
    sums += (four.template cast<double>() - largest).exp();
  }
  double rest = 0.0;
  for (; i < x.size(); ++i) rest += std::exp(static_cast<double>(x[i]) - largest);
  return largest + std::log(((sums[0] + sums[2]) + (sums[1] + sums[3])) + rest);
}

/// The same for arrays of any kind that series_of() takes.
template <RealSeries X>
[[nodiscard]] Value log_sum_exp(const X& x) {
  return log_sum_exp(series_of(x).span);
}

}  // namespace phiscope
