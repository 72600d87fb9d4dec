// SPDX-License-Identifier: MIT
#include "shard/text/decimal.hpp"

#include "catch.hpp"

#include <cmath>
#include <limits>
#include <string>

using phiscope::shard::decimal;

TEST_CASE("a text that is a number is that number", "[decimal]") {
  CHECK(decimal("0.5") == 0.5);
  CHECK(decimal("-3") == -3.0);
  CHECK(decimal("1e-5") == 1e-5);
  CHECK(decimal("1E+2") == 100.0);
  CHECK(decimal(".25") == 0.25);
  CHECK(decimal("0.1") == 0.1);
  CHECK(decimal("9007199254740993") == 9007199254740992.0);  // to even
  CHECK(decimal("5e-324") == std::numeric_limits<double>::denorm_min());
  CHECK(std::isnan(decimal("nan").value()));
  CHECK(std::isinf(decimal("-inf").value()));
}

TEST_CASE("other texts are none", "[decimal]") {
  for (const std::string text :
       {"", " ", " 1", "1 ", "+1", "-", "--1", "1,5", "0x10", "0x1p3", "1e", "1e400", "1e-400",
        "1.2.3", "one", "-+1", "- 1", "1_000", "1\n"}) {
    CAPTURE(text);
    CHECK_FALSE(decimal(text).has_value());
  }
  CHECK_FALSE(decimal(std::string_view("1\0", 2)).has_value());
}
