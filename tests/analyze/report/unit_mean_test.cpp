// SPDX-License-Identifier: MIT
#include "report/unit_mean.hpp"

#include "catch.hpp"

#include <vector>

namespace phiscope::report::unit_mean_test {

namespace {

UnitMean mean(const std::vector<Value>& values) {
  return unit_mean(values, {.resamples = 50, .seed = 3, .covers = "problems"});
}

}  // namespace

TEST_CASE("a mean is over the units that have a value, and counts the others", "[unit_mean]") {
  const UnitMean found =
      mean({1.0, Status::no_gap, 2.0, 6.0, Status::nonfinite, Status::no_gap, 3.0, 4.0});
  CHECK(found.mean.value == Value(16.0 / 5.0));
  CHECK(found.mean.units == 5);
  CHECK(found.mean.covers == "problems");
  CHECK(found.mean.low.value() < 3.2);
  CHECK(found.mean.high.value() > 3.2);
  CHECK(found.count == 8);
  CHECK(found.defined() == 5);
  CHECK(found.undefined ==
        std::map<Status, std::size_t>{{Status::no_gap, 2}, {Status::nonfinite, 1}});
}

TEST_CASE("without a value the mean has the reason that all units share", "[unit_mean]") {
  const UnitMean one = mean({Status::no_gap, Status::no_gap});
  CHECK(one.mean.value == Value(Status::no_gap));
  CHECK(one.mean.low == Value(Status::no_gap));
  CHECK(one.mean.high == Value(Status::no_gap));
  CHECK(one.defined() == 0);
  CHECK(mean({Status::no_gap, Status::nonfinite}).mean.value == Value(Status::too_few_rows));
  CHECK(mean({}).mean.value == Value(Status::too_few_rows));
}

}  // namespace phiscope::report::unit_mean_test
