// SPDX-License-Identifier: MIT
// What a report of ablation claims: every sentence whole, its role, its p-value and its verdict.
#include "ablation/claims.hpp"

#include "catch.hpp"
#include "made_up_ablation.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/random.hpp>

#include <algorithm>
#include <numeric>
#include <random>

namespace phiscope::analyze::ablation::claims_test {

using report::Claim;
using report::Role;
using test::made_up_ablation;
using Lines = std::vector<std::string>;

namespace {

Estimate estimate(double value, std::size_t units, std::string_view covers) {
  return {.value = value,
          .low = value - 0.125,
          .high = value + 0.125,
          .units = units,
          .covers = covers};
}

RandomNull null_of(std::size_t orders, double p_more) {
  return {.orders = orders, .p_more = p_more, .least_p = 1.0 / static_cast<double>(orders + 1)};
}

/// Round numbers of their own wherever a sentence looks.
Result result_to_claim_of(const std::string& label = "one") {
  Result result = made_up_ablation(label, 100.0);
  for (std::size_t i = 0; i < result.orders.size(); ++i) {
    OrderResult& order = result.orders[i];
    const double k = static_cast<double>(i);
    order.at_zero = 0.0;
    order.at_all = 4.5;
    order.auc_ratio = estimate(1.25 + k, 20, "random orders and prompts");
    order.null = null_of(20, (1.0 + k) / 21.0);
  }
  result.random_ratios = {0.8, 1.2};
  result.orders[0].in_layer->part = {0.0, 16.0};
  result.orders[0].in_layer->auc_ratio = estimate(1.5, 19, "random orders and prompts");
  result.orders[0].in_layer->null = null_of(19, 0.25);
  for (std::size_t i = 0; i < result.comparisons.size(); ++i) {
    Comparison& pair = result.comparisons[i];
    const double k = static_cast<double>(i);
    pair.difference = estimate(0.5 + k, 12, "prompts");
    pair.p_value = 0.001;
    pair.least_p = 0.0005;
    pair.pairs = 230;
    pair.pairs_as_far = 3 + i;
    pair.among_pairs = {.p_value = (4.0 + k) / 231.0, .least_p = 1.0 / 231.0, .draws = 230};
  }
  return result;
}

Lines sentences(const std::vector<Result>& results) {
  Lines lines;
  for (const auto& judged : report::judge(claims(results))) lines.push_back(sentence(judged));
  return lines;
}

// The sentences as they are written.
const Lines expected = {
    "Primary: balance does more damage than random orders: shown (p = 0.048); AUC ratio 1.25 "
    "[1.12, 1.38] (95 %, 12 prompts, 20 random orders); random orders 0.800 to 1.20.",
    "Exploratory: balance does more damage than random orders within its layers: cannot be shown "
    "with 19 layer-matched orders (no p below 0.25); AUC ratio 1.50 [1.38, 1.62] (95 %, 12 "
    "prompts, 19 layer-matched orders).",
    "Exploratory: norm does more damage than random orders: cannot be shown with 20 random orders "
    "(no p below 0.24); AUC ratio 2.25 [2.12, 2.38] (95 %, 12 prompts, 20 random orders); random "
    "orders 0.800 to 1.20.",
    "Exploratory: tdmi does more damage than random orders: cannot be shown with 20 random orders "
    "(no p below 0.24); AUC ratio 3.25 [3.12, 3.38] (95 %, 12 prompts, 20 random orders); random "
    "orders 0.800 to 1.20.",
    "Exploratory: balance does more damage than norm: cannot be shown with 12 prompts and 230 "
    "other pairs of orders (no p below 0.022); areas differ by 1.50 [1.38, 1.62] nats "
    "(95 %, 12 prompts), 4 of 230 other pairs by as much.",
    "Exploratory: tdmi does more damage than norm: cannot be shown with 12 prompts and 230 other "
    "pairs of orders (no p below 0.022); areas differ by 3.50 [3.38, 3.62] nats (95 %, 12 "
    "prompts), 6 of 230 other pairs by as much."};

const Claim& claim_named(const std::vector<Claim>& all, const std::string& about) {
  for (const Claim& claim : all) {
    if (claim.about == about) return claim;
  }
  throw std::runtime_error("no claim " + about);
}

}  // namespace

TEST_CASE("every claim has its numbers, and fits two lines", "[claims]") {
  const Lines lines = sentences({result_to_claim_of()});
  REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(lines[i] == expected[i]);
    CHECK(lines[i].size() <= 260);
  }
}

