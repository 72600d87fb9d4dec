// SPDX-License-Identifier: MIT
#include "report/claim.hpp"

#include "catch.hpp"

#include <cstddef>
#include <random>
#include <string>
#include <vector>

using namespace phiscope;
using namespace phiscope::report;

namespace {

Claim claim(std::string about, Role role, Value p, double least_p = 0.001) {
  return {.about = std::move(about),
          .role = role,
          .p = p,
          .least_p = least_p,
          .design = "20 walks",
          .evidence = {},
          .caveats = {}};
}

}  // namespace

TEST_CASE("a primary claim is shown at 0.05, said with its p-value", "[claim]") {
  const auto told = [](const Claim& one) { return sentence(judge(std::vector{one}).front()); };
  CHECK(told(claim("A holds", Role::primary, 0.05)) == "Primary: A holds: shown (p = 0.050).");
  CHECK(told(claim("A holds", Role::primary, 0.0501)) ==
        "Primary: A holds: not shown (p = 0.0501).");
  CHECK(told(claim("A holds", Role::unnamed, 0.034)) ==
        "Primary by default, not named before the run: A holds: shown (p = 0.034).");
  CHECK(told(claim("A holds", Role::exploratory, 0.01)) ==
        "Exploratory: A holds: shown (p = 0.010).");
  CHECK(told(claim("A holds", Role::exploratory, 0.02)) ==
        "Exploratory: A holds: not shown (p = 0.020).");
}

TEST_CASE("what no data of the design could show is said so", "[claim]") {
  Claim few = claim("A holds", Role::primary, 1.0 / 6.0, 1.0 / 6.0);
  few.design = "5 random orders";
  CHECK(sentence(judge(std::vector{few}).front()) ==
        "Primary: A holds: cannot be shown with 5 random orders (no p below 0.17).");
  Claim layers = claim("A holds", Role::primary, Status::few_layers);
  layers.design = "4 layers";
  CHECK(sentence(judge(std::vector{layers}).front()) ==
        "Primary: A holds: cannot be shown with 4 layers (few_layers).");
  CHECK(judge(std::vector{claim("A", Role::primary, 0.05, 0.05)}).front().verdict ==
        Verdict::shown);
}

TEST_CASE("evidence and severe warnings are in the sentence of the claim", "[claim]") {
  Claim one = claim("A holds", Role::primary, 0.004);
  one.evidence = "ratio 0.8 [0.7, 0.9] (95 %, 20 orders)";
  one.caveats = {"39 of 60 prompts loop", "12 heads are dead"};
  CHECK(
      sentence(judge(std::vector{one}).front()) ==
      "Primary: A holds: shown (p = 0.0040); ratio 0.8 [0.7, 0.9] (95 %, 20 orders), but 39 of 60 "
      "prompts loop and 12 heads are dead.");
}

TEST_CASE("exploratory claims come later and are corrected together", "[claim]") {
  const std::vector<Judged> judged = judge(
      std::vector{claim("B", Role::exploratory, 0.004), claim("C", Role::exploratory, 0.003, 0.002),
                  claim("D", Role::exploratory, Status::few_layers),
                  claim("A", Role::primary, 0.03), claim("E", Role::exploratory, 0.5, 0.4)});
  REQUIRE(judged.size() == 5);
  CHECK(judged[0].claim.about == "A");
  CHECK(judged[0].p == Value(0.03));  // not corrected
  CHECK(judged[0].verdict == Verdict::shown);
  CHECK(judged[1].claim.about == "B");
  CHECK(judged[1].p.value() == Approx(0.009).epsilon(1e-14));  // max(3 * 0.003, 2 * 0.004)
  CHECK(judged[1].verdict == Verdict::shown);
  CHECK(judged[2].p.value() == Approx(0.009).epsilon(1e-14));  // three have p-values
  CHECK(judged[2].least_p == Approx(0.006).epsilon(1e-14));
  CHECK(sentence(judged[2]) == "Exploratory: C: shown (p = 0.0030, corrected 0.0090).");
  CHECK(judged[3].verdict == Verdict::cannot_be_shown);
  CHECK(judged[3].p == Value(Status::few_layers));
  CHECK(judged[4].claim.about == "E");
  CHECK(judged[4].least_p == 1.0);  // 3 * 0.4 is no p-value
  CHECK(judged[4].verdict == Verdict::cannot_be_shown);
}

