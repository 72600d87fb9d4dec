// SPDX-License-Identifier: MIT
#include "rates.hpp"

#include <phiscope/bootstrap.hpp>
#include <phiscope/bootstrap_mean.hpp>
#include <phiscope/bootstrap_ratio.hpp>
#include <phiscope/rank_correlation.hpp>
#include <phiscope/summary.hpp>

#include <array>
#include <functional>
#include <span>

namespace phiscope::calibrate {
namespace {

constexpr std::array<std::size_t, 5> sizes = {5, 10, 20, 40, 60};
constexpr std::size_t resamples = 1000;

/// A statistic of simulated units, with what it estimates.
struct Simulation {
  std::string what;
  std::string data;
  double truth = 0.0;
  std::function<Estimate(Normal&, std::size_t, const BootstrapOptions&)> estimate;
};

/// Two columns of numbers, one row per unit.
struct Columns {
  std::vector<double> x = {};
  std::vector<double> y = {};
};

template <class Draw>
Columns columns(std::size_t units, Draw draw) {
  Columns result;
  for (std::size_t unit = 0; unit < units; ++unit) {
    const std::array<double, 2> row = draw();
    result.x.push_back(row[0]);
    result.y.push_back(row[1]);
  }
  return result;
}

Simulation mean_of_units(const std::string& data, double truth,
                         std::function<double(Normal&)> draw) {
  return {.what = "mean",
          .data = data,
          .truth = truth,
          .estimate = [draw](Normal& normal, std::size_t units, const BootstrapOptions& options) {
            std::vector<double> numbers(units);
            for (double& number : numbers) number = draw(normal);
            return bootstrap_mean(numbers, options);
          }};
}

/// Numerators and denominators that have a factor in common: damage of two orders per prompt.
Simulation ratio_of_means() {
  return {
      .what = "ratio of means",
      .data = "lognormal, correlated",
      .truth = 1.0,
      .estimate = [](Normal& normal, std::size_t units, const BootstrapOptions& options) {
        const Columns drawn = columns(units, [&normal] {
          const double prompt = normal();
          return std::array{std::exp(prompt + 0.3 * normal()), std::exp(prompt + 0.3 * normal())};
        });
        return bootstrap_ratio(drawn.x, drawn.y, options);
      }};
}

/// Spearman's correlation of binormal units with Pearson's correlation r; its expectation over
/// samples of n differs from that of the population by (r's - Kendall's) 3 / (n + 1).
Simulation spearman(double r) {
  const double truth = 6.0 / std::numbers::pi * std::asin(0.5 * r);
  return {.what = "Spearman's correlation",
          .data = r == 0.0 ? "binormal, r = 0" : "binormal, r = 0.7",
          .truth = truth,
          .estimate = [r](Normal& normal, std::size_t units, const BootstrapOptions& options) {
            const Columns drawn = columns(units, [&normal, r] {
              const double x = normal();
              return std::array{x, r * x + std::sqrt(1.0 - r * r) * normal()};
            });
            return bootstrap(
                units,
                [&drawn](std::span<const std::size_t> units_drawn) {
                  std::vector<double> x;
                  std::vector<double> y;
                  for (const std::size_t unit : units_drawn) {
                    x.push_back(drawn.x[unit]);
                    y.push_back(drawn.y[unit]);
                  }
                  return rank_correlation(x, y);
                },
                options);
          }};
}

Simulation median_of_units() {
  return {.what = "median",
          .data = "lognormal",
          .truth = 1.0,
          .estimate = [](Normal& normal, std::size_t units, const BootstrapOptions& options) {
            std::vector<double> numbers(units);
            for (double& number : numbers) number = std::exp(normal());
            return bootstrap(
                units,
                [&numbers](std::span<const std::size_t> units_drawn) {
                  std::vector<double> drawn;
                  for (const std::size_t unit : units_drawn) drawn.push_back(numbers[unit]);
                  return median(drawn);
                },
                options);
          }};
}

}  // namespace

std::vector<Rate> interval_coverage(const Draws& draws) {
  const std::array simulations = {
      mean_of_units("normal", 0.0, [](Normal& normal) { return normal(); }),
      mean_of_units("lognormal", std::exp(0.5), [](Normal& normal) { return std::exp(normal()); }),
      ratio_of_means(),
      spearman(0.0),
      spearman(0.7),
      median_of_units()};
  std::vector<Rate> rates;
  for (const Simulation& simulation : simulations) {
    for (const std::size_t units : sizes) {
      Rate rate{.what = simulation.what, .data = simulation.data, .units = units};
      for (std::size_t seed = draws.first; seed < draws.first + draws.count; ++seed) {
        Normal normal(1000003 * units + seed);
        const Estimate found =
            simulation.estimate(normal, units, {.resamples = resamples, .seed = seed});
        if (!found.low.ok() || !found.high.ok()) continue;
        ++rate.defined;
        const bool holds =
            found.low.value() <= simulation.truth && simulation.truth <= found.high.value();
        rate.hits += holds ? 1U : 0U;
      }
      rates.push_back(rate);
    }
  }
  return rates;
}

}  // namespace phiscope::calibrate