TEST_CASE("the primary claim is the one that the plan names", "[claims]") {
  Result result = result_to_claim_of();
  const auto first = [&](std::optional<std::string> primary) {
    result.data.primary = std::move(primary);
    return sentences({result}).front();
  };
  CHECK_THAT(first("tdmi"),
             Catch::Matchers::StartsWith("Primary: tdmi does more damage than random orders: not "
                                         "shown (p = 0.14);"));
  CHECK_THAT(first("balance:in-layer"),
             Catch::Matchers::StartsWith(
                 "Primary: balance does more damage than random orders within its layers: "
                 "not shown (p = 0.25);"));
  CHECK_THAT(first("random:1"), Catch::Matchers::StartsWith("Primary: random:1 does more damage"));
  CHECK_THAT(first(std::nullopt),
             Catch::Matchers::StartsWith(
                 "Primary by default, not named before the run: balance does more damage"));
  CHECK_THAT(first(""), Catch::Matchers::StartsWith("Exploratory: "));
  result.data.orders[0].kind = result.data.orders[2].kind = Kind::baseline;
  CHECK_THAT(first(std::nullopt),
             Catch::Matchers::StartsWith("Primary by default, not named before the run: balance"));
}

TEST_CASE("the primary claims of several sweeps are corrected together", "[claims]") {
  const auto all = claims({result_to_claim_of("one"), result_to_claim_of("two")});
  REQUIRE(all.size() == 2 * expected.size());
  for (const std::string run : {"one", "two"}) {
    const Claim& primary = claim_named(all, run + ": balance does more damage than random orders");
    CHECK(primary.role == Role::primary);
    CHECK(primary.p.value() == Approx(1.0 / 21.0));
    CHECK(primary.p_over_runs.value() == Approx(2.0 / 21.0));
    CHECK(primary.least_p == Approx(2.0 / 21.0));
    CHECK(primary.design == "20 random orders, 2 sweeps");
    CHECK(claim_named(all, run + ": tdmi does more damage than random orders").p.value() ==
          Approx(3.0 / 21.0));
  }
}

TEST_CASE("what cannot be tested is said with its reason", "[claims]") {
  Result result = result_to_claim_of();
  result.orders[0].null = {};
  result.orders[1].auc = {};
  result.orders[1].null = {};
  result.comparisons[1].difference = {};
  result.comparisons[1].among_pairs = {};
  result.orders[2].null = null_of(4, 0.2);
  result.orders[2].auc_ratio = {
      .value = 1.5, .low = Status::few_units, .high = Status::few_units, .units = 4};
  const Lines lines = sentences({result});
  CHECK(lines[0] ==
        "Primary: balance does more damage than random orders: cannot be shown with no random "
        "order (too_few_rows).");
  CHECK(lines[2] ==
        "Exploratory: norm does more damage than random orders: cannot be shown with fewer than "
        "two numbers of heads removed (too_few_rows).");
  CHECK_THAT(lines[3], Contains("AUC ratio 1.50 (no interval: 4 random orders, expected at least "
                                "5)"));
  CHECK(lines[4] ==
        "Exploratory: balance does more damage than norm: cannot be shown with no part of the "
        "heads in common (too_few_rows).");
  result.data.prompts = 3;
  result.orders[2].auc_ratio.units = 20;
  CHECK_THAT(sentences({result})[3], Contains("(no interval: 3 prompts, expected at least 5)"));
}

TEST_CASE("a table has no prompts to test with", "[claims]") {
  Result result = result_to_claim_of();
  result.data.has_prompts = false;
  result.comparisons[1].p_value = Status::too_few_rows;
  const auto all = claims({result});
  const Claim& pair = claim_named(all, "balance does more damage than norm");
  CHECK(pair.p.value() == Approx(5.0 / 231.0));  // of the pairs alone
  CHECK(pair.least_p == Approx(1.0 / 231.0));
  CHECK(pair.design == "230 other pairs of orders");
  CHECK(claim_named(all, "balance does more damage than random orders").evidence ==
        "AUC ratio 1.25 [1.12, 1.38] (95 %, 20 random orders); random orders 0.800 to 1.20");
  result.comparisons[1].difference = {.value = 1.5,
                                      .low = Status::few_units,
                                      .high = Status::few_units,
                                      .units = 1,
                                      .covers = "prompts"};
  CHECK(claim_named(claims({result}), "balance does more damage than norm").evidence ==
        "areas differ by 1.50 nats (no interval: the table does not give prompts), 4 of 230 other "
        "pairs by as much");
}

TEST_CASE("what there is one of is told in the singular", "[claims]") {
  Result result = result_to_claim_of();
  result.data.prompts = 1;
  result.orders[0].null = result.orders[0].in_layer->null = null_of(1, 0.5);
  result.orders[0].auc_ratio = {
      .value = 1.5, .low = Status::few_units, .high = Status::few_units, .units = 1};
  result.comparisons[1].pairs = 1;
  result.comparisons[1].pairs_as_far = 0;
  const auto claim = [&result](const std::string& about) {
    return claim_named(claims({result}), about);
  };
  const std::string against_random = "balance does more damage than random orders";
  const std::string against_norm = "balance does more damage than norm";
  CHECK(claim(against_random).design == "1 random order");
  CHECK(claim(against_random).evidence ==
        "AUC ratio 1.50 (no interval: 1 random order, expected at least 5); random orders 0.800 to "
        "1.20");
  CHECK(claim(against_random + " within its layers").design == "1 layer-matched order");
  CHECK(claim(against_norm).design == "1 prompt and 1 other pair of orders");
  CHECK(claim(against_norm).evidence ==
        "areas differ by 1.50 [1.38, 1.62] nats (95 %, 12 prompts), 0 of 1 other pair by as much");
  result.orders[0].auc_ratio.units = 20;
  CHECK_THAT(claim(against_random).evidence,
             Contains("(no interval: 1 prompt, expected at least 5)"));
  result.comparisons[1].pairs = 0;
  CHECK(claim(against_norm).design == "1 prompt and no other pair of orders");
  CHECK(claim(against_norm).evidence ==
        "areas differ by 1.50 [1.38, 1.62] nats (95 %, 12 prompts)");
}

