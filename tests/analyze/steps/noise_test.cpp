// SPDX-License-Identifier: MIT
// How often runs without any effect claim one.
#include "catch.hpp"
#include "said_steps.hpp"
#include "steps/claims.hpp"

#include <phiscope/random.hpp>

namespace phiscope::analyze::steps::noise_test {

using report::Verdict;

namespace {

struct Shown {
  int any = 0;
  int primary = 0;
  int trend = 0;
};

/// 60 problems whose answers, with or without a change, are right with the same probability of 70
/// %; in set all with `all_right` %, and where `planted` steps 0 and 1 break more the harder a
/// problem is.
Shown count_shown(int runs, unsigned all_right, bool planted) {
  const LaneAxes axes = {
      .kinds = {Kind::single, Kind::all, Kind::early_exit}, .layers = {0}, .latents = 4};
  Shown shown;
  for (int seed = 1; seed <= runs; ++seed) {
    std::mt19937_64 engine(static_cast<std::uint64_t>(seed));
    const auto stratum = [](std::size_t i) { return 2 + static_cast<int>(i % 4); };
    const auto says = [&](std::size_t problem, const std::optional<Lane>& lane) {
      unsigned right = lane && lane->kind == Kind::all ? all_right : 70;
      if (planted && lane && lane->kind == Kind::single && lane->step < 2) {
        right = 95 - 25 * static_cast<unsigned>(stratum(problem) - 2);
      }
      return uniform_below(engine, 100) < right ? Grade::right : Grade::wrong;
    };
    std::vector<Result> results = {analyze(test::said_steps(60, axes, stratum, says),
                                           {.resamples = 5, .permutations = 999, .seed = 3})};
    bool any = false;
    for (const auto& judged : report::judge(claims(results))) {
      if (judged.verdict != Verdict::shown) continue;
      any = true;
      shown.primary += judged.claim.role != report::Role::exploratory ? 1 : 0;
      shown.trend += judged.claim.about.starts_with("the first thoughts matter more") ? 1 : 0;
    }
    shown.any += any ? 1 : 0;
  }
  return shown;
}

}  // namespace

TEST_CASE("answers that a change does not touch rarely claim anything", "[noise][simulation]") {
  const Shown shown = count_shown(200, 70, false);
  // At 6 % it is at most 21 of 200 in 99 %.
  CHECK(shown.any <= 21);
  CHECK(shown.primary <= 12);
}

TEST_CASE("planted effects are found", "[noise]") {
  CHECK(count_shown(30, 25, false).primary >= 28);
  CHECK(count_shown(30, 70, true).trend >= 27);
}

}  // namespace phiscope::analyze::steps::noise_test
