// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/lagged_rows.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

namespace phiscope::detail {

/// What is known of each series before pairs are formed, in scaled units: value u = (x - centre) *
/// scale. The scale is a power of two, so it rounds nothing and keeps squares in range.
struct LaggedMoments {
  std::vector<double> centre;       ///< [series]: mean of the rows that begin and end a transition
  std::vector<double> scale;        ///< [series]: largest |u| is in [1, 2)
  std::vector<double> past_mean;    ///< [series]: mean of u over the rows that begin one
  std::vector<double> future_mean;  ///< [series]: mean of u over the rows that end one
  std::vector<double> past_weight;  ///< [series]: 1 / norm of the past's deviations; 0 if undefined
  std::vector<double> future_weight;  ///< [series]: the same of the future
  std::vector<double> self;           ///< [series]: correlation of the past with the future
  std::vector<Status> status;         ///< [series]: too_short | constant_series | nonfinite | ok
};

inline constexpr std::size_t least_transitions = 5;  ///< fewer have no regular 4 x 4 covariance

/// The past is made of the rows `both` and `begins_only`, the future of `both` and `ends_only`.
enum RowKind : std::size_t { both, begins_only, ends_only, row_kinds };

template <std::floating_point T>
[[nodiscard]] std::size_t row_kind(const LaggedRows<T>& data, std::size_t t) {
  if (data.begins[t] != 0) return data.ends[t] != 0 ? both : begins_only;
  return data.ends[t] != 0 ? ends_only : row_kinds;
}

/// Range and sum of each series over the rows of one kind.
struct RowSums {
  std::vector<double> sum, low, high;
};

/// Centre, scale and status of every series.
template <std::floating_point T>
void find_centre(const LaggedRows<T>& data, LaggedMoments& m) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::size_t series = data.series;
  std::array<RowSums, row_kinds> sums;
  sums.fill({.sum = std::vector<double>(series, 0.0),
             .low = std::vector<double>(series, infinity),
             .high = std::vector<double>(series, -infinity)});
  const auto first = std::find(data.begins.begin(), data.begins.end(), char{1});
  // Differences to one row lose nothing of a large offset.
  const T* const origin = data.rows[static_cast<std::size_t>(first - data.begins.begin())];
  double count = 0.0;
  for (std::size_t t = 0; t < data.rows.size(); ++t) {
    const std::size_t kind = row_kind(data, t);
    if (kind == row_kinds) continue;
    if (kind == both) count += 1.0;
    double* const sum = sums[kind].sum.data();
    double* const low = sums[kind].low.data();
    double* const high = sums[kind].high.data();
    const T* const row = data.rows[t];
    for (std::size_t j = 0; j < series; ++j) {
      const auto x = static_cast<double>(row[j]);
      sum[j] += x - static_cast<double>(origin[j]);
      low[j] = x < low[j] ? x : low[j];
      high[j] = x > high[j] ? x : high[j];
    }
  }
  const auto& [of_both, of_begins, of_ends] = sums;
  for (std::size_t j = 0; j < series; ++j) {
    const double past_low = std::min(of_both.low[j], of_begins.low[j]);
    const double past_high = std::max(of_both.high[j], of_begins.high[j]);
    const double future_low = std::min(of_both.low[j], of_ends.low[j]);
    const double future_high = std::max(of_both.high[j], of_ends.high[j]);
    m.centre[j] = static_cast<double>(origin[j]) + (count > 0.0 ? of_both.sum[j] / count : 0.0);
    const double reach = std::max(std::max(past_high, future_high) - m.centre[j],
                                  m.centre[j] - std::min(past_low, future_low));
    const double total = of_both.sum[j] + of_begins.sum[j] + of_ends.sum[j];
    if (!std::isfinite(total) || !std::isfinite(reach)) {
      m.status[j] = Status::nonfinite;
    } else if (past_low == past_high || future_low == future_high) {
      m.status[j] = Status::constant_series;
    } else {
      m.scale[j] = std::ldexp(1.0, -std::max(std::ilogb(reach), -1000));
    }
  }
}

/// Means, norms and lagged correlation of every series.
template <std::floating_point T>
void find_norms(const LaggedRows<T>& data, LaggedMoments& m) {
  const std::size_t series = data.series;
  const std::vector<double> zeros(series, 0.0);
  std::array<std::vector<double>, row_kinds> sums{zeros, zeros, zeros};
  std::array<std::vector<double>, row_kinds> squares{zeros, zeros, zeros};
  std::vector<double> products = zeros;
  for (std::size_t t = 0; t < data.rows.size(); ++t) {
    const std::size_t kind = row_kind(data, t);
    if (kind == row_kinds) continue;
    double* const sum = sums[kind].data();
    double* const square = squares[kind].data();
    double* const product = products.data();
    const double* const centre = m.centre.data();
    const double* const scale = m.scale.data();
    const T* const row = data.rows[t];
    const T* const later = kind == ends_only ? row : data.rows[t + data.lag];
    const double begins = kind == ends_only ? 0.0 : 1.0;
    for (std::size_t j = 0; j < series; ++j) {
      const double u = (static_cast<double>(row[j]) - centre[j]) * scale[j];
      const double v = (static_cast<double>(later[j]) - centre[j]) * scale[j];
      sum[j] += u;
      square[j] += u * u;
      product[j] += begins * (u * v);
    }
  }
  const auto n = static_cast<double>(data.transitions);
  for (std::size_t j = 0; j < series; ++j) {
    if (m.status[j] != Status::ok) continue;
    m.past_mean[j] = (sums[both][j] + sums[begins_only][j]) / n;
    m.future_mean[j] = (sums[both][j] + sums[ends_only][j]) / n;
    // The centre is the mean of almost all rows, so little cancels here.
    const double past =
        squares[both][j] + squares[begins_only][j] - n * m.past_mean[j] * m.past_mean[j];
    const double future =
        squares[both][j] + squares[ends_only][j] - n * m.future_mean[j] * m.future_mean[j];
    m.past_weight[j] = 1.0 / std::sqrt(past);
    m.future_weight[j] = 1.0 / std::sqrt(future);
    m.self[j] = (products[j] - n * m.past_mean[j] * m.future_mean[j]) *
                (m.past_weight[j] * m.future_weight[j]);
    if (!std::isfinite(m.self[j])) m.status[j] = Status::constant_series;  // within rounding
  }
}

/// Moments of all series of `data`.
template <std::floating_point T>
[[nodiscard]] LaggedMoments lagged_moments(const LaggedRows<T>& data) {
  const std::vector<double> zeros(data.series, 0.0);
  const bool enough = data.transitions >= least_transitions;
  LaggedMoments m{
      .centre = zeros,
      .scale = zeros,
      .past_mean = zeros,
      .future_mean = zeros,
      .past_weight = zeros,
      .future_weight = zeros,
      .self = zeros,
      .status = std::vector<Status>(data.series, enough ? Status::ok : Status::too_short)};
  if (!enough) return m;
  find_centre(data, m);
  find_norms(data, m);
  return m;
}

}  // namespace phiscope::detail
