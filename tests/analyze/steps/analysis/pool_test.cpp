// SPDX-License-Identifier: MIT
#include "steps/analysis/pool.hpp"

#include "analyze/steps/synthetic_steps.hpp"
#include "catch.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::steps::pool_test {

using test::SyntheticSteps;

namespace {

Steps run_of(const SyntheticSteps& options, const std::string& name) {
  const test::TempDir folder;
  write_synthetic_steps(folder.path() / name, options);
  return read_run(folder.path() / name);
}

/// The same run of other problems, one of which has a longer answer.
SyntheticSteps more_problems() {
  SyntheticSteps options;
  options.problems = {{"b1", "3", 2, 2, {1, 2, 3, 4}}, {"7", "4", 3, 3, {3}}};
  options.dropped = {{"d9", "no_gold"}};
  return options;
}

}  // namespace

TEST_CASE("more problems of the same run are one run", "[pool]") {
  SyntheticSteps other = more_problems();
  other.donor = "mean";
  const auto pooled =
      pool({run_of({}, "one"), run_of(other, "other"), run_of(more_problems(), "two")});
  REQUIRE(pooled.size() == 2);
  CHECK(pooled[1].donor == "mean");
  const Steps& both = pooled[0];
  REQUIRE(both.sources.size() == 2);
  CHECK(both.sources[0].name == "one");
  CHECK(both.sources[1].name == "two");
  REQUIRE(both.problems.size() == 10);
  REQUIRE(both.rows.size() == 10);
  // "7" and 7 are different ids.
  CHECK(both.problems[5].id == 7);
  CHECK(both.problems[9].id == "7");
  CHECK(both.problems[7].source == 0);
  CHECK(both.problems[8].source == 1);
  CHECK(both.rows[8].baseline.size() == 5);
  CHECK(both.readouts.size() == 5);
  CHECK(both.complete_problems() == 10);
  REQUIRE(both.dropped.size() == 4);
  CHECK(both.dropped[3].id == "d9");
}

TEST_CASE("runs that were computed in another way stay apart", "[pool]") {
  const Steps one = run_of({}, "one");
  CHECK(are_alike(one, run_of(more_problems(), "two")));
  std::vector<SyntheticSteps> others(7, more_problems());
  others[0].donor = "resample";
  others[1].layers = {3};
  others[2].kinds = {"single"};
  others[3].latents = 3;
  others[4].model["name"] = "another";
  others[5].dtype = "float64";
  others[6].published = true;
  for (const SyntheticSteps& other : others) CHECK_FALSE(are_alike(one, run_of(other, "other")));
  SyntheticSteps moved = more_problems();
  moved.model["path"] = "elsewhere";
  CHECK(are_alike(one, run_of(moved, "moved")));
}

TEST_CASE("a problem that two runs share is refused by both their names", "[pool]") {
  SyntheticSteps options = more_problems();
  options.problems[1].id = "a4";
  CHECK_THROWS_WITH(pool({run_of({}, "one"), run_of(options, "two")}),
                    Contains("two/plan.json: found problem a4, which is also in") &&
                        Contains("/one, expected other problems"));
}

}  // namespace phiscope::analyze::steps::pool_test