TEST_CASE("the primary claims of several runs are corrected together", "[claim]") {
  const std::vector<Claim> three = {
      claim("A", Role::primary, 0.04, 0.4), claim("B", Role::exploratory, 0.001),
      claim("C", Role::unnamed, 0.01, 0.01), claim("D", Role::primary, Status::few_units),
      claim("E", Role::primary, 0.03, 0.001)};
  std::vector<Claim> claims = three;
  correct_primaries(claims, "runs");
  // Holm over 0.01, 0.03 and 0.04: 3 * 0.01, 2 * 0.03, and no less for the largest.
  CHECK(claims[0].p_over_runs.value() == Approx(0.06).epsilon(1e-14));
  CHECK(claims[2].p_over_runs.value() == Approx(0.03).epsilon(1e-14));
  CHECK(claims[4].p_over_runs.value() == Approx(0.06).epsilon(1e-14));
  for (const std::size_t c : {0U, 2U, 4U})
    CHECK(claims[c].p == three[c].p);  // as in its own report
  const std::vector<Judged> told = judge(claims);
  CHECK(told[0].p.value() == Approx(0.06).epsilon(1e-14));
  CHECK(told[1].verdict == Verdict::shown);
  CHECK_THAT(sentence(told[1]), Contains("shown (p = 0.010, corrected 0.030)"));
  CHECK(claims[0].least_p == 1.0);  // 3 * 0.4 is no p-value
  CHECK(claims[2].least_p == Approx(0.03).epsilon(1e-14));
  CHECK(claims[4].least_p == Approx(0.003).epsilon(1e-14));
  CHECK(claims[2].design == "20 walks, 3 runs");
  for (const std::size_t left : {1U, 3U}) {
    CHECK(claims[left].p == three[left].p);
    CHECK(claims[left].least_p == three[left].least_p);
    CHECK(claims[left].design == "20 walks");
  }
  std::vector<Claim> one = {three[0], three[1], three[3]};
  correct_primaries(one, "runs");
  CHECK(one[0].p == Value(0.04));
  CHECK_FALSE(one[0].p_over_runs);
  CHECK(one[0].least_p == 0.4);
  CHECK(one[0].design == "20 walks");
}

TEST_CASE("a report without any effect claims something in at most 7 of 100 cases", "[claim]") {
  std::mt19937_64 engine(5);
  const auto uniform = [&engine] { return static_cast<double>(engine() >> 11U) * 0x1p-53; };
  int claimed = 0;
  for (int seed = 0; seed < 4000; ++seed) {
    std::vector<Claim> claims = {claim("A", Role::primary, 1.0 - uniform())};
    for (int i = 0; i < 6; ++i) {
      claims.push_back(claim("B", Role::exploratory, 1.0 - uniform(), 0.0005));
    }
    bool any = false;
    for (const Judged& one : judge(claims)) any = any || one.verdict == Verdict::shown;
    claimed += any ? 1 : 0;
  }
  CHECK(claimed <= 280);
  CHECK(claimed >= 200);  // 6 % of 4000, and three standard errors
}

TEST_CASE("a p-value is never rounded across a level", "[claim]") {
  CHECK(p_text(0.034) == "p = 0.034");
  CHECK(p_text(0.05) == "p = 0.050");
  CHECK(p_text(0.0502) == "p = 0.0502");
  CHECK(p_text(0.050004) == "p = 0.050004");
  CHECK(p_text(0.0498) == "p = 0.050");
  CHECK(p_text(0.01002) == "p = 0.01002");
  CHECK(p_text(0.00998) == "p = 0.0100");
  CHECK(p_text(1.0) == "p = 1.0");
}

TEST_CASE("the table of claims has what the sentences say", "[claim]") {
  Claim one = claim("A", Role::primary, 0.25, 0.05);
  one.evidence = "ratio 2";
  one.caveats = {"x", "y"};
  const Table table =
      claims_table(judge(std::vector{one, claim("B", Role::exploratory, Status::few_units, 0.5)}));
  CHECK(table.columns == std::vector<std::string>{"role", "claim", "verdict", "p_value",
                                                  "p_corrected", "least_p", "design", "evidence",
                                                  "caveats"});
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0] == std::vector<Cell>{"primary", "A", "not_shown", 0.25, 0.25, 0.05,
                                           "20 walks", "ratio 2", "x; y"});
  CHECK(table.rows[1] == std::vector<Cell>{"exploratory", "B", "cannot_be_shown",
                                           Undefined{"few_units"}, Undefined{"few_units"}, 0.5,
                                           "20 walks", "", ""});
}
