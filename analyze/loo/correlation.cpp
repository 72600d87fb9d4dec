// SPDX-License-Identifier: MIT
#include "loo/analysis.hpp"

#include <phiscope/bootstrap.hpp>
#include <phiscope/rank_correlation.hpp>

#include <span>

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
      const auto of_drawn = [&paired](std::span<const std::size_t> drawn) {
        std::vector<const PairedEvents*> sample;
        sample.reserve(drawn.size());
        for (const std::size_t context : drawn) sample.push_back(&paired[context]);
        return correlation_of(sample);
      };
      result.estimate =
          bootstrap(paired.size(), of_drawn,
                    {.resamples = options.resamples, .seed = options.seed, .covers = "walks"});
      results.push_back(result);
    }
  }
  return results;
}

}  // namespace phiscope::analyze::loo
