// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/random.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace phiscope {

/// How trend_permutation() draws.
struct TrendOptions {
  std::size_t resamples = 10000;  ///< also the limit up to which all arrangements are enumerated
  std::uint64_t seed = 0;
};

/// Do values rise or fall with the level of their unit?
struct TrendPermutation {
  Value slope;           ///< of the least-squares line: unit of the values per level
  Value p_value;         ///< two-sided (twice the smaller tail), in (0, 1]
  double least_p = 1.0;  ///< the smallest that these values and levels, or so many draws, can give
  bool exact = false;    ///< all arrangements of the levels were counted, none drawn
};

/// Permutation test of a trend over ordered levels, such as strata of difficulty: if there is none,
/// each arrangement of the levels over the units is as likely. With few units all distinct
/// arrangements are counted; else p = twice (count + 1) / (resamples + 1), which is never 0.
///
/// @param values  [unit], independent; 0 and 1 for a rate
/// @param levels  [unit], e.g. the stratum of each; units of a level weigh as many as they are
/// @return  too_few_rows below three units; nonfinite; constant where all levels are the same
///          (values that are all the same have the slope 0 and the p-value 1)
/// @throws std::invalid_argument if the lengths differ or resamples is 0
/// @see  experiment steps; scipy.stats.permutation_test(permutation_type="pairings")
[[nodiscard]] inline TrendPermutation trend_permutation(std::span<const double> values,
                                                        std::span<const double> levels,
                                                        TrendOptions options = {});

namespace detail {

[[nodiscard]] inline std::vector<double> without_mean(std::span<const double> numbers) {
  const double mean = mean_of(numbers);
  std::vector<double> result(numbers.begin(), numbers.end());
  for (double& number : result) number -= mean;
  return result;
}

[[nodiscard]] inline double product_sum(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Distinct arrangements of sorted numbers, or limit + 1 if they are more than the limit.
[[nodiscard]] inline std::size_t arrangements(std::span<const double> sorted, std::size_t limit) {
  double count = 1.0;  // multinomial, kept whole by multiplying before dividing
  std::size_t equal = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    equal = i > 0 && sorted[i] == sorted[i - 1] ? equal + 1 : 1;
    count = count * static_cast<double>(i + 1) / static_cast<double>(equal);
    // Each factor is at least 1, so the count never falls again.
    if (count > static_cast<double>(limit)) return limit + 1;
  }
  return static_cast<std::size_t>(std::llround(count));
}

/// Draws at or beyond a number on either side; what rounding may have taken is granted.
struct Tails {
  double slack = 0.0;
  std::size_t above = 0;
  std::size_t below = 0;
  void count(double draw, double observed) {
    above += draw >= observed - slack ? 1U : 0U;
    below += draw <= observed + slack ? 1U : 0U;
  }
  [[nodiscard]] double two_sided(std::size_t all) const {
    return std::min(1.0,
                    2.0 * static_cast<double>(std::min(above, below)) / static_cast<double>(all));
  }
};

/// The p-value and the least one from all arrangements of `levels`, which is sorted.
inline void count_arrangements(std::span<const double> values, std::vector<double> levels,
                               std::size_t count, double observed, Tails tails,
                               TrendPermutation& result) {
  std::vector<double> sums;
  sums.reserve(count);
  do {
    sums.push_back(product_sum(values, levels));
  } while (std::next_permutation(levels.begin(), levels.end()));
  const auto [least, most] = std::minmax_element(sums.begin(), sums.end());
  Tails lowest = tails;
  Tails highest = tails;
  for (const double sum : sums) {
    tails.count(sum, observed);
    lowest.count(sum, *least);
    highest.count(sum, *most);
  }
  result.p_value = tails.two_sided(sums.size());
  result.least_p = std::min(lowest.two_sided(sums.size()), highest.two_sided(sums.size()));
}

/// The same from drawn arrangements; the observed one counts as a draw.
inline void draw_arrangements(std::span<const double> values, std::vector<double> levels,
                              double observed, Tails tails, TrendOptions options,
                              TrendPermutation& result) {
  std::mt19937_64 engine(options.seed);
  tails.count(observed, observed);
  for (std::size_t draw = 0; draw < options.resamples; ++draw) {
    for (std::size_t left = levels.size(); left > 1; --left) {
      std::swap(levels[left - 1], levels[uniform_below(engine, left)]);
    }
    tails.count(product_sum(values, levels), observed);
  }
  result.p_value = tails.two_sided(options.resamples + 1);
  result.least_p = std::min(1.0, 2.0 / static_cast<double>(options.resamples + 1));
}

}  // namespace detail

inline TrendPermutation trend_permutation(std::span<const double> values,
                                          std::span<const double> levels, TrendOptions options) {
  if (values.size() != levels.size() || options.resamples == 0) {
    throw std::invalid_argument("trend_permutation: " + std::to_string(values.size()) +
                                " values, " + std::to_string(levels.size()) + " levels and " +
                                std::to_string(options.resamples) +
                                " resamples, expected a level for each value and a resample");
  }
  const auto undefined = [](Status why) { return TrendPermutation{.slope = why, .p_value = why}; };
  const auto finite = [](double number) { return std::isfinite(number); };
  if (values.size() < 3) return undefined(Status::too_few_rows);
  if (!std::ranges::all_of(values, finite) || !std::ranges::all_of(levels, finite)) {
    return undefined(Status::nonfinite);
  }
  const auto [lowest, highest] = std::minmax_element(levels.begin(), levels.end());
  if (*lowest == *highest) return undefined(Status::constant);
  const std::vector<double> x = detail::without_mean(levels);
  const std::vector<double> y = detail::without_mean(values);
  const double squares = detail::product_sum(x, x);
  const double observed = detail::product_sum(x, y);
  double scale = 0.0;
  for (const double one : y) scale += std::abs(one) * (*highest - *lowest);
  if (!std::isfinite(scale) || !std::isfinite(squares)) return undefined(Status::nonfinite);
  if (!(squares > 0.0)) return undefined(Status::constant);
  TrendPermutation result{.slope = observed / squares, .p_value = Status::too_few_rows};
  const detail::Tails tails{.slack = 1e-12 * scale};
  std::vector<double> sorted = x;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t count = detail::arrangements(sorted, options.resamples);
  result.exact = count <= options.resamples;
  if (result.exact) {
    detail::count_arrangements(y, std::move(sorted), count, observed, tails, result);
  } else {
    detail::draw_arrangements(y, x, observed, tails, options, result);
  }
  return result;
}

}  // namespace phiscope
