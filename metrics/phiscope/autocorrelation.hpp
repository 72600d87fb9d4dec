// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

namespace phiscope {

/// Autocorrelation of a series with itself `lag` steps later, both around the mean of the whole
/// series: sum (x_t - m)(x_(t+lag) - m) / sum (x_t - m)^2.
///
/// @param series  [time], any unit
/// @return  in [-1, 1]; too_short unless there are more than `lag` steps and at least two,
///          constant_series, or nonfinite
/// @throws std::invalid_argument if lag is 0
/// @see  NIST/SEMATECH e-Handbook 1.3.5.12; certified values in the NIST StRD univariate data
template <std::floating_point T>
[[nodiscard]] Value autocorrelation(std::span<const T> series, std::size_t lag = 1) {
  if (lag == 0) throw std::invalid_argument("autocorrelation: lag 0, expected at least 1");
  if (series.size() <= lag) return Status::too_short;
  std::vector<double> u(series.begin(), series.end());
  const double origin = u.front();  // differences to it lose nothing of a large offset
  double reach = 0.0;
  for (double& x : u) reach = std::max(reach, std::abs(x -= origin));
  CompensatedSum sum;
  for (const double x : u) sum += x;
  if (!std::isfinite(sum.value()) || !std::isfinite(reach)) return Status::nonfinite;
  if (reach == 0.0) return Status::constant_series;
  const double mean = sum.value() / static_cast<double>(u.size());
  const double scale = std::ldexp(1.0, -std::max(std::ilogb(reach), -1000));  // squares in range
  for (double& x : u) x = (x - mean) * scale;
  CompensatedSum products;
  CompensatedSum squares;
  for (std::size_t t = 0; t < u.size(); ++t) {
    squares += u[t] * u[t];
    if (t + lag < u.size()) products += u[t] * u[t + lag];
  }
  return products.value() / squares.value();
}

/// The same for arrays of any kind that series_of() takes.
template <RealSeries Series>
[[nodiscard]] Value autocorrelation(const Series& series, std::size_t lag = 1) {
  return autocorrelation(series_of(series).span, lag);
}

/// Autocorrelation of every series.
/// @param series  [time, series]
/// @return  [series]
/// @throws std::invalid_argument if lag is 0
template <std::floating_point T>
[[nodiscard]] std::vector<Value> autocorrelations(MatrixView<T> series, std::size_t lag = 1) {
  std::vector<Value> result;
  std::vector<T> one(series.rows());
  for (std::size_t j = 0; j < series.cols(); ++j) {
    for (std::size_t t = 0; t < series.rows(); ++t) one[t] = series.row(t)[j];
    result.push_back(autocorrelation(std::span<const T>(one), lag));
  }
  return result;
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Series>
[[nodiscard]] std::vector<Value> autocorrelations(const Series& series, std::size_t lag = 1) {
  return autocorrelations(rows_of(series).view, lag);
}

}  // namespace phiscope
