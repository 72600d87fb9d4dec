// SPDX-License-Identifier: MIT
#include "plan/timed_work.hpp"

#include "catch.hpp"

using phiscope::extract::TimedWork;
using phiscope::extract::Tokens;

TEST_CASE("tokens that enter together and singly have a pace of their own", "[timed_work]") {
  TimedWork work;
  work.add_step({.tokens = {.together = 100}, .together_seconds = 1.5}, 2.0);
  CHECK(work.together_seconds == 2.0);
  // What is neither pass belongs to the single tokens.
  work.add_step(
      {.tokens = {.together = 100, .single = 10}, .together_seconds = 2.0, .single_seconds = 0.5},
      3.0);
  CHECK(work.tokens.together == 200);
  CHECK(work.tokens.single == 10);
  CHECK(work.together_seconds == 4.0);
  CHECK(work.single_seconds == 1.0);
  CHECK(work.seconds_for({.together = 50}) == 1.0);
  CHECK_THAT(work.seconds_for({.together = 50, .single = 110}), Catch::WithinRel(12.0, 1e-12));
}

TEST_CASE("a kind of token that was not timed has the other's pace", "[timed_work]") {
  TimedWork work;
  work.add_step({.tokens = {.together = 100}}, 2.0);
  CHECK(work.seconds_for({.single = 100}) == 2.0);
  TimedWork single;
  single.add_step({.tokens = {.single = 4}}, 2.0);
  CHECK(single.seconds_for({.together = 4, .single = 2}) == 3.0);
}

TEST_CASE("numbers of tokens add up by kind", "[timed_work]") {
  Tokens tokens{.together = 1, .single = 2};
  tokens += {.together = 10, .single = 20};
  CHECK(tokens.together == 11);
  CHECK(tokens.single == 22);
  CHECK(tokens.all() == 33);
}