TEST_CASE("a difference needs the prompts and the pairs of orders", "[claims]") {
  Result result = result_to_claim_of();
  const auto p = [&](double over_prompts, double among_pairs) {
    result.comparisons[1].p_value = over_prompts;
    result.comparisons[1].among_pairs.p_value = among_pairs;
    return claim_named(claims({result}), "balance does more damage than norm").p.value();
  };
  CHECK(p(0.001, 0.02) == 0.02);
  CHECK(p(0.03, 0.02) == 0.03);
  result.comparisons[1].difference = estimate(-0.5, 12, "prompts");
  CHECK(claims({result})[4].about == "norm does more damage than balance");
  CHECK_THAT(claims({result})[4].evidence,
             Contains("areas differ by 0.500 [0.375, 0.625] nats (95 %, 12 prompts), 4 of 230"));
}

TEST_CASE("severe warnings are in the sentence", "[claims]") {
  Result result = result_to_claim_of();
  result.data.orders[0].measured = 3;
  result.data.orders[0].curve.removed.resize(3);
  result.orders[0].part = {0.0, 8.0};
  CHECK(claims({result})[0].caveats ==
        Lines{"the order is unfinished (from 0 % to 50.0 % of the heads)"});
  result = result_to_claim_of();
  result.orders[0].part = {4.0, 16.0};
  CHECK(claims({result})[0].caveats == Lines{"compared only (from 25.0 % to 100 % of the heads)"});
  CHECK(claims({result})[2].caveats.empty());
  result.orders[3].at_zero = 0.002;
  result.orders[4].at_all = 4.625;
  CHECK(claims({result})[2].caveats ==
        Lines{"KL is not 0 with no head removed", "orders differ with all heads removed"});
}

namespace {

/// Areas of random orders of removal of a trained model, [order][prompt], on its first six prompts.
std::vector<std::vector<double>> real_areas() {
  const auto file = test::golden() / "ablation/words_areas.json";
  auto areas = shard::read_json(file).at("areas").get<std::vector<std::vector<double>>>();
  for (std::vector<double>& order : areas) order.resize(6);
  return areas;
}

/// Two rankings, a baseline, 20 random orders and 20 within the layers of the first ranking, all of
/// them real random orders. @param factor  of the first ranking's areas
Ablation noise(const std::vector<std::vector<double>>& areas, std::uint64_t seed, double factor) {
  std::vector<std::size_t> drawn(areas.size());
  std::iota(drawn.begin(), drawn.end(), std::size_t{0});
  std::mt19937_64 engine(seed);
  Ablation made;
  made.heads = 16;
  made.has_prompts = true;
  made.prompts = areas.front().size();
  made.primary = "balance";
  for (std::size_t i = 0; i < 43; ++i) {
    std::swap(drawn[i], drawn[i + uniform_below(engine, drawn.size() - i)]);
    Order order{.name = i == 0 ? "balance" : std::to_string(i)};
    order.kind = i < 2    ? Kind::ranking
                 : i == 2 ? Kind::baseline
                 : i < 23 ? Kind::random
                          : Kind::random_in_layer;
    if (i >= 23) order.of = "balance";
    order.planned = {0, 16};
    order.measured = 2;
    order.curve = {.removed = {0, 16}, .kl = {}, .prompts = made.prompts};
    order.curve.kl.assign(made.prompts, 0.0);
    for (const double area : areas[drawn[i]]) {  // a triangle of that area
      order.curve.kl.push_back(2.0 * area * (i == 0 ? factor : 1.0));
    }
    made.orders.push_back(std::move(order));
  }
  return made;
}

bool claims_anything(const Ablation& ablation) {
  const auto judged = report::judge(claims({analyze(ablation, {.resamples = 20})}));
  return std::any_of(judged.begin(), judged.end(), [](const report::Judged& one) {
    return one.verdict == report::Verdict::shown;
  });
}

}  // namespace

TEST_CASE("a report on random orders seldom claims anything", "[claims][simulation]") {
  const auto areas = real_areas();
  int claimed = 0;
  int planted = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    claimed += claims_anything(noise(areas, seed, 1.0)) ? 1 : 0;
    if (seed < 10) planted += claims_anything(noise(areas, seed, 2.5)) ? 1 : 0;
  }
  CHECK(claimed <= 0.07 * 200);  // 1/21 is expected, with a standard error of 0.015
  CHECK(claimed > 0);
  CHECK(planted == 10);
}

}  // namespace phiscope::analyze::ablation::claims_test
