// SPDX-License-Identifier: MIT
#include "ahead/foretold_rows.hpp"

#include "catch.hpp"

#include <optional>
#include <vector>

namespace phiscope::extract {
namespace {

using Rows = std::vector<std::optional<std::uint64_t>>;

Run run_with_rows(std::size_t own, std::size_t further = 0) {
  Run run{.tokens = {1, 2, 3}, .rows = {}};
  for (std::size_t i = 0; i < own + further; ++i) {
    run.rows.push_back({.key = {0}, .spans = {{0, 1}}, .space = i < own ? 0U : 1U});
  }
  return run;
}

/// Two groups: runs of 2 and 3 rows, a donor; and a run of 1 row and 4 of the further space.
Plan small_plan() {
  Plan plan;
  plan.captures.push_back({.array = "x", .hook = Hook::resid_post, .layers = {0}});
  Run donor = run_with_rows(7);
  donor.donor = true;
  plan.groups = {{.runs = {run_with_rows(2), run_with_rows(3), donor}},
                 {.runs = {run_with_rows(1, 4)}}};
  plan.further_spaces.push_back({.name = "other", .key = {"i"}});
  return plan;
}

}  // namespace

TEST_CASE("rows of given tokens are counted by space, without donors", "[foretold_rows]") {
  const Plan plan = small_plan();
  CHECK(foretold_rows(plan, plan.groups) == Rows{6, 4});
  CHECK(foretold_rows(plan, std::span(plan.groups).first(1)) == Rows{5, 0});
}

TEST_CASE("rows of generated tokens are foretold if nothing ends a run", "[foretold_rows]") {
  Plan plan = small_plan();
  plan.generation.tokens = 10;
  plan.groups[0].runs[1].limit = 4;
  plan.groups[1].runs[0].limit = 40;
  const std::uint64_t steps = 10 + 4 + 10;
  const auto with = [&](GeneratedRows rows) {
    plan.generation.rows = rows;
    return foretold_rows(plan, plan.groups);
  };
  CHECK(with(GeneratedRows::none) == Rows{6, 4, steps});
  CHECK(with(GeneratedRows::tokens) == Rows{6 + steps, 4, steps});
  CHECK(with(GeneratedRows::predicting) == Rows{4, steps});
  CHECK(with(GeneratedRows::pooled) == Rows{std::nullopt, 4, steps});
  plan.groups[0].runs[0].generates = false;
  CHECK(with(GeneratedRows::none) == Rows{6, 4, steps - 10});

  plan.generation.end = {2};
  CHECK(with(GeneratedRows::none) == Rows{6, 4, std::nullopt});
  CHECK(with(GeneratedRows::tokens) == Rows{std::nullopt, 4, std::nullopt});
  CHECK(with(GeneratedRows::predicting) == Rows{4, std::nullopt});
}

TEST_CASE("a run that quotes what another generates may be shorter than planned",
          "[foretold_rows]") {
  Plan plan = small_plan();
  plan.groups[0].runs[1].quote.tokens = 3;
  CHECK(foretold_rows(plan, plan.groups) == Rows{std::nullopt, std::nullopt});
  CHECK(foretold_rows(plan, std::span(plan.groups).subspan(1)) == Rows{1, 4});
}

}  // namespace phiscope::extract
