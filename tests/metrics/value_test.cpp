// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/value.hpp>

#include <limits>
#include <set>
#include <string>

using phiscope::Status;
using phiscope::Value;

TEST_CASE("a finite number is a value with status ok", "[value]") {
  const Value value = -2.5;
  CHECK(value.ok());
  CHECK(value.status() == Status::ok);
  CHECK(value.value() == -2.5);
  CHECK(value.value_or(7.0) == -2.5);
  CHECK(Value(std::numeric_limits<double>::max()).ok());
  CHECK(Value(0.0).ok());
}

TEST_CASE("NaN and infinity cannot be held: they become nonfinite", "[value]") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double number : {std::numeric_limits<double>::quiet_NaN(), infinity, -infinity}) {
    const Value value = number;
    CHECK(value.status() == Status::nonfinite);
    CHECK(value.value_or(7.0) == 7.0);
    CHECK(value == Value(Status::nonfinite));
  }
}

TEST_CASE("reading a value that is not there names the reason", "[value]") {
  const Value value = Status::no_cross_pairs;
  CHECK_FALSE(value.ok());
  CHECK_THROWS_WITH(value.value(), Contains("no_cross_pairs"));
}

TEST_CASE("status ok without a number is refused", "[value]") {
  CHECK_THROWS_AS(Value(Status::ok), std::invalid_argument);
}

TEST_CASE("a difference is undefined for the first reason of its two sides", "[value]") {
  CHECK(phiscope::difference(5.0, 2.0) == Value(3.0));
  CHECK(phiscope::difference(5.0, Status::nonfinite) == Value(Status::nonfinite));
  CHECK(phiscope::difference(Status::no_within_pairs, 1.0) == Value(Status::no_within_pairs));
  CHECK(phiscope::difference(Status::no_within_pairs, Status::no_cross_pairs) ==
        Value(Status::no_cross_pairs));
  CHECK(phiscope::difference(Status::nonfinite, Status::no_within_pairs) ==
        Value(Status::no_within_pairs));
  constexpr double largest = std::numeric_limits<double>::max();
  CHECK(phiscope::difference(largest, -largest) == Value(Status::nonfinite));
}

TEST_CASE("every status has a name of its own", "[value]") {
  std::set<std::string> names;
  for (const Status status :
       {Status::ok, Status::no_cross_pairs, Status::no_within_pairs, Status::no_pairs,
        Status::no_edges, Status::too_few_rows, Status::too_short, Status::constant,
        Status::constant_series, Status::zero_norm, Status::nonfinite, Status::singular,
        Status::unstable, Status::few_units, Status::few_layers, Status::no_gap}) {
    names.insert(std::string(phiscope::status_name(status)));
  }
  CHECK(names == std::set<std::string>{"ok", "no_cross_pairs", "no_within_pairs", "no_pairs",
                                       "no_edges", "too_few_rows", "too_short", "constant",
                                       "constant_series", "zero_norm", "nonfinite", "singular",
                                       "unstable", "few_units", "few_layers", "no_gap"});
}
