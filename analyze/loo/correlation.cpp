// SPDX-License-Identifier: MIT
#include "loo/analysis.hpp"

#include <phiscope/random.hpp>
#include <phiscope/rank_correlation.hpp>

#include <algorithm>
#include <cmath>
#include <random>

namespace phiscope::analyze::loo {
namespace {

/// Influences of two metrics in one context, for the events where both are defined.
struct PairedEvents {
  std::vector<double> first;
  std::vector<double> second;
};

PairedEvents paired_events(const ContextMeasures& context, std::size_t layer, Metric first,
                           Metric second) {
  PairedEvents result;
  for (const Event& event : context.events) {
    const Value a = influence(context.full[layer], event.without[layer], first);
    const Value b = influence(context.full[layer], event.without[layer], second);
    if (!a.ok() || !b.ok()) continue;
    result.first.push_back(a.value());
    result.second.push_back(b.value());
  }
  return result;
}

Value correlation_of(const std::vector<const PairedEvents*>& contexts) {
  PairedEvents all;
  for (const PairedEvents* context : contexts) {
    all.first.insert(all.first.end(), context->first.begin(), context->first.end());
    all.second.insert(all.second.end(), context->second.begin(), context->second.end());
  }
  return rank_correlation(all.first, all.second);
}

/// Quantile of ascending numbers, linear between neighbours.
double quantile(const std::vector<double>& numbers, double p) {
  const double place = p * static_cast<double>(numbers.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, numbers.size() - 1);
  return numbers[below] + (place - std::floor(place)) * (numbers[above] - numbers[below]);
}

/// Percentile interval that resamples contexts. Draws without a correlation (all events equal) are
/// left out; when they are the majority there is no interval.
void add_interval(const std::vector<PairedEvents>& contexts, const Options& options,
                  Correlation& result) {
  std::mt19937_64 engine(options.seed);
  std::vector<double> drawn;
  for (std::size_t i = 0; i < options.resamples; ++i) {
    std::vector<const PairedEvents*> sample(contexts.size());
    for (auto& context : sample) context = &contexts[uniform_below(engine, contexts.size())];
    const Value value = correlation_of(sample);
    if (value.ok()) drawn.push_back(value.value());
  }
  if (drawn.size() * 2 <= options.resamples) return;
  std::sort(drawn.begin(), drawn.end());
  result.low = quantile(drawn, 0.025);
  result.high = quantile(drawn, 0.975);
}

}  // namespace

std::vector<Correlation> correlate(const std::vector<const ContextMeasures*>& contexts,
                                   std::size_t layer, const Options& options) {
  std::vector<Correlation> results;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    for (std::size_t j = i + 1; j < metrics.size(); ++j) {
      Correlation result;
      result.first = metrics[i];
      result.second = metrics[j];
      std::vector<PairedEvents> paired;
      for (const ContextMeasures* context : contexts) {
        PairedEvents events = paired_events(*context, layer, metrics[i], metrics[j]);
        result.events += static_cast<std::int64_t>(events.first.size());
        if (!events.first.empty()) paired.push_back(std::move(events));
      }
      result.contexts = static_cast<std::int64_t>(paired.size());
      std::vector<const PairedEvents*> all;
      all.reserve(paired.size());
      for (const PairedEvents& events : paired) all.push_back(&events);
      result.value = correlation_of(all);
      if (result.value.ok() && paired.size() > 1) add_interval(paired, options, result);
      results.push_back(result);
    }
  }
  return results;
}

}  // namespace phiscope::analyze::loo
