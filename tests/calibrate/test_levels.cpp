// SPDX-License-Identifier: MIT
#include "rates.hpp"

#include <phiscope/matrix_view.hpp>
#include <phiscope/max_statistic.hpp>
#include <phiscope/permutation_p.hpp>
#include <phiscope/permutation_test.hpp>

#include <algorithm>
#include <functional>
#include <span>

namespace phiscope::calibrate {
namespace {

/// A p-value with the smallest one that its design could have given.
struct Tested {
  Value p = Status::too_few_rows;
  double least_p = 0.0;
};

Rate level_of(Rate rate, const Draws& draws, const std::function<Tested(Normal&)>& test) {
  for (std::size_t seed = draws.first; seed < draws.first + draws.count; ++seed) {
    Normal normal(7000003 * rate.units + seed);
    const Tested found = test(normal);
    rate.least_p = found.least_p;
    if (!found.p.ok()) continue;
    const double p = found.p.value();
    ++rate.defined;
    rate.hits += p <= 0.05 ? 1U : 0U;
    rate.at_tenth += p <= 0.1 ? 1U : 0U;
    rate.at_half += p <= 0.5 ? 1U : 0U;
  }
  return rate;
}

/// Differences of walks: symmetric around 0, as under the hypothesis.
Tested sign_flips(Normal& normal, std::size_t units) {
  std::vector<double> differences(units);
  for (double& difference : differences) difference = normal() * std::exp(normal());
  const SignFlipTest test = sign_flip_test(differences, {.resamples = 999});
  return {.p = test.p_value, .least_p = test.least_p};
}

/// The smallest corrected p of 24 cells that share half of their variance within a walk and differ
/// in their units by a factor of 1000.
Tested sign_flips_over_cells(Normal& normal, std::size_t units) {
  constexpr std::size_t cells = 24;
  std::vector<std::vector<Value>> differences;
  for (std::size_t unit = 0; unit < units; ++unit) {
    const double common = normal();
    std::vector<Value>& row = differences.emplace_back();
    for (std::size_t cell = 0; cell < cells; ++cell) {
      row.emplace_back((common + normal()) * (cell % 2 == 0 ? 1.0 : 1000.0));
    }
  }
  const SignFlipMaxTest test = sign_flip_max_test(differences, {.resamples = 999});
  Value least = 1.0;
  for (const Value& p : test.p_values) least = std::min(least.value(), p.value());
  return {.p = least, .least_p = test.least_p};
}

/// One number among others of its kind, as a ranking among random orders.
Tested rank_among(Normal& normal, std::size_t draws, Side side) {
  const double observed = normal();
  std::vector<double> others(draws);
  for (double& other : others) other = normal();
  const PermutationP test = permutation_p(observed, others, side);
  return {.p = test.p_value, .least_p = test.least_p};
}

/// The smallest corrected p of 16 heads against as many surrogates of each.
Tested largest_of_heads(Normal& normal, std::size_t draws) {
  constexpr std::size_t heads = 16;
  std::vector<double> observed(heads);
  for (double& head : observed) head = normal();
  std::vector<double> null(draws * heads);
  for (double& number : null) number = normal();
  const std::vector<double> p =
      max_statistic_p(observed, MatrixView<double>(std::span<const double>(null), draws, heads));
  return {.p = *std::min_element(p.begin(), p.end()),
          .least_p = 1.0 / static_cast<double>(draws + 1)};
}

}  // namespace

std::vector<Rate> test_levels(const Draws& draws) {
  std::vector<Rate> rates;
  const auto add = [&rates, &draws](const char* what, const char* data, std::size_t units,
                                    const std::function<Tested(Normal&)>& test) {
    rates.push_back(level_of({.what = what, .data = data, .units = units}, draws, test));
  };
  for (const std::size_t units : {5U, 10U, 20U}) {
    add("sign-flip test", "symmetric, heavy tails", units,
        [units](Normal& normal) { return sign_flips(normal, units); });
  }
  for (const std::size_t units : {10U, 20U}) {
    add("sign-flip max-test, 24 cells", "cells correlated, on two scales", units,
        [units](Normal& normal) { return sign_flips_over_cells(normal, units); });
  }
  for (const std::size_t others : {5U, 19U, 20U, 99U}) {
    add("rank p, one-sided", "normal", others,
        [others](Normal& normal) { return rank_among(normal, others, Side::greater); });
    add("rank p, two-sided", "normal", others,
        [others](Normal& normal) { return rank_among(normal, others, Side::two_sided); });
  }
  for (const std::size_t others : {5U, 19U}) {
    add("max-statistic, 16 heads", "normal", others,
        [others](Normal& normal) { return largest_of_heads(normal, others); });
  }
  return rates;
}

}  // namespace phiscope::calibrate
