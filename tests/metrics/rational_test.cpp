// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/rational.hpp>

#include <limits>

using phiscope::make_rational;
using phiscope::parse_decimal;
using phiscope::quotient;
using phiscope::Rational;

TEST_CASE("fractions are in lowest terms with a positive denominator", "[rational]") {
  CHECK(make_rational(6, -4) == Rational{-3, 2});
  CHECK(make_rational(-6, -4) == Rational{3, 2});
  CHECK(make_rational(0, -7) == Rational{0, 1});
  CHECK_FALSE(make_rational(1, 0).has_value());
  CHECK_FALSE(make_rational(std::numeric_limits<std::int64_t>::min(), 3).has_value());
  CHECK(Rational{-3, 4}.value() == -0.75);
}

TEST_CASE("a quotient of fractions is exact or absent", "[rational]") {
  CHECK(quotient({1, 3}, {-2, 9}) == Rational{-3, 2});
  CHECK(quotient({0, 1}, {5, 7}) == Rational{0, 1});
  CHECK_FALSE(quotient({1, 3}, {0, 1}).has_value());
  const std::int64_t big = 4'000'000'000'000'000'000;
  CHECK(quotient({big, 1}, {1, 2}) == Rational{2 * big, 1});
  CHECK_FALSE(quotient({big, 1}, {1, 3}).has_value());
  CHECK_FALSE(quotient({-big, 1}, {1, 3}).has_value());
  CHECK_FALSE(quotient({1, big}, {-3, 1}).has_value());
}

TEST_CASE("decimals are read as they are written", "[rational]") {
  CHECK(parse_decimal("18") == Rational{18, 1});
  CHECK(parse_decimal("-0.50") == Rational{-1, 2});
  CHECK(parse_decimal("+3.0") == Rational{3, 1});
  CHECK(parse_decimal(".5") == Rational{1, 2});
  CHECK(parse_decimal("12.") == Rational{12, 1});
  CHECK(parse_decimal("1,234") == Rational{1234, 1});
  CHECK(parse_decimal("-12,345,678.25") == Rational{-49382713, 4});
  CHECK(parse_decimal("007") == Rational{7, 1});
  CHECK(parse_decimal("999999999999999999") == Rational{999999999999999999, 1});
}

TEST_CASE("what is no decimal as a whole is none", "[rational]") {
  for (const char* text : {"",         "-",    "+",      ".",      "-.",
                           "1e3",      "1 2",  " 1",     "1.2.3",  "1,23",
                           "1234,567", ",123", "1,,234", "1,234,", "1.234,567",
                           "12a",      "--1",  "0x1",    "nan",    "1000000000000000000"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_decimal(text).has_value());
  }
}
