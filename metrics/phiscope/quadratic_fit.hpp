// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// The parabola y = constant + slope (x - centre) + curvature (x - centre)^2 that fits best.
struct QuadraticFit {
  Status status = Status::ok;  ///< the rest means something only if ok
  double centre = 0.0;         ///< mean of x
  double constant = 0.0;
  double slope = 0.0;      ///< at the centre
  double curvature = 0.0;  ///< below 0: an inverted U, open below
  double explained = 0.0;  ///< R^2, in [0, 1]; 1 where y is constant

  /// Height and slope of the parabola at `x`.
  [[nodiscard]] double at(double x) const noexcept {
    return constant + (slope + curvature * (x - centre)) * (x - centre);
  }
  [[nodiscard]] double slope_at(double x) const noexcept {
    return slope + 2.0 * curvature * (x - centre);
  }
  /// Where the slope is 0; constant for a straight line.
  [[nodiscard]] Value vertex() const {
    return curvature == 0.0 ? Value(Status::constant) : Value(centre - slope / (2.0 * curvature));
  }
};

/// Least-squares parabola, by polynomials orthogonal on the given x.
/// @param x,y  [item], paired
/// @return  too_few_rows below three different x; nonfinite
/// @throws std::invalid_argument if the lengths differ
/// @see  numpy.polyfit(x, y, 2); for a U, slopes of opposite sign at both ends: "With or without
/// U?"
///       (Lind & Mehlum 2010)
[[nodiscard]] inline QuadraticFit quadratic_fit(std::span<const double> x,
                                                std::span<const double> y) {
  if (x.size() != y.size()) {
    throw std::invalid_argument("quadratic_fit: lengths " + std::to_string(x.size()) + " and " +
                                std::to_string(y.size()) + ", expected equal ones");
  }
  QuadraticFit fit;
  const auto finite = [](double number) { return std::isfinite(number); };
  if (!std::all_of(x.begin(), x.end(), finite) || !std::all_of(y.begin(), y.end(), finite)) {
    fit.status = Status::nonfinite;
    return fit;
  }
  std::vector<double> different(x.begin(), x.end());
  std::sort(different.begin(), different.end());
  different.erase(std::unique(different.begin(), different.end()), different.end());
  if (different.size() < 3) {
    fit.status = Status::too_few_rows;
    return fit;
  }
  const std::size_t n = x.size();
  fit.centre = mean_of(x);
  const double mean = mean_of(y);
  CompensatedSum squares, cubes, line_y;
  for (std::size_t i = 0; i < n; ++i) {
    const double u = x[i] - fit.centre;
    squares += u * u;
    cubes += u * u * u;
    line_y += u * (y[i] - mean);
  }
  // The parabola u^2 - tilt u - lift has no component along 1 and u.
  const double tilt = cubes.value() / squares.value();
  const double lift = squares.value() / static_cast<double>(n);
  CompensatedSum bend_squares, bend_y;
  for (std::size_t i = 0; i < n; ++i) {
    const double u = x[i] - fit.centre;
    const double bend = u * u - tilt * u - lift;
    bend_squares += bend * bend;
    bend_y += bend * (y[i] - mean);
  }
  fit.curvature = bend_y.value() / bend_squares.value();
  fit.slope = line_y.value() / squares.value() - fit.curvature * tilt;
  fit.constant = mean - fit.curvature * lift;
  CompensatedSum left, all;
  for (std::size_t i = 0; i < n; ++i) {
    left += (y[i] - fit.at(x[i])) * (y[i] - fit.at(x[i]));
    all += (y[i] - mean) * (y[i] - mean);
  }
  fit.explained = all.value() > 0.0 ? std::clamp(1.0 - left.value() / all.value(), 0.0, 1.0) : 1.0;
  return fit;
}

}  // namespace phiscope
