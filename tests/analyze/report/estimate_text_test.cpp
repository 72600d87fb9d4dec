// SPDX-License-Identifier: MIT
#include "report/estimate_text.hpp"

#include "catch.hpp"

using namespace phiscope;
using namespace phiscope::report;

TEST_CASE("an estimate is told with its interval, or without one", "[estimate_text]") {
  CHECK(estimate_text({.value = 0.63, .low = 0.6, .high = 0.6649}) == "0.630 [0.600, 0.665]");
  CHECK(estimate_text({.value = 0.63, .low = Status::unstable, .high = 0.66}) == "0.630");
  CHECK(estimate_text({.value = Status::no_pairs, .low = 0.1, .high = 0.2}) ==
        "undefined (no_pairs)");
  CHECK(value_text(Status::constant) == "undefined (constant)");
  CHECK(percent_text(0.125) == "12.5 %");
  CHECK(short_text(1234.5) == "1234");
}
