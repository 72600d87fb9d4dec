// SPDX-License-Identifier: MIT
#include "report/estimate_text.hpp"

#include "catch.hpp"

using namespace phiscope;
using namespace phiscope::report;

namespace {

const Estimate walks{.value = 0.63,
                     .low = 0.6,
                     .high = 0.6649,
                     .units = 20,
                     .draws = 1000,
                     .undefined_draws = 3,
                     .method = "studentised",
                     .covers = "walks"};

}  // namespace

TEST_CASE("an estimate is told with its interval and what that covers", "[estimate_text]") {
  CHECK(estimate_text(walks) == "0.630 [0.600, 0.665] (95 %, 20 walks)");
  CHECK(bracket_text(walks) == "0.630 [0.600, 0.665]");
  CHECK(units_text(walks) == "95 %, 20 walks");
  CHECK(no_interval_text(walks).empty());
  Estimate narrow = walks;
  narrow.confidence = 0.9;
  narrow.covers = {};
  CHECK(units_text(narrow) == "90 %, 20 units");
}

TEST_CASE("an estimate without an interval says why", "[estimate_text]") {
  Estimate few = walks;
  few.units = 4;
  few.low = few.high = Status::few_units;
  CHECK(estimate_text(few) == "0.630 (no interval: 4 walks, expected at least 5)");
  few.units = 1;
  CHECK(estimate_text(few) == "0.630 (no interval: 1 walk, expected at least 5)");
  CHECK(bracket_text(few) == "0.630");
  Estimate unstable = walks;
  unstable.undefined_draws = 67;
  unstable.low = unstable.high = Status::unstable;
  CHECK(estimate_text(unstable) == "0.630 (no interval: 67 of 1000 resamples undefined)");
  unstable.undefined_draws = 0;
  CHECK(estimate_text(unstable) == "0.630 (no interval: unstable)");
  Estimate half = walks;
  half.high = Status::nonfinite;
  CHECK(estimate_text(half) == "0.630 (no interval: nonfinite)");
  Estimate none = walks;
  none.value = Status::no_pairs;
  CHECK(estimate_text(none) == "undefined (no_pairs)");
  CHECK(bracket_text(none) == "undefined (no_pairs)");
}

TEST_CASE("numbers are told with three digits", "[estimate_text]") {
  CHECK(value_text(Status::constant) == "undefined (constant)");
  CHECK(percent_text(0.125) == "12.5 %");
  CHECK(short_text(1234.5) == "1234");
}

TEST_CASE("a table says what an interval is made of", "[estimate_text]") {
  CHECK(interval_columns() == std::vector<std::string>{"ci_low", "ci_high", "ci_units", "ci_covers",
                                                       "ci_method", "ci_draws",
                                                       "ci_undefined_draws", "ci_status"});
  CHECK(interval_cells(walks) == std::vector<Cell>{0.6, 0.6649, std::int64_t{20}, "walks",
                                                   "studentised", std::int64_t{1000},
                                                   std::int64_t{3}, "ok"});
  Estimate few = walks;
  few.low = few.high = Status::few_units;
  few.method = {};
  CHECK(interval_cells(few) == std::vector<Cell>{Undefined{"few_units"}, Undefined{"few_units"},
                                                 std::int64_t{20}, "walks", "", std::int64_t{1000},
                                                 std::int64_t{3}, "few_units"});
}
