// SPDX-License-Identifier: MIT
#include "ablation/analysis/null.hpp"

#include "catch.hpp"

#include <cmath>
#include <vector>

using namespace phiscope::analyze::ablation;
using phiscope::Status;
using phiscope::Value;
using Numbers = std::vector<double>;

TEST_CASE("the p-value is the rank of the order among random ones", "[null]") {
  const Numbers random = {1, 2, 3, 4};
  const RandomNull middle = compare_with_random(2.5, random);
  CHECK(middle.orders == 4);
  CHECK(middle.above == 2);
  CHECK(middle.below == 2);
  CHECK(middle.p_more == Value(3.0 / 5));
  CHECK(middle.p_less == Value(3.0 / 5));
  CHECK(middle.least_p == Value(1.0 / 5));
  CHECK(middle.mean == Value(2.5));
  CHECK(middle.sd.value() == Approx(std::sqrt(5.0 / 3)));
  CHECK(middle.z == Value(0.0));
  const RandomNull most = compare_with_random(9.0, random);
  CHECK(most.p_more == Value(1.0 / 5));
  CHECK(most.p_less == Value(1.0));
  CHECK(most.z.value() == Approx(6.5 / std::sqrt(5.0 / 3)));
  const RandomNull equal = compare_with_random(4.0, random);  // a draw counts for both sides
  CHECK(equal.p_more == Value(2.0 / 5));
  CHECK(equal.p_less == Value(1.0));
}

TEST_CASE("few random orders leave the test undefined", "[null]") {
  const RandomNull none = compare_with_random(1.0, {});
  CHECK(none.p_more == Value(Status::too_few_rows));
  CHECK(none.mean == Value(Status::too_few_rows));
  const RandomNull one = compare_with_random(1.0, Numbers{2});
  CHECK(one.p_less == Value(0.5));
  CHECK(one.sd == Value(Status::too_few_rows));
  CHECK(one.z == Value(Status::too_few_rows));
  CHECK(compare_with_random(1.0, Numbers{2, 2}).z == Value(Status::constant));
}

TEST_CASE("how many random orders are needed, against counting up", "[null]") {
  CHECK(random_orders_needed(40.0) == 20);  // 1 / 20 is not below 0.05
  CHECK(random_orders_needed(40.0, 0.01) == 100);
  CHECK_FALSE(random_orders_needed(1.6).has_value());
  CHECK_FALSE(random_orders_needed(0.0).has_value());
  for (const double z : {1.7, -1.9, 2.0, -2.5, 3.0, 5.0}) {
    CAPTURE(z);
    const double tail = 0.5 * std::erfc(std::abs(z) / std::sqrt(2.0));
    std::int64_t n = 1;
    while ((1.0 + static_cast<double>(n) * tail) / (1.0 + static_cast<double>(n)) >= 0.05) ++n;
    CHECK(random_orders_needed(z) == n);
  }
}

TEST_CASE("points above the random mean and their ranges", "[null]") {
  const Numbers removed = {0, 2, 4, 6, 8, 10};
  const Numbers random = {0, 1, 2, 3, 4, 5};
  const AbovePoints found = points_above(removed, Numbers{9, 2, 2.5, 3, 7, 5}, random);
  CHECK(found.compared == 5);  // nothing is removed at the first point
  CHECK(found.above == 3);
  REQUIRE(found.ranges.size() == 2);
  CHECK(found.ranges[0].from == 2);
  CHECK(found.ranges[0].to == 4);
  CHECK(found.ranges[0].points == 2);
  CHECK(found.ranges[0].excess == Approx(0.75));
  CHECK(found.ranges[1].from == 8);
  CHECK(found.ranges[1].to == 8);
  CHECK(found.ranges[1].excess == Approx(3.0));
  // Rounding is not damage.
  CHECK(points_above(Numbers{1}, Numbers{5.0 * (1 + 1e-12)}, Numbers{5}).above == 0);
  CHECK(points_above(Numbers{1}, Numbers{5.0 * (1 + 1e-6)}, Numbers{5}).above == 1);
  CHECK_THROWS_WITH(points_above(Numbers{1}, Numbers{}, Numbers{1}), Contains("lengths 1, 0 and"));
}
