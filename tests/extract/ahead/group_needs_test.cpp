// SPDX-License-Identifier: MIT
#include "ahead/group_needs.hpp"

#include "catch.hpp"

using namespace phiscope::extract;

namespace {

constexpr int layers = 4;

/// Captures the stream after block 1.
Plan plan_of_needs(std::vector<Run> runs) {
  Plan plan;
  plan.captures = {{.array = "x", .hook = Hook::resid_post, .layers = {1}}};
  plan.groups = {{.runs = std::move(runs)}};
  return plan;
}

Run needing(std::vector<int> tokens, std::size_t from = no_run) {
  return {.tokens = std::move(tokens), .rows = {}, .key = {0}, .from = from};
}

std::vector<RunNeeds> needs_of(const Plan& plan) {
  return group_needs(plan, plan.groups.front(), layers);
}

}  // namespace

TEST_CASE("a run takes the cache of the one that begins as it does", "[group_needs]") {
  const Plan plan = plan_of_needs({needing({1, 2, 3}), needing({1, 2, 4}, 0), needing({5, 6}, 0)});
  const auto needs = needs_of(plan);
  REQUIRE(needs.size() == 3);
  CHECK(needs[0].parent == no_run);
  CHECK(needs[0].forked);
  CHECK(needs[0].wanted.places.empty());
  CHECK(needs[1].parent == 0);
  CHECK_FALSE(needs[1].forked);
  CHECK(needs[2].parent == 0);  // they begin with different tokens: it takes nothing
}

TEST_CASE("rows of a shared beginning are kept by the run that computes them", "[group_needs]") {
  Run later = needing({1, 2, 4}, 0);
  later.rows.push_back({.key = {0, 1}, .spans = {{1, 2}}});
  Run last = needing({1, 2, 4, 7}, 1);
  last.rows.push_back({.key = {0, 0}, .spans = {{0, 1}}});
  const auto needs = needs_of(plan_of_needs({needing({1, 2, 3}), later, last}));
  const Place place{Hook::resid_post, 1};
  // Run 2 takes position 0 of run 1, which has it from run 0.
  CHECK(needs[1].wanted.places == std::set<Place>{place});
  CHECK(needs[1].wanted.first == 0);
  CHECK(needs[0].wanted.places == std::set<Place>{place});
  CHECK(needs[0].wanted.first == 0);
  CHECK(needs[0].wanted.scores_from == -1);
}

TEST_CASE("scores are kept from the first position that is compared", "[group_needs]") {
  Run other = needing({1, 2, 3}, 0);
  other.against = 0;
  other.rows.push_back({.key = {0}, .spans = {{2, 3}}, .space = 1});
  other.rows.push_back({.key = {1}, .spans = {{1, 2}}, .space = 1});
  Plan plan = plan_of_needs({needing({1, 2, 3}), other});
  plan.further_spaces = {{.name = "measured", .key = {"run"}}};
  plan.captures.push_back(
      {.array = "kl", .hook = Hook::logits, .layers = {}, .measure = Measure::kl, .space = 1});
  CHECK(needs_scores(plan, plan.groups[0].runs[1]));
  CHECK_FALSE(needs_scores(plan, plan.groups[0].runs[0]));
  const auto needs = needs_of(plan);
  CHECK(needs[1].reference == 0);
  CHECK(needs[0].reference == no_run);
  CHECK(needs[0].wanted.scores_from == 1);
  CHECK(needs[0].wanted.places.contains(Place{Hook::final_norm, 0}));
}

TEST_CASE("what is taken of a later run is the programmer's error", "[group_needs]") {
  CHECK_THROWS_WITH(needs_of(plan_of_needs({needing({1}, 1), needing({1})})),
                    Contains("group_needs: run 0 takes its beginning from run 1, expected an "
                             "earlier one"));
}
