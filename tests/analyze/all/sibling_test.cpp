// SPDX-License-Identifier: MIT
#include "all/sibling.hpp"

#include "catch.hpp"

#include <system_error>

using phiscope::analyze::all::run_sibling;

TEST_CASE("a program gets its arguments unread by a shell, and its end is told", "[sibling]") {
  const auto echo = run_sibling("/bin/echo", {"a b", "$HOME", "'"});
  CHECK(echo.status == 0);
  CHECK(echo.output == "a b $HOME '\n");
  CHECK(run_sibling("/bin/sh", {"-c", "exit 7"}).status == 7);
  CHECK(run_sibling("/bin/sh", {"-c", "kill -9 $$"}).status == 137);
  // More than a pipe holds.
  CHECK(run_sibling("/bin/sh", {"-c", "head -c 300000 /dev/zero"}).output.size() == 300000);
  CHECK_THROWS_AS(run_sibling("/nowhere/program", {}), std::system_error);
  CHECK_THROWS_WITH(run_sibling("/nowhere/program", {}),
                    Contains("/nowhere/program: cannot be started"));
}
