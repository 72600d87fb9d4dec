// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/rank_correlation.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace phiscope {

/// Spearman's rank correlation of two numbers that is left when others are held fixed: the
/// correlation of the residuals of their ranks, each after the least-squares fit by the ranks of
/// the covariates.
///
/// @param x,y  [item], paired
/// @param covariates  [covariate][item]; one that never changes, or that the others determine, is
///                    nothing to hold fixed
/// @return  in [-1, 1]; too_few_rows below covariates + 3 items; constant when x or y has one value
///          only or the covariates determine its ranks; nonfinite
/// @throws std::invalid_argument if the lengths differ
/// @see  pingouin.partial_corr(method="spearman")
[[nodiscard]] inline Value partial_rank_correlation(
    std::span<const double> x, std::span<const double> y,
    std::span<const std::vector<double>> covariates);

/// The same for Pearson's correlation: numbers in place of their ranks.
/// @see  pingouin.partial_corr(method="pearson")
[[nodiscard]] inline Value partial_correlation(std::span<const double> x, std::span<const double> y,
                                               std::span<const std::vector<double>> covariates);

namespace detail {

/// Numbers around their mean; exactly 0 if they are all equal.
[[nodiscard]] inline std::vector<double> centred(std::vector<double> numbers) {
  const bool constant = std::all_of(numbers.begin(), numbers.end(),
                                    [&](double number) { return number == numbers.front(); });
  const double mean = constant && !numbers.empty() ? numbers.front() : mean_of(numbers);
  for (double& number : numbers) number -= mean;
  return numbers;
}

[[nodiscard]] inline double dot_product(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Takes the directions (orthogonal, of length 1) out of `ranks`; false if no more than rounding is
/// left. Twice, since what the first pass leaves of a direction is rounding of a larger number.
inline bool take_out_directions(std::span<const std::vector<double>> directions,
                                std::vector<double>& ranks) {
  const double before = dot_product(ranks, ranks);
  for (int pass = 0; pass < 2; ++pass) {
    for (const std::vector<double>& direction : directions) {
      const double share = dot_product(ranks, direction);
      for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i] -= share * direction[i];
    }
  }
  return dot_product(ranks, ranks) > 1e-20 * before;
}

/// Why there is no partial correlation, before it is computed.
[[nodiscard]] inline Status check_partial(const char* name, std::span<const double> x,
                                          std::span<const double> y,
                                          std::span<const std::vector<double>> covariates) {
  bool equal = x.size() == y.size();
  bool finite = true;
  const auto look = [&finite](std::span<const double> numbers) {
    for (const double number : numbers) finite = finite && std::isfinite(number);
  };
  look(x);
  look(y);
  for (const std::vector<double>& covariate : covariates) {
    equal = equal && covariate.size() == x.size();
    look(covariate);
  }
  if (!equal) {
    throw std::invalid_argument(std::string(name) + ": lengths differ, expected equal ones");
  }
  if (x.size() < covariates.size() + 3) return Status::too_few_rows;
  return finite ? Status::ok : Status::nonfinite;
}

/// Correlation of what is left of two centred columns without the centred covariates.
[[nodiscard]] inline Value correlation_of_rest(std::vector<double> x, std::vector<double> y,
                                               std::vector<std::vector<double>> covariates) {
  std::vector<std::vector<double>> directions;
  for (std::vector<double>& covariate : covariates) {
    if (!take_out_directions(directions, covariate)) continue;
    const double length = std::sqrt(dot_product(covariate, covariate));
    for (double& number : covariate) number /= length;
    directions.push_back(std::move(covariate));
  }
  if (!take_out_directions(directions, x) || !take_out_directions(directions, y)) {
    return Status::constant;
  }
  return std::clamp(dot_product(x, y) / std::sqrt(dot_product(x, x) * dot_product(y, y)), -1.0,
                    1.0);
}

}  // namespace detail

inline Value partial_rank_correlation(std::span<const double> x, std::span<const double> y,
                                      std::span<const std::vector<double>> covariates) {
  const Status why = detail::check_partial("partial_rank_correlation", x, y, covariates);
  if (why != Status::ok) return why;
  std::vector<std::vector<double>> fixed;
  for (const std::vector<double>& covariate : covariates) {
    fixed.push_back(detail::centred(average_ranks(covariate)));
  }
  return detail::correlation_of_rest(detail::centred(average_ranks(x)),
                                     detail::centred(average_ranks(y)), fixed);
}

inline Value partial_correlation(std::span<const double> x, std::span<const double> y,
                                 std::span<const std::vector<double>> covariates) {
  const Status why = detail::check_partial("partial_correlation", x, y, covariates);
  if (why != Status::ok) return why;
  std::vector<std::vector<double>> fixed;
  for (const std::vector<double>& covariate : covariates) {
    fixed.push_back(detail::centred(covariate));
  }
  return detail::correlation_of_rest(detail::centred({x.begin(), x.end()}),
                                     detail::centred({y.begin(), y.end()}), fixed);
}

}  // namespace phiscope
