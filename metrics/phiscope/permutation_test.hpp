// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <stdexcept>

namespace phiscope {

/// How sign_flip_test() draws.
struct SignFlipOptions {
  std::size_t resamples = 10000;  ///< also the limit up to which all 2^n signs are enumerated
  std::uint64_t seed = 0;
};

/// Is the mean of paired differences zero?
struct SignFlipTest {
  Value mean;            ///< of the differences, in their unit
  Value p_value;         ///< two-sided, in (0, 1]
  double least_p = 1.0;  ///< the smallest that so many differences and draws can give
  bool exact = false;    ///< all sign patterns were counted, none drawn
};

/// Paired permutation test against zero: under the hypothesis each difference is as likely to have
/// the other sign. With few differences (2^n <= resamples) all signs are counted and p = count /
/// 2^n; else p = (count + 1) / (resamples + 1), which is never 0.
///
/// @param differences  [pair], independent
/// @return  too_few_rows without a difference, nonfinite
/// @throws std::invalid_argument if resamples is 0
/// @see  experiment patching; scipy.stats.permutation_test(permutation_type="samples")
[[nodiscard]] inline SignFlipTest sign_flip_test(std::span<const double> differences,
                                                 SignFlipOptions options = {});

namespace detail {

/// Does |sum| reach the observed one? What rounding may have taken is granted.
[[nodiscard]] inline bool reaches(double sum, double observed, double scale) {
  return std::abs(sum) >= std::abs(observed) - 1e-12 * scale;
}

/// Patterns of signs, of all 2^n, whose sum is at least as far from zero as the observed one. Signs
/// change one at a time (Gray code), so a pattern costs one addition.
[[nodiscard]] inline std::size_t count_extreme_signs(std::span<const double> differences,
                                                     double observed, double scale) {
  double sum = observed;
  std::size_t extreme = 1;  // the observed pattern itself
  const std::uint64_t patterns = std::uint64_t{1} << differences.size();
  std::uint64_t negative = 0;
  for (std::uint64_t step = 1; step < patterns; ++step) {
    std::size_t flipped = 0;
    while ((step >> flipped & 1U) == 0) ++flipped;
    negative ^= std::uint64_t{1} << flipped;
    const bool now_negative = (negative >> flipped & 1U) != 0;
    sum += (now_negative ? -2.0 : 2.0) * differences[flipped];
    if (reaches(sum, observed, scale)) ++extreme;
  }
  return extreme;
}

/// The same among `resamples` drawn patterns, 64 signs a draw.
[[nodiscard]] inline std::size_t draw_extreme_signs(std::span<const double> differences,
                                                    double observed, double scale,
                                                    SignFlipOptions options) {
  std::mt19937_64 engine(options.seed);
  std::size_t extreme = 0;
  for (std::size_t draw = 0; draw < options.resamples; ++draw) {
    double sum = 0.0;
    std::uint64_t signs = 0;
    for (std::size_t i = 0; i < differences.size(); ++i) {
      if (i % 64 == 0) signs = engine();
      sum += (signs & 1U) != 0 ? differences[i] : -differences[i];
      signs >>= 1U;
    }
    if (reaches(sum, observed, scale)) ++extreme;
  }
  return extreme;
}

}  // namespace detail

inline SignFlipTest sign_flip_test(std::span<const double> differences, SignFlipOptions options) {
  if (options.resamples == 0) {
    throw std::invalid_argument("sign_flip_test: resamples is 0, expected at least 1");
  }
  const auto undefined = [](Status why) { return SignFlipTest{.mean = why, .p_value = why}; };
  if (differences.empty()) return undefined(Status::too_few_rows);
  double observed = 0.0;
  double scale = 0.0;
  for (const double difference : differences) {
    observed += difference;
    scale += std::abs(difference);
  }
  if (!std::isfinite(scale)) return undefined(Status::nonfinite);
  SignFlipTest result{.mean = mean_of(differences), .p_value = 1.0};
  result.exact =
      differences.size() < 63 && (std::uint64_t{1} << differences.size()) <= options.resamples;
  if (result.exact) {
    const auto patterns = static_cast<double>(std::uint64_t{1} << differences.size());
    const auto count = detail::count_extreme_signs(differences, observed, scale);
    result.p_value = static_cast<double>(count) / patterns;
    result.least_p = 2.0 / patterns;
  } else {
    const auto count = detail::draw_extreme_signs(differences, observed, scale, options);
    result.p_value = static_cast<double>(count + 1) / static_cast<double>(options.resamples + 1);
    result.least_p = 1.0 / static_cast<double>(options.resamples + 1);
  }
  return result;
}

}  // namespace phiscope
