// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/gaussian_information.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// A part of a series as deviations from its mean over its standard deviation (n - 1 in the
/// denominator).
struct Standardised {
  std::vector<double> values;  ///< [time]; meaningless unless status is ok
  Status status = Status::ok;  ///< constant_series (largest = smallest) | nonfinite
};

/// @param segment  [time], at least two values
template <std::floating_point T>
[[nodiscard]] Standardised standardised(std::span<const T> segment) {
  Standardised result{.values = {segment.begin(), segment.end()}, .status = Status::ok};
  std::vector<double>& z = result.values;
  const double origin = z.front();
  for (double& x : z) x -= origin;
  double mean = mean_of(z);
  double reach = 0.0;
  for (double& x : z) reach = std::max(reach, std::abs(x -= mean));
  if (!std::isfinite(mean) || !std::isfinite(reach)) {
    result.status = Status::nonfinite;
    return result;
  }
  const auto [low, high] = std::minmax_element(segment.begin(), segment.end());
  if (*low == *high) {
    result.status = Status::constant_series;
    return result;
  }
  const double scale = std::ldexp(1.0, -std::max(std::ilogb(reach), -1000));
  for (double& x : z) x *= scale;
  mean = mean_of(z);  // what the first mean had rounded off
  CompensatedSum squares;
  for (double& x : z) {
    x -= mean;
    squares += x * x;
  }
  const double deviation = std::sqrt(squares.value() / static_cast<double>(z.size() - 1));
  for (double& x : z) x /= deviation;
  return result;
}

/// The four segments of a pair of series, standardised, and their correlations.
struct LaggedPair {
  Status status = Status::ok;  ///< too_short | constant_series | nonfinite | ok
  Standardised x, y, a, b;     ///< pasts of x and y, futures of x and y
  LaggedCorrelations correlations;
};

/// Correlations of a pair of series at `lag`, each segment with its own mean and norm.
/// @param x,y  [time]
/// @return  too_short for fewer than 5 transitions: their 4 x 4 covariance is singular
/// @throws std::invalid_argument if the lengths differ or lag is 0
template <std::floating_point T>
[[nodiscard]] LaggedPair lagged_pair(std::span<const T> x, std::span<const T> y, std::size_t lag) {
  if (x.size() != y.size() || lag == 0) {
    throw std::invalid_argument("lagged_pair: lengths " + std::to_string(x.size()) + " and " +
                                std::to_string(y.size()) + ", lag " + std::to_string(lag) +
                                ", expected equal lengths and a lag of at least 1");
  }
  LaggedPair pair;
  if (x.size() < lag + 5) {
    pair.status = Status::too_short;
    return pair;
  }
  const std::size_t n = x.size() - lag;
  pair.x = standardised(x.first(n));
  pair.y = standardised(y.first(n));
  pair.a = standardised(x.last(n));
  pair.b = standardised(y.last(n));
  for (const Standardised* part : {&pair.x, &pair.y, &pair.a, &pair.b}) {
    pair.status = first_reason(pair.status, part->status);
  }
  if (pair.status != Status::ok) return pair;
  const auto correlation = [n](const Standardised& u, const Standardised& v) {
    CompensatedSum sum;
    for (std::size_t t = 0; t < n; ++t) sum += u.values[t] * v.values[t];
    return sum.value() / static_cast<double>(n - 1);
  };
  pair.correlations = {.past = correlation(pair.x, pair.y),
                       .future = correlation(pair.a, pair.b),
                       .xa = correlation(pair.x, pair.a),
                       .xb = correlation(pair.x, pair.b),
                       .ya = correlation(pair.y, pair.a),
                       .yb = correlation(pair.y, pair.b)};
  return pair;
}

}  // namespace phiscope
