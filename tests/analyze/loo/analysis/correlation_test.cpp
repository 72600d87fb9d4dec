// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "loo/analysis/analysis.hpp"

#include <phiscope/rank_correlation.hpp>

using namespace phiscope::analyze::loo;
using phiscope::ClusterStructure;
using phiscope::Status;
using phiscope::Value;

namespace {

/// A context with one layer whose influences are given: ratio i, energy e, cross c, within w.
ContextMeasures context_of(const std::vector<std::array<double, 4>>& influences) {
  ContextMeasures context;
  context.full = {{.ratio = 0.0, .cross = 0.0, .within = 0.0, .energy = 0.0}};
  for (const auto& [ratio, energy, cross, within] : influences) {
    Event event;
    event.without = {{.ratio = -ratio, .cross = -cross, .within = -within, .energy = energy}};
    context.events.push_back(event);
  }
  return context;
}

}  // namespace

TEST_CASE("influences are correlated over the events of all contexts", "[correlation]") {
  const ContextMeasures a = context_of({{1, 2, 3, -1}, {2, 4, 1, -2}});
  const ContextMeasures b = context_of({{3, 9, 2, -3}, {4, 8, 0, -4}});
  const auto found = correlate({&a, &b}, 0, {.resamples = 50});
  REQUIRE(found.size() == metric_pairs);
  CHECK(found[0].first == Metric::ratio);
  CHECK(found[0].second == Metric::energy);
  const std::vector<double> ratio = {1, 2, 3, 4};
  const std::vector<double> energy = {2, 4, 9, 8};
  CHECK(found[0].estimate.value == phiscope::rank_correlation(ratio, energy));
  CHECK(found[0].events == 4);
  CHECK(found[0].contexts == 2);
  CHECK(found[2].estimate.value == Value(-1.0));             // ratio and within
  CHECK(found[2].estimate.low == Value(Status::few_units));  // two contexts
  const auto five = correlate({&a, &b, &a, &b, &a}, 0, {.resamples = 50});
  CHECK(five[2].estimate.low == Value(-1.0));
  CHECK(five[2].estimate.high == Value(-1.0));
}

TEST_CASE("an event counts only if both influences are defined", "[correlation]") {
  ContextMeasures context = context_of({{1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}});
  context.events[1].without[0].ratio = Status::no_cross_pairs;
  const auto found = correlate({&context}, 0, {.resamples = 50});
  CHECK(found[0].events == 2);
  CHECK(found[5].events == 3);
  CHECK(found[0].estimate.value.ok());
  CHECK(found[0].estimate.low == Value(Status::few_units));  // one context: no interval
}

TEST_CASE("influences that are all equal have no correlation", "[correlation]") {
  const ContextMeasures a = context_of({{1, 5, 1, 1}, {2, 5, 2, 2}});
  const ContextMeasures b = context_of({{4, 5, 1, 1}, {3, 5, 2, 2}});
  const auto found = correlate({&a, &b}, 0, {.resamples = 50});
  CHECK(found[0].estimate.value == Value(Status::constant));
  CHECK(correlate({}, 0, {})[0].estimate.value == Value(Status::too_few_rows));
}

TEST_CASE("an interval of a correlation holds it and depends on the seed alone", "[correlation]") {
  std::mt19937_64 engine(3);
  const auto draw = [&engine] { return static_cast<double>(engine() >> 11U) * 0x1p-53; };
  std::vector<ContextMeasures> contexts;
  for (int i = 0; i < 8; ++i) {
    std::vector<std::array<double, 4>> influences;
    for (int j = 0; j < 10; ++j) {
      const double x = draw();
      influences.push_back({x, x + draw(), draw(), draw()});
    }
    contexts.push_back(context_of(influences));
  }
  std::vector<const ContextMeasures*> all;
  for (const auto& context : contexts) all.push_back(&context);
  const Correlation found = correlate(all, 0, {.resamples = 400, .seed = 1})[0];
  CHECK(found.estimate.low.value() < found.estimate.value.value());
  CHECK(found.estimate.high.value() > found.estimate.value.value());
  CHECK(found.estimate.low.value() > 0.0);
  CHECK(correlate(all, 0, {.resamples = 400, .seed = 1})[0].estimate.low == found.estimate.low);
  CHECK_FALSE(correlate(all, 0, {.resamples = 400, .seed = 2})[0].estimate.low ==
              found.estimate.low);
}
