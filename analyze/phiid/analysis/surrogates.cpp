// SPDX-License-Identifier: MIT
#include "phiid/analysis/surrogates.hpp"

#include "phiid/analysis/correlation.hpp"
#include "program/parallel.hpp"

#include <phiscope/holm.hpp>
#include <phiscope/max_statistic.hpp>
#include <phiscope/random.hpp>
#include <phiscope/studentise_draws.hpp>
#include <phiscope/sum.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

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

/// One level for all heads by the largest statistic of each surrogate, which needs no more
/// surrogates than one head does. Heads without a number in some surrogate are left out.
void correct_together(const std::vector<Value>& observed,
                      const std::vector<std::vector<Value>>& surrogates, HeadTests& result) {
  result.family_p.assign(observed.size(), Status::no_pairs);
  std::vector<std::size_t> tested;
  std::vector<double> data;
  for (std::size_t head = 0; head < observed.size(); ++head) {
    const bool all = std::all_of(surrogates.begin(), surrogates.end(),
                                 [head](const auto& one) { return one[head].ok(); });
    if (!observed[head].ok() || !all) continue;
    tested.push_back(head);
    data.push_back(observed[head].value());
  }
  if (tested.empty()) return;
  std::vector<double> draws;
  for (const auto& surrogate : surrogates) {
    for (const std::size_t head : tested) draws.push_back(surrogate[head].value());
  }
  studentise_draws(data, draws);
  const std::vector<double> p =
      max_statistic_p(data, MatrixView<double>(draws, surrogates.size(), tested.size()));
  for (std::size_t k = 0; k < tested.size(); ++k) {
    result.family_p[tested[k]] = p[k];
    result.family += p[k] <= 0.05 ? 1 : 0;
  }
  result.any_p = *std::min_element(p.begin(), p.end());
}

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
  correct_together(observed, surrogates, result);
  return result;
}

/// Autocorrelation of each head one step later on the circle, mean over prompts: what surrogates
/// keep of a series exactly.
std::vector<Value> circular_autocorrelation(const Series& series) {
  std::vector<Value> result;
  for (std::size_t head = 0; head < series.heads; ++head) {
    double sum = 0.0;
    double prompts = 0.0;
    for (const std::vector<double>& values : series.values) {
      const std::size_t steps = values.size() / series.heads;
      double mean = 0.0;
      for (std::size_t t = 0; t < steps; ++t) mean += values[t * series.heads + head];
      mean /= static_cast<double>(steps);
      double square = 0.0;
      double next = 0.0;
      for (std::size_t t = 0; t < steps; ++t) {
        const double now = values[t * series.heads + head] - mean;
        square += now * now;
        next += now * (values[(t + 1) % steps * series.heads + head] - mean);
      }
      if (!(square > 0.0) || !std::isfinite(square)) continue;
      sum += next / square;
      prompts += 1.0;
    }
    result.push_back(prompts > 0.0 ? Value(sum / prompts) : Value(Status::constant_series));
  }
  return result;
}

CorrelationTest test_correlation(const Statistic& observed, const std::vector<Statistic>& drawn,
                                 const std::vector<Value>& autocorrelation,
                                 const std::vector<Value>& level) {
  const auto partial = [&](const Statistic& one) {
    return partial_over_heads(one[tested_synergy], one[tested_redundancy], autocorrelation, level);
  };
  CorrelationTest result{.observed = partial(observed)};
  if (!result.observed.ok()) {
    result.mean_of_surrogates = result.test.p_value = result.observed.status();
    return result;
  }
  std::vector<double> null;
  std::vector<double> defined;
  for (const Statistic& one : drawn) {
    const Value own = partial(one);
    // Without a number, since autocorrelation orders the heads alone: counts as if as extreme.
    null.push_back(own.value_or(result.observed.value()));
    if (own.ok()) defined.push_back(own.value());
  }
  if (!defined.empty()) result.mean_of_surrogates = mean_of(defined);
  result.test = permutation_p(result.observed.value(), null, Side::two_sided);
  return result;
}

