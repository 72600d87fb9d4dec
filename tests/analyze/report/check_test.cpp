// SPDX-License-Identifier: MIT
#include "report/check.hpp"

#include "catch.hpp"

namespace phiscope::report::check_test {

TEST_CASE("a check says its name, its outcome and what decides it", "[check]") {
  CHECK(check_line({.name = "all pairs done", .outcome = outcome_of(true), .found = "6 of 6"}) ==
        "Check: all pairs done: passed (6 of 6).");
  CHECK(check_line({.name = "no NaN", .outcome = outcome_of(false), .found = "2 of 7"}) ==
        "Check: no NaN: failed (2 of 7).");
  CHECK(check_line({.name = "memory", .found = "unknown"}) ==
        "Check: memory: not checked (unknown).");
}

}  // namespace phiscope::report::check_test
