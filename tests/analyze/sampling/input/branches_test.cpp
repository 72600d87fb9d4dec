// SPDX-License-Identifier: MIT
#include "sampling/input/branches.hpp"

#include "analyze/sampling/synthetic_branches.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::sampling::branches_test {

using test::Json;
using test::SyntheticBranches;
using test::TempDir;

namespace {

Branches read_back(const SyntheticBranches& options) {
  const TempDir folder;
  test::write_branches(folder.path() / "run", options);
  return read_branches(folder.path() / "run");
}

std::string refusal(const Json& changes) {
  SyntheticBranches options;
  options.changes = changes;
  try {
    static_cast<void>(read_back(options));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("each branch is read to its place, with the tokens that part the ways", "[branches]") {
  const SyntheticBranches options;
  const Branches run = read_back(options);
  CHECK(run.lookahead == 6);
  CHECK(run.window_stride == 2);
  CHECK(run.to_the_end);
  for (std::int64_t p = 0; p < 6; ++p) {
    const ProblemBranches& problem = run.problems.at(static_cast<std::size_t>(p));
    CHECK(static_cast<std::int64_t>(problem.tokens) == options.tokens(p));
    CHECK(problem.text == options.text(p, 0));
    for (std::size_t i = 0; i < 3; ++i) {
      const std::int64_t t = options.points[i];
      const Branch& branch = problem.branches.at(i);
      const bool there = options.branch_tokens(p, t) > 0;
      const bool pooled = there && options.window(p, t) >= 2;
      CHECK(static_cast<std::int64_t>(branch.tokens) == options.branch_tokens(p, t));
      REQUIRE(branch.forced.has_value() == there);
      REQUIRE(branch.kept.has_value() == there);
      const auto rows = [&](std::int64_t tokens) {
        return static_cast<std::size_t>(std::clamp<std::int64_t>(tokens, 0, 6) / 2);
      };
      REQUIRE(branch.latents.size() == rows(options.branch_tokens(p, t)));
      REQUIRE(branch.baseline.size() == rows(options.tokens(p) - t));
      if (!there) continue;
      CHECK(branch.text == options.text(p, t));
      CHECK(branch.forced->id == 100 * t);
      CHECK(branch.forced->log_probability == options.log_probability(p, t, 0));
      CHECK(branch.kept->id == t);
      CHECK(branch.kept->log_probability == options.log_probability(p, 0, t));
      if (!pooled) continue;
      for (std::size_t row = 0; row < branch.latents.size(); ++row) {
        const std::int64_t n = t + 2 * (static_cast<std::int64_t>(row) + 1);
        CHECK(run.latents.at(branch.latents[row], 2)[1] == options.latent(p, t, n, 3, 1));
      }
      for (std::size_t row = 0; row < branch.baseline.size(); ++row) {
        const std::int64_t n = t + 2 * (static_cast<std::int64_t>(row) + 1);
        CHECK(run.latents.at(branch.baseline[row], 2)[1] == options.latent(p, 0, n, 3, 1));
      }
    }
  }
}

TEST_CASE("a plan or row that is not of step sensitivity is refused", "[branches]") {
  CHECK_THAT(refusal({{"step", "variance"}}), Contains("expected sensitivity"));
  CHECK_THAT(refusal({{"points", {4, 8}}}), Contains("found token 16 of branch 0, expected one"));
  CHECK_THAT(refusal({{"points", {4, 10, 12}}}),
             Contains("found branch 8, expected one of the plan's points"));
  CHECK_THAT(refusal({{"points", {6, 8, 12}}}),
             Contains("found token 6 of branch 0, expected one that is compared"));
  CHECK_THAT(refusal({{"lookahead", 4}}),
             Contains("found token 18 of branch 0, expected one that"));
  CHECK_THAT(refusal({{"points", {0, 4}}}), Contains("points"));
  CHECK_THAT(refusal({{"lookahead", 0}}), Contains("lookahead is 0"));
  CHECK_THAT(refusal({{"window_stride", 0}}), Contains("window_stride is 0"));
  test::SyntheticRun run = test::synthetic_branches({});
  run.spaces[0].keys[0][5] = 10;  // the second token of the greedy text instead of token 8
  const TempDir folder;
  run.write(folder.path() / "run");
  CHECK_THROWS_WITH(read_branches(folder.path() / "run"),
                    Contains("found token 10 of branch 0, expected token 8 next"));
}

}  // namespace phiscope::analyze::sampling::branches_test
