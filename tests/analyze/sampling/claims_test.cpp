// SPDX-License-Identifier: MIT
#include "sampling/claims.hpp"

#include "catch.hpp"
#include "synthetic_study.hpp"

#include <algorithm>

namespace phiscope::analyze::sampling::claims_test {

using report::Claim;
using report::Role;
using test::SyntheticStudy;

namespace {

std::vector<Claim> claims_with(const std::function<void(SyntheticStudy&)>& change) {
  SyntheticStudy options;
  change(options);
  return claims(test::analyzed_study(options), {});
}

/// Solutions whose latents do not depend on the temperature, the answer or the prefix.
void without_effect(SyntheticStudy& study, std::int64_t seed) {
  const auto more = [](SyntheticStudy& each) {
    std::vector<test::SyntheticProblem> problems;
    for (int p = 0; p < 12; ++p) problems.push_back({"p" + std::to_string(p), "1"});
    each.variance.problems = each.manifold.problems = problems;
  };
  more(study);
  study.variance.length = [](std::int64_t, std::int64_t, std::int64_t) { return std::int64_t{16}; };
  study.variance.said = [](std::int64_t, std::int64_t, std::int64_t s) {
    return "s" + std::to_string(s) + ": " + std::to_string(s % 2);
  };
  study.variance.place = [seed](std::int64_t p, std::int64_t t, std::int64_t s, std::int64_t layer,
                                std::int64_t unit) {
    return test::noise({seed, p, t, s, layer, unit});
  };
  study.variance.units = 7;
  study.manifold.forced_gain = 0.0;
}

}  // namespace

TEST_CASE("each claim has its numbers, and the plan's is primary", "[claims]") {
  const auto all = claims_with([](SyntheticStudy&) {});
  REQUIRE(all.size() == 3);
  CHECK(all[0].role == Role::unnamed);
  CHECK(all[1].role == Role::exploratory);
  CHECK(all[0].about ==
        "the variance of solutions at layer 1 is larger at temperature 1 than at 0.5");
  CHECK(all[0].p == Value(2.0 / 64));
  CHECK(all[0].least_p == 2.0 / 64);
  CHECK(all[0].design == "6 problems");
  CHECK_THAT(all[0].evidence, Contains("difference of Tr(Cov) "));
  CHECK(all[1].p == Value(2.0 / 64));
  CHECK_THAT(all[1].evidence, Contains("nearer in 1.00"));
  CHECK(all[2].about ==
        "latents at layer 1 tell the final answer before the last checkpoint, at temperature 1");
  const auto named = claims_with([](SyntheticStudy& study) {
    study.manifold.changes["options"] = {{"primary", "drift"}};
  });
  CHECK(named[0].role == Role::exploratory);
  CHECK(named[1].role == Role::primary);
  CHECK_THROWS_WITH(claims_with([](SyntheticStudy& study) {
                      study.variance.changes["options"] = {{"primary", "luck"}};
                    }),
                    Contains("expected temperature, drift or commitment"));
}

TEST_CASE("the commitment claimed is the surest before the last checkpoint", "[claims]") {
  auto studies = test::analyzed_study();
  Variance& variance = *studies[0].variance;
  const std::size_t high = variance.axes.temperatures - 1;
  const auto claimed = [&](std::vector<Value> p_max) {
    for (std::size_t c = 0; c < p_max.size(); ++c) {
      variance.commitment[c].p_max = p_max[c];
      const std::size_t at = variance.axes.mean_index(high, 1, c);
      variance.means[at][static_cast<std::size_t>(Spread::commitment_excess)].mean.value =
          0.25 * static_cast<double>(c + 1);
    }
    return claims(studies, {})[2];
  };
  const Claim later = claimed({0.3, 0.1, 0.01});  // the last one may hold the answer itself
  CHECK(later.p == Value(0.1));
  CHECK_THAT(later.evidence, Contains("accuracy above permuted answers after 4 tokens 0.500"));
  const Claim sooner = claimed({0.2, Status::too_few_rows, 0.01});
  CHECK(sooner.p == Value(0.2));
  CHECK_THAT(sooner.evidence, Contains("after 1 token 0.250"));
}

TEST_CASE("the interval of the surest checkpoint is not corrected for its choice", "[claims]") {
  auto studies = test::analyzed_study();
  Variance& variance = *studies[0].variance;
  const auto claimed = [&](const Value& first) {
    variance.commitment[0].p_max = first;
    variance.commitment[1].p_max = 0.1;
    const std::size_t high = variance.axes.temperatures - 1;
    Estimate& mean = variance
                         .means[variance.axes.mean_index(high, 1, 1)]
                               [static_cast<std::size_t>(Spread::commitment_excess)]
                         .mean;
    mean.value = 0.25;
    mean.low = 0.125;
    mean.high = 0.375;
    return claims(studies, {})[2].evidence;
  };
  CHECK_THAT(claimed(0.3), Contains("4 tokens 0.250 [0.125, 0.375] (95 %, ") &&
                               Contains("problems), interval not corrected for taking the "
                                        "smallest p of 2 checkpoints"));
  CHECK(claimed(Status::too_few_rows).ends_with("problems)"));
}

TEST_CASE("a run with one checkpoint claims nothing about the time before it", "[claims]") {
  const auto with = [](std::int64_t tokens) {
    return claims_with([tokens](SyntheticStudy& study) {
      study.variance.checkpoints = {tokens};
      study.variance.stride = 1;
    })[2];
  };
  CHECK(with(8).about ==
        "latents at layer 1 tell the final answer at the only checkpoint (8 tokens; the text may "
        "hold the answer), at temperature 1");
  CHECK_THAT(with(1).about, Contains("(1 token; the text may hold the answer)"));
  CHECK_THAT(with(8).evidence, Contains("after 8 tokens "));
}

TEST_CASE("what goes the other way is not shown, however surely", "[claims]") {
  const auto all = claims_with([](SyntheticStudy& study) {
    study.manifold.forced_gain = -1.0;
    study.variance.place = [](std::int64_t p, std::int64_t t, std::int64_t s, std::int64_t layer,
                              std::int64_t unit) {
      return test::noise({p, t, s, layer, unit}) / static_cast<double>(1 + t);
    };
  });
  CHECK(all[0].p == Value(1.0));
  CHECK(all[1].p == Value(1.0));
}

TEST_CASE("without an effect hardly anything is claimed", "[claims][simulation]") {
  std::size_t small = 0;
  for (std::int64_t seed = 0; seed < 12; ++seed) {
    const auto all = claims_with([seed](SyntheticStudy& study) { without_effect(study, seed); });
    small += all[0].p.value_or(1.0) <= 0.05 ? 1U : 0U;
    small += all[2].p.value_or(1.0) <= 0.05 ? 1U : 0U;
  }
  // 24 tests at .05, at most half of which count: more than 4 small ones happen in 1 of 300 cases.
  CHECK(small <= 4);
}

TEST_CASE("one temperature is compared with no other", "[claims]") {
  const auto all = claims_with([](SyntheticStudy& study) { study.variance.temperatures = {0, 1}; });
  REQUIRE(all.size() == 2);
  CHECK_THAT(all[0].about, Contains("prefix"));
  CHECK(all[0].role == Role::unnamed);
}

TEST_CASE("severe warnings of the samples go with the claims about them", "[claims]") {
  const auto all = claims_with([](SyntheticStudy& study) {
    study.variance.said = [](std::int64_t, std::int64_t, std::int64_t) { return "7"; };
    study.variance.length = [](std::int64_t, std::int64_t, std::int64_t) {
      return std::int64_t{5};
    };
  });
  using Names = std::vector<std::string>;
  const Names expected = {"100 % of the samples ended before the last checkpoint",
                          "samples of a problem are one text in 12 of 12 cases"};
  CHECK(all[0].caveats == expected);
  CHECK(all[1].caveats.empty());  // of greedy and forced texts
  CHECK(all[2].caveats == expected);
}

TEST_CASE("a step that is not complete is a caveat of its own claims alone", "[claims]") {
  using Names = std::vector<std::string>;
  auto studies = test::analyzed_study();
  CHECK(caveats(*studies[0].variance) ==
        Names{"29.2 % of the samples ended before the last checkpoint"});  // 14 of 48
  studies[0].clusters->run.info.complete = false;
  studies[0].sensitivity->run.info.complete = false;
  studies[0].manifold->run.info.complete = false;
  auto all = claims(studies, {});
  CHECK(all[0].caveats == caveats(*test::plain_study()[0].variance));
  CHECK(all[1].caveats == Names{"step manifold is not complete"});
  CHECK(all[2].caveats == all[0].caveats);
  studies[0].manifold->run.info.complete = true;
  studies[0].variance->run.info.complete = false;
  all = claims(studies, {});
  CHECK(all[0].caveats.front() == "step variance is not complete");
  CHECK(all[1].caveats.empty());
  CHECK(all[2].caveats == all[0].caveats);
}

}  // namespace phiscope::analyze::sampling::claims_test
