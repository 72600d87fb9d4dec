// SPDX-License-Identifier: MIT
#include "phiid/surrogates.hpp"

#include "program/parallel.hpp"

#include <phiscope/holm.hpp>

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::phiid {
namespace {

/// Mixes two numbers into one (the finaliser of SplitMix64), so that neighbours share no draws.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a + 0x9e3779b97f4a7c15U * (b + 1);
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

using Statistic = std::array<std::vector<Value>, tested_names.size()>;  // [tested][head]

HeadTests test_heads(const std::vector<Value>& observed,
                     const std::vector<std::vector<Value>>& surrogates) {
  HeadTests result;
  std::vector<double> p;
  for (std::size_t head = 0; head < observed.size(); ++head) {
    std::vector<double> drawn;
    for (const auto& surrogate : surrogates) {
      if (surrogate[head].ok()) drawn.push_back(surrogate[head].value());
    }
    if (!observed[head].ok()) {
      result.heads.push_back(
          {.z = observed[head].status(), .p = observed[head].status(), .n = drawn.size()});
      continue;
    }
    result.heads.push_back(surrogate_test(observed[head].value(), drawn));
    if (result.heads.back().p.ok()) p.push_back(result.heads.back().p.value());
  }
  const auto small = [](double one) { return one <= 0.05; };
  result.tested = p.size();
  result.below_5_percent = static_cast<std::size_t>(std::count_if(p.begin(), p.end(), small));
  const std::vector<double> adjusted = holm(p);
  result.holm = static_cast<std::size_t>(std::count_if(adjusted.begin(), adjusted.end(), small));
  return result;
}

}  // namespace

std::vector<std::vector<double>> surrogate_series(const Series& series, std::size_t index,
                                                  const Options& options) {
  std::vector<std::vector<double>> result(series.values.size());
  const std::size_t heads = series.heads;
  for_each_tile(result.size(), options.threads, [&](std::size_t prompt) {
    const std::vector<double>& from = series.values[prompt];
    std::vector<double>& to = result[prompt];
    to.resize(from.size());
    const std::size_t steps = from.size() / heads;
    std::vector<double> one(steps);
    for (std::size_t head = 0; head < heads; ++head) {
      for (std::size_t t = 0; t < steps; ++t) one[t] = from[t * heads + head];
      const bool finite =
          std::all_of(one.begin(), one.end(), [](double x) { return std::isfinite(x); });
      const std::uint64_t seed = mixed(mixed(mixed(options.seed, index), prompt), head);
      const std::span<const double> view(one);
      if (finite) {
        one = options.surrogate_kind == SurrogateKind::circular ? circular_shift(view, seed)
                                                                : phase_randomised(view, seed);
      }
      for (std::size_t t = 0; t < steps; ++t) to[t * heads + head] = one[t];
    }
  });
  return result;
}

std::vector<std::vector<double>> closed_circle(std::vector<std::vector<double>> prompts,
                                               std::size_t heads, std::size_t lag) {
  for (std::vector<double>& values : prompts) {
    const std::size_t first = std::min(values.size(), lag * heads);
    values.reserve(values.size() + first);
    values.insert(values.end(), values.begin(),
                  values.begin() + static_cast<std::ptrdiff_t>(first));
  }
  return prompts;
}

SurrogateTests test_surrogates(const Series& series, std::span<const Pair> chosen,
                               const Options& options) {
  SurrogateTests result{.surrogates = options.surrogates, .tests = {}};
  if (options.surrogates == 0) return result;
  const PhiidPairsOptions pairs{
      .phiid = options.phiid, .join = options.join(), .output = PhiidOutput::sts_rtr_tdmi};
  const auto statistic = [&](std::vector<std::vector<double>> prompts) {
    Series closed;
    closed.heads = series.heads;
    closed.values = closed_circle(std::move(prompts), series.heads, options.phiid.lag);
    const HeadTotals totals = all_totals(closed.views(), pairs, chosen, options.threads);
    return Statistic{totals.means(0, sum_sts, count_pairs), totals.means(0, sum_rtr, count_pairs),
                     totals.means(0, sum_balance, count_balance)};
  };
  const Statistic observed = statistic(series.values);
  std::array<std::vector<std::vector<Value>>, tested_names.size()> drawn;  // [tested][surrogate]
  for (std::size_t index = 0; index < options.surrogates; ++index) {
    Statistic one = statistic(surrogate_series(series, index, options));
    for (std::size_t k = 0; k < drawn.size(); ++k) drawn[k].push_back(std::move(one[k]));
  }
  for (std::size_t k = 0; k < drawn.size(); ++k) {
    result.tests[k] = test_heads(observed[k], drawn[k]);
  }
  return result;
}

}  // namespace phiscope::analyze::phiid
