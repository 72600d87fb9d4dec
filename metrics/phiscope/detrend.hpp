// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace phiscope {

/// What is taken out of a series before it is compared with others.
enum class Detrend {
  none,
  linear,      ///< the least-squares line
  difference,  ///< x_(t+1) - x_t: one step shorter
  poly2,       ///< the least-squares parabola
  log,         ///< nothing; the natural logarithm is taken instead
};

/// A series without its trend.
struct Detrended {
  std::vector<double> values;  ///< [time]; meaningless unless status is ok
  Status status = Status::ok;  ///< too_short | nonfinite | ok
};

/// `series` without its trend.
/// @param series  [time]
/// @return  too_short below 1 (none, log), 2 (linear, difference) or 3 (poly2) steps; nonfinite for
///          such values and for the logarithm of a number that is not positive
/// @see  scipy.signal.detrend (linear), numpy.diff (difference), numpy.polyfit (poly2)
template <std::floating_point T>
[[nodiscard]] Detrended detrended(std::span<const T> series, Detrend mode);

/// The same for arrays of any kind that series_of() takes.
template <RealSeries Series>
[[nodiscard]] Detrended detrended(const Series& series, Detrend mode) {
  return detrended(series_of(series).span, mode);
}

namespace detail {

/// Takes the projection on `shape` out of `values`.
inline void take_out(std::vector<double>& values, std::span<const double> shape) {
  double product = 0.0;
  double square = 0.0;
  for (std::size_t t = 0; t < values.size(); ++t) {
    product += values[t] * shape[t];
    square += shape[t] * shape[t];
  }
  if (square == 0.0) return;
  for (std::size_t t = 0; t < values.size(); ++t) values[t] -= product / square * shape[t];
}

}  // namespace detail

template <std::floating_point T>
Detrended detrended(std::span<const T> series, Detrend mode) {
  Detrended result{.values = {series.begin(), series.end()}, .status = Status::ok};
  std::vector<double>& x = result.values;
  const std::size_t n = x.size();
  const std::size_t needed = mode == Detrend::poly2                                   ? 3
                             : mode == Detrend::linear || mode == Detrend::difference ? 2
                                                                                      : 1;
  if (n < needed) {
    result.status = Status::too_short;
    return result;
  }
  if (mode == Detrend::difference) {
    for (std::size_t t = 0; t + 1 < n; ++t) x[t] = x[t + 1] - x[t];
    x.pop_back();
  } else if (mode == Detrend::log) {
    for (double& value : x) value = std::log(value);
  } else if (mode != Detrend::none) {
    // Orthogonal shapes on a time axis around its middle.
    const double middle = static_cast<double>(n - 1) / 2.0;
    const auto size = static_cast<double>(n);
    const double mean_square = (size * size - 1.0) / 12.0;
    std::vector<double> one(n, 1.0), line(n), parabola(n);
    for (std::size_t t = 0; t < n; ++t) {
      line[t] = static_cast<double>(t) - middle;
      parabola[t] = line[t] * line[t] - mean_square;
    }
    detail::take_out(x, one);
    detail::take_out(x, line);
    if (mode == Detrend::poly2) detail::take_out(x, parabola);
  }
  if (!std::all_of(x.begin(), x.end(), [](double value) { return std::isfinite(value); })) {
    result.status = Status::nonfinite;
  }
  return result;
}

}  // namespace phiscope
