// SPDX-License-Identifier: MIT
#include "loo/analysis/rank_draws.hpp"

#include <phiscope/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <string>

namespace phiscope::analyze::loo {
namespace {

constexpr std::size_t lanes = 8;  // samples that are computed side by side
using Lanes = std::array<double, lanes>;

/// How often each unit is in each sample: all units once, then the resamples, then the samples
/// without one of the units. A multiple of `lanes` samples; the last ones may be empty.
struct Samples {
  std::size_t units = 0;
  std::size_t count = 0;
  std::vector<Lanes> weights;  // [block of samples, unit]

  void put(std::size_t sample, std::size_t unit, double more) {
    weights[sample / lanes * units + unit][sample % lanes] += more;
  }
};

/// Draws what bootstrap() draws. Too few units for an interval: no more than all of them.
Samples draw_samples(std::size_t units, const BootstrapOptions& options) {
  const bool has_interval = units >= least_units;
  Samples samples{.units = units, .count = 1, .weights = {}};
  if (has_interval) samples.count += options.resamples + units;
  samples.weights.resize((samples.count + lanes - 1) / lanes * units);
  for (std::size_t unit = 0; unit < units; ++unit) samples.put(0, unit, 1.0);
  if (!has_interval) return samples;
  std::mt19937_64 engine(options.seed);
  for (std::size_t resample = 0; resample < options.resamples; ++resample) {
    for (std::size_t draw = 0; draw < units; ++draw) {
      samples.put(1 + resample, uniform_below(engine, units), 1.0);
    }
  }
  for (std::size_t left_out = 0; left_out < units; ++left_out) {
    for (std::size_t unit = 0; unit < units; ++unit) {
      if (unit != left_out) samples.put(1 + options.resamples + left_out, unit, 1.0);
    }
  }
  return samples;
}

/// The events of a column in the order of their numbers, in groups of equal ones.
struct Order {
  std::vector<std::size_t> events;
  std::vector<std::size_t> ends;  // of each group, in `events`
};

Order order_of(const std::vector<double>& numbers) {
  Order order;
  order.events.resize(numbers.size());
  std::iota(order.events.begin(), order.events.end(), std::size_t{0});
  std::sort(order.events.begin(), order.events.end(),
            [&numbers](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
  for (std::size_t i = 1; i <= numbers.size(); ++i) {
    const bool ends =
        i == numbers.size() || numbers[order.events[i]] != numbers[order.events[i - 1]];
    if (ends) order.ends.push_back(i);
  }
  return order;
}

/// Events in which some columns are all defined.
struct Shared {
  std::vector<std::size_t> columns;
  std::vector<std::vector<double>> numbers;             // [column][event]
  std::vector<std::size_t> units;                       // [event], numbered from 0
  std::vector<std::pair<std::size_t, std::size_t>> of;  // pairs of places in `columns`
  std::vector<std::size_t> pairs;                       // and their numbers among all pairs
};

/// Average ranks less their mean, [event], in the samples of one block.
/// @param weights  [unit]
/// @param middle  the mean rank of each sample
void put_ranks(const Order& order, const std::vector<std::size_t>& units, const Lanes* weights,
               const Lanes& middle, std::vector<Lanes>& ranks) {
  Lanes before{};  // events of the sample with smaller numbers
  std::size_t begin = 0;
  for (const std::size_t end : order.ends) {
    Lanes equal{};
    for (std::size_t i = begin; i < end; ++i) {
      const Lanes& weight = weights[units[order.events[i]]];
      for (std::size_t k = 0; k < lanes; ++k) equal[k] += weight[k];
    }
    Lanes rank{};
    for (std::size_t k = 0; k < lanes; ++k) {
      rank[k] = before[k] + 0.5 * (equal[k] + 1.0) - middle[k];
      before[k] += equal[k];
    }
    for (; begin < end; ++begin) ranks[order.events[begin]] = rank;
  }
}

/// Sum over the drawn events of the products of two deviations. They are multiples of 1/4, so the
/// sum is exact in any order.
Lanes products(const std::vector<Lanes>& a, const std::vector<Lanes>& b,
               const std::vector<std::size_t>& units, const Lanes* weights) {
  Lanes sum{};
  for (std::size_t event = 0; event < units.size(); ++event) {
    const Lanes& weight = weights[units[event]];
    for (std::size_t k = 0; k < lanes; ++k) sum[k] += weight[k] * (a[event][k] * b[event][k]);
  }
  return sum;
}

/// The correlations of the shared columns' pairs in every sample, [pair][sample].
std::vector<std::vector<Value>> sampled(const Shared& shared, const Samples& samples) {
  std::vector<Order> orders;
  orders.reserve(shared.numbers.size());
  for (const auto& numbers : shared.numbers) orders.push_back(order_of(numbers));
  std::vector<std::vector<Value>> result(shared.of.size());
  std::vector<std::vector<Lanes>> ranks(orders.size(), std::vector<Lanes>(shared.units.size()));
  std::vector<Lanes> squares(orders.size());
  for (std::size_t first = 0; first < samples.count; first += lanes) {
    const Lanes* const weights = samples.weights.data() + first / lanes * samples.units;
    Lanes events{};
    for (const std::size_t unit : shared.units) {
      for (std::size_t k = 0; k < lanes; ++k) events[k] += weights[unit][k];
    }
    Lanes middle{};
    for (std::size_t k = 0; k < lanes; ++k) middle[k] = 0.5 * (events[k] + 1.0);
    for (std::size_t column = 0; column < orders.size(); ++column) {
      put_ranks(orders[column], shared.units, weights, middle, ranks[column]);
      squares[column] = products(ranks[column], ranks[column], shared.units, weights);
    }
    for (std::size_t pair = 0; pair < shared.of.size(); ++pair) {
      const auto [a, b] = shared.of[pair];
      const Lanes both = products(ranks[a], ranks[b], shared.units, weights);
      for (std::size_t k = 0; k < std::min(lanes, samples.count - first); ++k) {
        const double norm = squares[a][k] * squares[b][k];
        result[pair].push_back(events[k] < 2.0 ? Value(Status::too_few_rows)
                               : norm == 0.0
                                   ? Value(Status::constant)
                                   : Value(std::clamp(both[k] / std::sqrt(norm), -1.0, 1.0)));
      }
    }
  }
  return result;
}

/// Pairs of columns, those with the same events together.
std::vector<Shared> shared_events(const EventColumns& events) {
  std::map<std::vector<bool>, Shared> by_events;
  const auto place = [&events](Shared& shared, std::size_t column,
                               const std::vector<bool>& defined) {
    const auto found = std::find(shared.columns.begin(), shared.columns.end(), column);
    if (found != shared.columns.end()) {
      return static_cast<std::size_t>(found - shared.columns.begin());
    }
    shared.columns.push_back(column);
    shared.numbers.emplace_back();
    for (std::size_t event = 0; event < defined.size(); ++event) {
      if (!defined[event]) continue;
      shared.numbers.back().push_back(events.columns[column][event].value());
    }
    return shared.columns.size() - 1;
  };
  std::size_t pair = 0;
  for (std::size_t i = 0; i < events.columns.size(); ++i) {
    for (std::size_t j = i + 1; j < events.columns.size(); ++j, ++pair) {
      std::vector<bool> defined;
      defined.reserve(events.units.size());
      for (std::size_t event = 0; event < events.units.size(); ++event) {
        defined.push_back(events.columns[i][event].ok() && events.columns[j][event].ok());
      }
      Shared& shared = by_events[defined];
      const std::size_t first = place(shared, i, defined);
      shared.of.emplace_back(first, place(shared, j, defined));
      shared.pairs.push_back(pair);
    }
  }
  std::vector<Shared> result;
  for (auto& [defined, shared] : by_events) {
    std::map<std::size_t, std::size_t> numbers;  // of the units, ascending
    for (std::size_t event = 0; event < defined.size(); ++event) {
      if (defined[event]) numbers[events.units[event]] = 0;
    }
    std::size_t next = 0;
    for (auto& [unit, number] : numbers) number = next++;
    for (std::size_t event = 0; event < defined.size(); ++event) {
      if (defined[event]) shared.units.push_back(numbers[events.units[event]]);
    }
    result.push_back(std::move(shared));
  }
  return result;
}

}  // namespace

std::vector<RankCorrelation> correlate_ranks(const EventColumns& events,
                                             const BootstrapOptions& options) {
  for (const auto& column : events.columns) {
    if (column.size() == events.units.size()) continue;
    throw std::invalid_argument("correlate_ranks: a column of " + std::to_string(column.size()) +
                                " values, expected " + std::to_string(events.units.size()));
  }
  if (options.resamples == 0) {
    throw std::invalid_argument("correlate_ranks: 0 resamples, expected at least 1");
  }
  const std::size_t count = events.columns.size();
  std::vector<RankCorrelation> result(count * (count - std::min<std::size_t>(count, 1)) / 2);
  std::map<std::size_t, Samples> drawn;  // by the number of units
  for (const Shared& shared : shared_events(events)) {
    const std::size_t units =
        shared.units.empty() ? 0 : *std::max_element(shared.units.begin(), shared.units.end()) + 1;
    auto found = drawn.find(units);
    if (found == drawn.end()) found = drawn.emplace(units, draw_samples(units, options)).first;
    const auto values = sampled(shared, found->second);
    for (std::size_t k = 0; k < values.size(); ++k) {
      const std::span<const Value> all = values[k];
      RankCorrelation& to = result[shared.pairs[k]];
      to.events = shared.units.size();
      // As bootstrap() does: nothing is drawn where there can be no interval.
      to.estimate = all.size() == 1 || !all.front().ok()
                        ? percentile_estimate(all.front(), {}, units, options)
                        : bca_estimate(all.front(), all.subspan(1, options.resamples),
                                       all.subspan(1 + options.resamples), units, options);
    }
  }
  return result;
}

}  // namespace phiscope::analyze::loo
