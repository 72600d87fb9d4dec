// SPDX-License-Identifier: MIT
#include "loo/analysis/rank_draws.hpp"

#include "catch.hpp"

#include <phiscope/bootstrap.hpp>
#include <phiscope/rank_correlation.hpp>

#include <random>
#include <set>
#include <span>

using namespace phiscope::analyze::loo;
using phiscope::BootstrapOptions;
using phiscope::Estimate;
using phiscope::Status;
using phiscope::Value;

namespace {

/// Sorts in every resample: the events of the drawn units one after another.
Estimate slow_estimate(const EventColumns& events, std::size_t i, std::size_t j,
                       const BootstrapOptions& options) {
  std::set<std::size_t> ids;
  const auto is_defined = [&](std::size_t event) {
    return events.columns[i][event].ok() && events.columns[j][event].ok();
  };
  for (std::size_t event = 0; event < events.units.size(); ++event) {
    if (is_defined(event)) ids.insert(events.units[event]);
  }
  const std::vector<std::size_t> units(ids.begin(), ids.end());
  const auto of_drawn = [&](std::span<const std::size_t> drawn) {
    std::vector<double> x, y;
    for (const std::size_t unit : drawn) {
      for (std::size_t event = 0; event < events.units.size(); ++event) {
        if (events.units[event] != units[unit] || !is_defined(event)) continue;
        x.push_back(events.columns[i][event].value());
        y.push_back(events.columns[j][event].value());
      }
    }
    return phiscope::rank_correlation(x, y);
  };
  return phiscope::bootstrap(units.size(), of_drawn, options);
}

void expect_same(const Estimate& found, const Estimate& expected) {
  CHECK(found.value == expected.value);
  CHECK(found.low == expected.low);
  CHECK(found.high == expected.high);
  CHECK(found.units == expected.units);
  CHECK(found.draws == expected.draws);
  CHECK(found.undefined_draws == expected.undefined_draws);
  CHECK(found.method == expected.method);
  CHECK(found.covers == expected.covers);
  CHECK(found.confidence == expected.confidence);
}

/// Units of different sizes in a mixed order, columns with ties and gaps.
EventColumns drawn_events(std::size_t units, std::size_t count, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  EventColumns events;
  events.columns.resize(4);
  for (std::size_t event = 0; event < count; ++event) {
    events.units.push_back(7 * (engine() % units) + 3);
    const auto base = static_cast<double>(engine() % 1000);
    events.columns[0].push_back(base);
    events.columns[1].push_back(engine() % 5 == 0 ? Value(Status::constant) : Value(-base));
    events.columns[2].push_back(static_cast<double>(engine() % 4));
    events.columns[3].push_back(base + static_cast<double>(engine() % 300));
  }
  return events;
}

}  // namespace

TEST_CASE("counts over one order give the bits of sorting in every resample", "[rank_draws]") {
  for (const std::size_t units : {3U, 5U, 9U, 26U}) {
    const EventColumns events = drawn_events(units, 60, units);
    const BootstrapOptions options{
        .resamples = 131, .confidence = 0.9, .seed = 17 + units, .covers = "walks"};
    const auto found = correlate_ranks(events, options);
    REQUIRE(found.size() == 6);
    std::size_t pair = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = i + 1; j < 4; ++j, ++pair) {
        INFO(units << " units, columns " << i << " and " << j);
        expect_same(found[pair].estimate, slow_estimate(events, i, j, options));
      }
    }
    std::size_t defined = 0;
    for (const Value& value : events.columns[1]) defined += value.ok() ? 1U : 0U;
    CHECK(found[0].events == defined);
    CHECK(found[1].events == 60);
  }
}

TEST_CASE("resamples without a correlation are counted", "[rank_draws]") {
  EventColumns events;  // one unit decides: without it the second column never changes
  events.columns.resize(2);
  for (std::size_t unit = 0; unit < 6; ++unit) {
    events.units.push_back(unit);
    events.columns[0].push_back(static_cast<double>(unit));
    events.columns[1].push_back(unit == 2 ? 1.0 : 0.0);
  }
  const BootstrapOptions options{.resamples = 200, .seed = 1};
  const auto found = correlate_ranks(events, options);
  CHECK(found[0].estimate.undefined_draws > 20);
  CHECK(found[0].estimate.low == Value(Status::unstable));
  expect_same(found[0].estimate, slow_estimate(events, 0, 1, options));
}

TEST_CASE("no event, one column and columns without a common event have no correlation",
          "[rank_draws]") {
  const auto none = correlate_ranks({.columns = {{}, {}}, .units = {}}, {});
  REQUIRE(none.size() == 1);
  CHECK(none[0].estimate.value == Value(Status::too_few_rows));
  CHECK(none[0].estimate.units == 0);
  CHECK(correlate_ranks({.columns = {{1.0}}, .units = {0}}, {}).empty());
  CHECK(correlate_ranks({.columns = {}, .units = {}}, {}).empty());
  const Value gap = Status::constant;
  const auto apart =
      correlate_ranks({.columns = {{1.0, gap}, {gap, 1.0}}, .units = {0, 1}}, {.resamples = 3});
  CHECK(apart[0].events == 0);
  CHECK(apart[0].estimate.value == Value(Status::too_few_rows));
  const auto constant =
      correlate_ranks({.columns = {{1.0, 1.0}, {2.0, 1.0}}, .units = {0, 1}}, {.resamples = 3});
  CHECK(constant[0].estimate.value == Value(Status::constant));
}

TEST_CASE("columns that do not fit, and no resample, are refused", "[rank_draws]") {
  CHECK_THROWS_WITH(correlate_ranks({.columns = {{1.0}}, .units = {0, 1}}, {}),
                    "correlate_ranks: a column of 1 values, expected 2");
  CHECK_THROWS_WITH(correlate_ranks({.columns = {{1.0}}, .units = {0}}, {.resamples = 0}),
                    "correlate_ranks: 0 resamples, expected at least 1");
}