/// Each head with its series under another prompt of the same group.
std::vector<std::vector<double>> exchanged_prompts(const Series& series, std::size_t index,
                                                   std::uint64_t seed) {
  const std::size_t heads = series.heads;
  std::vector<std::size_t> steps;
  steps.reserve(series.values.size());
  for (const auto& values : series.values) steps.push_back(values.size() / heads);
  std::vector<std::vector<double>> result = series.values;
  for (const std::vector<std::size_t>& group : length_groups(steps)) {
    for (std::size_t head = 0; head < heads; ++head) {
      std::mt19937_64 engine(mixed(mixed(mixed(seed, index), group.front()), head));
      std::vector<std::size_t> from = group;
      for (std::size_t i = from.size(); i > 1; --i) {
        std::swap(from[i - 1], from[uniform_below(engine, i)]);
      }
      for (std::size_t k = 0; k < group.size(); ++k) {
        for (std::size_t i = head; i < result[group[k]].size(); i += heads) {
          result[group[k]][i] = series.values[from[k]][i];
        }
      }
    }
  }
  return result;
}

/// No test, and why.
SurrogateTests untested(std::size_t heads, std::size_t surrogates, Status why) {
  SurrogateTests result{.surrogates = surrogates};
  for (HeadTests& tests : result.tests) {
    tests.heads.assign(heads, {.z = why, .p = why, .n = 0});
    tests.family_p.assign(heads, why);
    tests.any_p = why;
  }
  result.correlation.observed = result.correlation.test.p_value = why;
  return result;
}

}  // namespace

std::vector<std::vector<std::size_t>> length_groups(std::span<const std::size_t> steps) {
  std::vector<std::size_t> order(steps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [steps](std::size_t a, std::size_t b) { return steps[a] < steps[b]; });
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool enough = !groups.empty() && groups.back().size() >= least_prompts &&
                        order.size() - i >= least_prompts;
    // A tenth more steps than the shortest has are too many to lose.
    if (groups.empty() || (enough && 10 * steps[order[i]] > 11 * steps[groups.back().front()])) {
      groups.emplace_back();
    }
    groups.back().push_back(order[i]);
  }
  return groups;
}

std::vector<std::vector<double>> cropped(const std::vector<std::vector<double>>& prompts,
                                         std::size_t heads) {
  std::vector<std::size_t> steps;
  steps.reserve(prompts.size());
  for (const auto& values : prompts) steps.push_back(values.size() / heads);
  std::vector<std::vector<double>> result = prompts;
  for (const std::vector<std::size_t>& group : length_groups(steps)) {
    for (const std::size_t prompt : group) result[prompt].resize(steps[group.front()] * heads);
  }
  return result;
}

std::vector<std::vector<double>> surrogate_series(const Series& series, std::size_t index,
                                                  const Options& options) {
  if (options.surrogate_kind == SurrogateKind::prompts) {
    return exchanged_prompts(series, index, options.seed);
  }
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

SurrogateTests test_surrogates(const Series& given, std::span<const Pair> chosen,
                               const Options& options) {
  SurrogateTests result{.surrogates = options.surrogates};
  if (options.surrogates == 0) return result;
  const bool exchange = options.surrogate_kind == SurrogateKind::prompts;
  if (exchange && given.values.size() < least_prompts) {
    return untested(given.heads, options.surrogates, Status::few_units);
  }
  Series series;
  series.heads = given.heads;
  series.values = exchange ? cropped(given.values, given.heads) : given.values;
  const PhiidPairsOptions pairs{
      .phiid = options.phiid, .join = options.join(), .output = PhiidOutput::sts_rtr_tdmi};
  const auto statistic = [&](std::vector<std::vector<double>> prompts) {
    Series closed;
    closed.heads = series.heads;
    closed.values = exchange ? std::move(prompts)
                             : closed_circle(std::move(prompts), series.heads, options.phiid.lag);
    const HeadTotals totals = all_totals(closed.views(), pairs, chosen, options.threads);
    return Statistic{totals.means(0, sum_sts, count_pairs), totals.means(0, sum_rtr, count_pairs),
                     totals.means(0, sum_balance, count_balance)};
  };
  const Statistic observed = statistic(series.values);
  std::vector<Statistic> drawn;
  drawn.reserve(options.surrogates);
  for (std::size_t index = 0; index < options.surrogates; ++index) {
    drawn.push_back(statistic(surrogate_series(series, index, options)));
  }
  result.correlation =
      test_correlation(observed, drawn, circular_autocorrelation(series), given.level);
  for (std::size_t k = 0; k < tested_names.size(); ++k) {
    std::vector<std::vector<Value>> own;  // [surrogate][head]
    own.reserve(drawn.size());
    for (Statistic& one : drawn) own.push_back(std::move(one[k]));
    result.tests[k] = test_heads(observed[k], own);
  }
  return result;
}

}  // namespace phiscope::analyze::phiid
