// SPDX-License-Identifier: MIT
#include "ablation/analysis/curve.hpp"

#include "catch.hpp"

#include <vector>

using namespace phiscope::analyze::ablation;
using Numbers = std::vector<double>;

namespace {

/// Two prompts, the second three times the first.
const Curve curve{.removed = {0, 2, 4, 8}, .kl = {0, 0, 1, 3, 2, 6, 10, 30}, .prompts = 2};

}  // namespace

TEST_CASE("a curve is read off by straight lines and nowhere else", "[curve]") {
  CHECK(values_at(curve, 0) == Numbers{0, 0});
  CHECK(values_at(curve, 4) == Numbers{2, 6});
  CHECK(values_at(curve, 3) == Numbers{1.5, 4.5});
  CHECK(values_at(curve, 5) == Numbers{4, 12});
  CHECK(values_at(curve, 8) == Numbers{10, 30});
  CHECK_THROWS_WITH(values_at(curve, 8.5), Contains("does not reach 8.5"));
  CHECK_THROWS(values_at(curve, -1));
}

TEST_CASE("the area is over the fraction of heads, whole or in part", "[curve]") {
  // Trapezoids by hand: 2 * 0.5 + 2 * 1.5 + 4 * 6 = 28 over 8 heads.
  CHECK(areas(curve, {0, 8}, 8) == Numbers{3.5, 10.5});
  CHECK(areas(curve, {0, 8}, 16) == Numbers{1.75, 5.25});  // half of the model's heads
  CHECK(areas(curve, {2, 4}, 8) == Numbers{0.375, 1.125});
  CHECK(areas(curve, {3, 5}, 8)[0] == Approx((1.75 + 3.0) / 8));  // both ends between points
  const double whole = areas(curve, {0, 3}, 8)[1] + areas(curve, {3, 8}, 8)[1];
  CHECK(whole == Approx(10.5));
  CHECK_THROWS(areas(curve, {4, 4}, 8));
  CHECK_THROWS(areas(curve, {0, 9}, 8));
}

TEST_CASE("means of curves are taken prompt by prompt", "[curve]") {
  const Curve other{.removed = {0, 8}, .kl = {2, 4, 10, 20}, .prompts = 2};
  const std::vector<const Curve*> both = {&curve, &other};
  CHECK(mean_values_at(both, 4) == Numbers{4, 9});  // (2 + 6) / 2, (6 + 12) / 2
  CHECK(mean_by_prompt({{1, 2}, {3, 6}, {5, 1}}) == Numbers{3, 3});
}
