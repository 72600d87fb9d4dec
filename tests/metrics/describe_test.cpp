// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/describe.hpp>

#include <cmath>
#include <vector>

using phiscope::describe;
using phiscope::Description;
using phiscope::Status;
using phiscope::Value;

TEST_CASE("mean, deviation and median of a few numbers", "[describe]") {
  const Description found = describe(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9});
  CHECK(found.count == 8);
  CHECK(found.mean == Value(5.0));
  CHECK(found.standard_deviation.value() == Approx(std::sqrt(32.0 / 7.0)).epsilon(1e-15));
  CHECK(found.median == Value(4.5));
  CHECK(describe(std::vector<double>{3, 1, 2}).median == Value(2.0));
}

TEST_CASE("the deviation does not drown in a large mean", "[describe]") {
  const Description found = describe(std::vector<double>{1e9 + 1, 1e9 + 2, 1e9 + 3});
  CHECK(found.mean == Value(1e9 + 2));
  CHECK(found.standard_deviation == Value(1.0));
}

TEST_CASE("few or broken numbers have no deviation", "[describe]") {
  const Description none = describe({});
  CHECK(none.mean == Value(Status::too_few_rows));
  CHECK(none.median == Value(Status::too_few_rows));
  const Description one = describe(std::vector<double>{4});
  CHECK(one.mean == Value(4.0));
  CHECK(one.median == Value(4.0));
  CHECK(one.standard_deviation == Value(Status::too_few_rows));
  const Description broken = describe(std::vector<double>{4, std::nan("")});
  CHECK(broken.count == 2);
  CHECK(broken.mean == Value(Status::nonfinite));
  CHECK(broken.standard_deviation == Value(Status::nonfinite));
  CHECK(broken.median == Value(Status::nonfinite));
}
