// SPDX-License-Identifier: MIT
#include "loo/analysis/aggregate.hpp"

#include "catch.hpp"

using phiscope::Status;
using phiscope::Value;
using phiscope::analyze::loo::Aggregate;
using phiscope::analyze::loo::aggregate;

namespace {

std::int64_t count_of(const Aggregate& found, Status reason) {
  for (std::size_t i = 0; i < phiscope::analyze::loo::reasons.size(); ++i) {
    if (phiscope::analyze::loo::reasons[i] == reason) return found.undefined[i];
  }
  return -1;
}

}  // namespace

TEST_CASE("an aggregate counts what is undefined and leaves it out", "[aggregate]") {
  const std::vector<Value> values = {1.0, Status::no_cross_pairs, 2.0,
                                     6.0, Status::nonfinite,      Status::no_cross_pairs};
  const Aggregate found = aggregate(values, {0, 0, 1, 1, 2, 2}, {});
  CHECK(found.mean.value == Value(3.0));
  CHECK(found.median == Value(2.0));
  CHECK(found.sd.value() == Approx(std::sqrt(7.0)));
  CHECK(found.events == 6);
  CHECK(found.defined == 3);
  CHECK(found.contexts() == 2);
  CHECK(count_of(found, Status::no_cross_pairs) == 2);
  CHECK(count_of(found, Status::nonfinite) == 1);
  CHECK(count_of(found, Status::constant) == 0);
  CHECK(phiscope::analyze::loo::main_reason(found) == Status::no_cross_pairs);
}

TEST_CASE("an aggregate of nothing has no number and no reason", "[aggregate]") {
  const Aggregate found = aggregate({}, {}, {});
  CHECK(found.mean.value == Value(Status::too_few_rows));
  CHECK(found.events == 0);
  CHECK(phiscope::analyze::loo::main_reason(found) == Status::ok);
}

TEST_CASE("one number has a mean and a median but no sd and no interval", "[aggregate]") {
  const Aggregate found = aggregate({4.0}, {7}, {});
  CHECK(found.mean.value == Value(4.0));
  CHECK(found.median == Value(4.0));
  CHECK(found.sd == Value(Status::too_few_rows));
  CHECK(found.mean.low == Value(Status::few_units));
}

TEST_CASE("an interval resamples contexts, not events", "[aggregate]") {
  // Ten equal events in each of six contexts, which are the units: six numbers, not sixty.
  std::vector<Value> values;
  std::vector<std::int64_t> contexts;
  for (std::int64_t context = 0; context < 6; ++context) {
    values.insert(values.end(), 10, Value(context % 2 == 0 ? 0.0 : 1.0));
    contexts.insert(contexts.end(), 10, context);
  }
  const Aggregate found = aggregate(values, contexts, {.resamples = 500});
  CHECK(found.mean.value == Value(0.5));
  // scipy.stats.t.interval(0.95, 5, 0.5, scipy.stats.sem([0, 1, 0, 1, 0, 1]))
  CHECK(found.mean.low.value() == Approx(-0.07479957).epsilon(1e-6));
  CHECK(found.mean.high.value() == Approx(1.07479957).epsilon(1e-6));
}

TEST_CASE("every reason that the metrics of loo can give has a column", "[aggregate]") {
  for (const Status reason : {Status::no_cross_pairs, Status::no_within_pairs, Status::no_edges,
                              Status::too_few_rows, Status::constant, Status::nonfinite}) {
    const Aggregate found = aggregate({Value(reason)}, {0}, {});
    CHECK(count_of(found, reason) == 1);
    CHECK(phiscope::analyze::loo::main_reason(found) == reason);
  }
  CHECK_THROWS_WITH(aggregate({Value(Status::zero_norm)}, {0}, {}), Contains("has no column"));
}
