// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/random.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <unsupported/Eigen/FFT>
#include <vector>

namespace phiscope {

/// The series shifted in time and wrapped around, by 1 to n - 1 steps: its own dynamics stay,
/// its alignment with other series goes.
/// @param series  [time]; fewer than two steps stay as they are
template <std::floating_point T>
[[nodiscard]] std::vector<double> circular_shift(std::span<const T> series, std::uint64_t seed) {
  std::vector<double> result(series.begin(), series.end());
  if (result.size() < 2) return result;
  std::mt19937_64 engine(seed);
  const std::uint64_t steps = 1 + uniform_below(engine, result.size() - 1);
  std::rotate(result.begin(), result.begin() + static_cast<std::ptrdiff_t>(steps), result.end());
  return result;
}

/// The same for arrays of any kind that series_of() takes.
template <RealSeries Series>
[[nodiscard]] std::vector<double> circular_shift(const Series& series, std::uint64_t seed) {
  return circular_shift(series_of(series).span, seed);
}

/// A series with the same amplitude at every frequency (so the same mean, variance and circular
/// autocorrelation) and random phases.
/// @param series  [time], finite
template <std::floating_point T>
[[nodiscard]] std::vector<double> phase_randomised(std::span<const T> series, std::uint64_t seed) {
  std::vector<double> result(series.begin(), series.end());
  const std::size_t n = result.size();
  if (n < 2) return result;
  Eigen::FFT<double> transform;
  const std::vector<std::complex<double>> values(result.begin(), result.end());
  std::vector<std::complex<double>> spectrum;
  transform.fwd(spectrum, values);
  std::mt19937_64 engine(seed);
  // The constant part and, for even n, the highest frequency are real: they keep their phase.
  for (std::size_t k = 1; 2 * k < n; ++k) {
    const double turn = static_cast<double>(engine() >> 11) * 0x1p-53;
    spectrum[k] *= std::polar(1.0, 2.0 * std::numbers::pi * turn);
    spectrum[n - k] = std::conj(spectrum[k]);
  }
  std::vector<std::complex<double>> back;
  transform.inv(back, spectrum);
  for (std::size_t t = 0; t < n; ++t) result[t] = back[t].real();
  return result;
}

/// The same for arrays of any kind that series_of() takes.
template <RealSeries Series>
[[nodiscard]] std::vector<double> phase_randomised(const Series& series, std::uint64_t seed) {
  return phase_randomised(series_of(series).span, seed);
}

/// An observed number against those of surrogates.
struct SurrogateTest {
  Value z;            ///< (observed - mean) / standard deviation of the surrogates' numbers
  Value p;            ///< share of surrogates with at least this number, the observed one included
  std::size_t n = 0;  ///< surrogates
};

/// Tests whether `observed` is larger than surrogates make it.
/// @param surrogates  [surrogate], the same number of each
/// @return  z needs two surrogates (too_few_rows) that differ (constant), p one; nonfinite if a
///          number is not finite
[[nodiscard]] inline SurrogateTest surrogate_test(double observed,
                                                  std::span<const double> surrogates) {
  SurrogateTest result{
      .z = Status::too_few_rows, .p = Status::too_few_rows, .n = surrogates.size()};
  if (surrogates.empty()) return result;
  const auto finite = [](double number) { return std::isfinite(number); };
  if (!finite(observed) || !std::all_of(surrogates.begin(), surrogates.end(), finite)) {
    result.z = result.p = Status::nonfinite;
    return result;
  }
  const auto as_large = std::count_if(surrogates.begin(), surrogates.end(),
                                      [observed](double number) { return number >= observed; });
  result.p = static_cast<double>(as_large + 1) / static_cast<double>(surrogates.size() + 1);
  if (surrogates.size() < 2) return result;
  const double mean = mean_of(surrogates);
  CompensatedSum squares;
  for (const double number : surrogates) squares += (number - mean) * (number - mean);
  const double deviation = std::sqrt(squares.value() / static_cast<double>(surrogates.size() - 1));
  result.z = deviation > 0.0 ? Value((observed - mean) / deviation) : Value(Status::constant);
  return result;
}

}  // namespace phiscope
