// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace phiscope {

/// Share of a series' variance that a straight line over time explains (R^2). Series that rise or
/// fall together look as if they informed each other: what two of them share then is time.
///
/// @param series  [time], evenly spaced
/// @return  in [0, 1]; too_short below three steps, constant_series, nonfinite
/// @see  scipy.stats.linregress(time, series).rvalue ** 2
[[nodiscard]] inline Value trend_share(std::span<const double> series) {
  if (series.size() < 3) return Status::too_short;
  if (!std::all_of(series.begin(), series.end(), [](double x) { return std::isfinite(x); })) {
    return Status::nonfinite;
  }
  const auto [least, most] = std::minmax_element(series.begin(), series.end());
  if (*least == *most) return Status::constant_series;
  const double mean = mean_of(series);
  const double middle = static_cast<double>(series.size() - 1) / 2.0;
  CompensatedSum product, of_time, of_series;
  for (std::size_t t = 0; t < series.size(); ++t) {
    const double time = static_cast<double>(t) - middle;
    product += time * (series[t] - mean);
    of_time += time * time;
    of_series += (series[t] - mean) * (series[t] - mean);
  }
  if (!(of_series.value() > 0.0)) return Status::constant_series;
  const double share = product.value() / of_time.value() * (product.value() / of_series.value());
  return std::clamp(share, 0.0, 1.0);
}

}  // namespace phiscope
