// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/rank_correlation.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
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

namespace detail {

/// Ranks around their mean.
[[nodiscard]] inline std::vector<double> centred_ranks(std::span<const double> numbers) {
  std::vector<double> ranks = average_ranks(numbers);
  const double middle = static_cast<double>(numbers.size() + 1) / 2.0;
  for (double& rank : ranks) rank -= middle;
  return ranks;
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

}  // namespace detail

inline Value partial_rank_correlation(std::span<const double> x, std::span<const double> y,
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
    throw std::invalid_argument("partial_rank_correlation: lengths differ, expected equal ones");
  }
  if (x.size() < covariates.size() + 3) return Status::too_few_rows;
  if (!finite) return Status::nonfinite;
  std::vector<std::vector<double>> directions;
  for (const std::vector<double>& covariate : covariates) {
    std::vector<double> ranks = detail::centred_ranks(covariate);
    if (!detail::take_out_directions(directions, ranks)) continue;
    const double length = std::sqrt(detail::dot_product(ranks, ranks));
    for (double& rank : ranks) rank /= length;
    directions.push_back(std::move(ranks));
  }
  std::vector<double> a = detail::centred_ranks(x);
  std::vector<double> b = detail::centred_ranks(y);
  if (!detail::take_out_directions(directions, a) || !detail::take_out_directions(directions, b)) {
    return Status::constant;
  }
  const double scale = std::sqrt(detail::dot_product(a, a) * detail::dot_product(b, b));
  return std::clamp(detail::dot_product(a, b) / scale, -1.0, 1.0);
}

}  // namespace phiscope
