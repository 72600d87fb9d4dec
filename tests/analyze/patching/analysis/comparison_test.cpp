// SPDX-License-Identifier: MIT
#include "patching/analysis/comparison.hpp"

#include "analyze/patching/made_up_patching.hpp"
#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace phiscope::analyze::patching::comparison_test {

using test::analyzed_patching;
using test::first_patching;
using test::second_patching;

namespace {

const Options quick = {.resamples = 20, .sign_flips = 100, .seed = 1, .threads = 1};

}  // namespace

TEST_CASE("runs are compared at the sites and pairs that both have, matched by name and id",
          "[comparison]") {
  const std::vector<Result> results = {analyzed_patching(first_patching(), "clean"),
                                       analyzed_patching(second_patching(), "noise")};
  const Patching& first = results[0].data;
  const Patching& other = results[1].data;
  const auto all = compare(results, quick);
  // Common: mode rerun, set single, layer 1, three steps; pairs 3, 8, 9 and 11.
  REQUIRE(all.size() == 3 * compared.size());
  CHECK(common_pairs(results[0], results[1]) == 4);
  const std::vector<std::pair<std::size_t, std::size_t>> pairs = {{0, 0}, {2, 1}, {3, 2}, {4, 3}};
  std::set<std::pair<std::size_t, Measure>> seen;
  for (const Comparison& each : all) {
    const Site& site = first.sites[each.site];
    CHECK(each.run == 1);
    CHECK(first.modes[site.mode] == "rerun");
    CHECK(first.sets[site.set] == "single");
    CHECK(site.layer == 1);
    seen.insert({each.site, each.measure});
    const auto there =
        std::find(other.sites.begin(), other.sites.end(),
                  Site{.mode = 0, .set = 1, .layer = 1, .head = 0, .step = site.step});
    REQUIRE(there != other.sites.end());
    double sum = 0.0;
    double least = 1e300;
    for (const auto& [i, j] : pairs) {
      const auto at = static_cast<std::size_t>(there - other.sites.begin());
      const double away = results[0].measured[i][each.site][each.measure].value() -
                          results[1].measured[j][at][each.measure].value();
      sum += away;
      least = std::min(least, std::abs(away));
    }
    CHECK(each.difference.count == 4);
    CHECK(each.difference.mean.value.value() == Approx(sum / 4.0).margin(1e-15));
    CHECK(each.difference.mean.low.status() == Status::few_units);
    if (least > 1e-12) CHECK(each.test.least_p == Approx(2.0 / 16.0));
  }
  CHECK(seen.size() == all.size());
}

TEST_CASE("a run compared with itself differs nowhere", "[comparison]") {
  const Result one = analyzed_patching({}, "run");
  const auto all = compare({one, one, one}, quick);
  CHECK(all.size() == 2 * 8 * compared.size());
  for (const Comparison& each : all) {
    CHECK(each.difference.mean.value == Value(0.0));
    CHECK(each.test.p == Value(1.0));
    CHECK(each.test.p_max == Value(1.0));
  }
  CHECK(all.back().run == 2);
  CHECK(common_pairs(one, one) == 6);
  CHECK(compare({one}, quick).empty());
}

TEST_CASE("a run per head has no site in common with one of whole layers", "[comparison]") {
  test::SyntheticPatching heads;
  heads.heads = 1;
  CHECK(compare({analyzed_patching({}, "a"), analyzed_patching(heads, "b")}, quick).empty());
}

}  // namespace phiscope::analyze::patching::comparison_test
