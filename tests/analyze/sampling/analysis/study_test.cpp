// SPDX-License-Identifier: MIT
#include "sampling/analysis/study.hpp"

#include "analyze/sampling/synthetic_study.hpp"
#include "catch.hpp"

namespace phiscope::analyze::sampling::study_test {

TEST_CASE("a folder gives the steps that it has, a run directory its own", "[study]") {
  const test::TempDir folder;
  const test::SyntheticStudy options;
  options.write(folder.path() / "OUT");
  const auto all = analyze_studies({folder.path() / "OUT"}, {}, {});
  REQUIRE(all.size() == 1);
  CHECK(all[0].label == "OUT");
  std::vector<Step> steps;
  for (const RunInfo* info : all[0].runs()) steps.push_back(info->step);
  CHECK(steps == std::vector<Step>(all_steps.begin(), all_steps.end()));
  CHECK(all[0].clusters->label == "OUT");
  std::filesystem::remove_all(folder.path() / "OUT" / "variance");
  const auto some = analyze_studies(
      {folder.path() / "OUT", folder.path() / "OUT" / "manifold", folder.path() / "OUT" / ""}, {},
      {});
  REQUIRE(some.size() == 3);
  CHECK_FALSE(some[0].variance);
  CHECK(some[0].sensitivity);
  CHECK(some[1].runs().size() == 1);
  CHECK(some[1].manifold->label == "manifold");
  CHECK(some[2].label == "OUT_2");
}

TEST_CASE("a folder without a step, and an unfinished one, are refused", "[study]") {
  const test::TempDir folder;
  CHECK_THROWS_WITH(analyze_studies({folder.path()}, {}, {}),
                    Contains("found no plan.json, expected one there or in variance"));
  test::write_samples(folder.path() / "variance", {}, false);
  CHECK_THROWS_WITH(analyze_studies({folder.path()}, {}, {}), Contains("shards are missing"));
  const auto partial = analyze_studies({folder.path()}, {.allow_partial = true}, {});
  CHECK_FALSE(partial[0].variance->run.info.complete);
  CHECK(partial[0].variance->cell(1, 1, 0, 1).missing == 4);
}

}  // namespace phiscope::analyze::sampling::study_test
