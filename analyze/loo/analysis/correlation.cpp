// SPDX-License-Identifier: MIT
#include "loo/analysis/analysis.hpp"
#include "loo/analysis/rank_draws.hpp"

namespace phiscope::analyze::loo {

std::vector<Correlation> correlate(const std::vector<const ContextMeasures*>& contexts,
                                   std::size_t layer, const Options& options) {
  EventColumns events;
  events.columns.resize(metrics.size());
  for (std::size_t context = 0; context < contexts.size(); ++context) {
    const ContextMeasures& measures = *contexts[context];
    for (const Event& event : measures.events) {
      events.units.push_back(context);
      for (std::size_t metric = 0; metric < metrics.size(); ++metric) {
        events.columns[metric].push_back(
            influence(measures.full[layer], event.without[layer], metrics[metric]));
      }
    }
  }
  const auto found = correlate_ranks(
      events, {.resamples = options.resamples, .seed = options.seed, .covers = "walks"});
  std::vector<Correlation> results;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    for (std::size_t j = i + 1; j < metrics.size(); ++j) {
      const RankCorrelation& pair = found[results.size()];
      results.push_back({.first = metrics[i],
                         .second = metrics[j],
                         .estimate = pair.estimate,
                         .events = static_cast<std::int64_t>(pair.events),
                         .contexts = static_cast<std::int64_t>(pair.estimate.units)});
    }
  }
  return results;
}

}  // namespace phiscope::analyze::loo
