// SPDX-License-Identifier: MIT
#include "ablation/analysis/analysis.hpp"

#include "ablation/claims.hpp"
#include "ablation/findings.hpp"
#include "analyze/ablation/synthetic_ablation.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

#include <phiscope/ratio_to_others.hpp>

#include <algorithm>
#include <cmath>

using namespace phiscope::analyze::ablation;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::SyntheticAblation;
using phiscope::test::TempDir;
using phiscope::test::write_synthetic_ablation;

namespace {

Result result_of(const SyntheticAblation& options, const std::vector<std::int64_t>& skip = {},
                 std::size_t threads = 1) {
  const TempDir folder;
  write_synthetic_ablation(folder.path() / "run", options, skip);
  return analyze(read_ablation_run(folder.path() / "run", {.allow_partial = !skip.empty()}),
                 {.resamples = 100, .threads = threads});
}

/// Area of one prompt up to `steps` steps, in the plainest way.
double plain_area(const SyntheticAblation& options, std::size_t order, std::int64_t prompt,
                  std::size_t steps) {
  double area = 0.0;
  for (std::size_t i = 1; i < steps; ++i) {
    const double width = static_cast<double>(options.removed[i] - options.removed[i - 1]) /
                         static_cast<double>(options.heads);
    area += width * 0.5 *
            (options.value(order, options.removed[i], prompt) +
             options.value(order, options.removed[i - 1], prompt));
  }
  return area;
}

double plain_mean_area(const SyntheticAblation& options, std::size_t order, std::size_t steps) {
  double sum = 0.0;
  for (std::int64_t p = 0; p < options.prompts; ++p) sum += plain_area(options, order, p, steps);
  return sum / static_cast<double>(options.prompts);
}

double plain_mean(const SyntheticAblation& options, std::size_t order, std::int64_t count) {
  double sum = 0.0;
  for (std::int64_t p = 0; p < options.prompts; ++p) sum += options.value(order, count, p);
  return sum / static_cast<double>(options.prompts);
}

}  // namespace

TEST_CASE("areas, ratios and ranks against plain sums", "[analysis]") {
  const SyntheticAblation options;
  const Result found = result_of(options);
  const double random = (plain_mean_area(options, 2, 5) + plain_mean_area(options, 3, 5) +
                         plain_mean_area(options, 4, 5)) /
                        3.0;
  for (const std::size_t order : {0U, 1U}) {
    const OrderResult& each = found.orders[order];
    const double area = plain_mean_area(options, order, 5);
    CHECK(each.auc.value.value() == Approx(area).epsilon(1e-12));
    CHECK(each.auc_ratio.value.value() == Approx(area / random).epsilon(1e-12));
    CHECK(each.auc.low.value() < area);
    CHECK(each.auc.high.value() > area);
    CHECK(each.auc_ratio.low == Value(Status::few_units));  // three random orders
    CHECK(each.null.orders == 3);
    CHECK(each.null.mean.value() == Approx(random).epsilon(1e-12));
    CHECK(each.null.p_more == Value(0.25));  // concave curves: above all random orders
    CHECK(each.null.p_less == Value(1.0));
    CHECK(each.above.compared == 4);
    CHECK(each.above.above == 3);  // equal with all heads removed
    CHECK(each.at_zero == Value(0.0));
    CHECK(each.at_all.value() == Approx(plain_mean(options, order, 8)));
  }
  // A random order is compared with the others.
  CHECK(found.orders[4].null.orders == 2);
  CHECK(found.orders[4].null.p_less.value() == Approx(1.0 / 3.0));
}

TEST_CASE("the interval of a ratio draws orders and prompts, and is not made of few",
          "[analysis]") {
  SyntheticAblation options;
  for (int i = 3; i < 6; ++i) {
    options.orders.push_back({"random:" + std::to_string(i), "random", 1.2 + 0.3 * i});
  }
  const Result found = result_of(options);
  const phiscope::Estimate& ratio = found.orders[0].auc_ratio;
  CHECK(ratio.units == 6);
  CHECK(ratio.covers == "random orders and prompts");
  std::vector<double> own;
  std::vector<std::vector<double>> others(6);
  for (std::int64_t p = 0; p < 5; ++p) {
    own.push_back(plain_area(options, 0, p, 5));
    for (std::size_t o = 0; o < 6; ++o) others[o].push_back(plain_area(options, o + 2, p, 5));
  }
  const phiscope::Estimate wanted = phiscope::ratio_to_others(own, others, {.resamples = 100});
  CHECK(ratio.low.value() == Approx(wanted.low.value()).epsilon(1e-12));
  CHECK(ratio.high.value() == Approx(wanted.high.value()).epsilon(1e-12));
  // Each random order against the five others.
  double least = 1e9;
  double most = 0.0;
  for (std::size_t o = 2; o < 8; ++o) {
    const double one = found.orders[o].auc_ratio.value.value();
    least = std::min(least, one);
    most = std::max(most, one);
    CHECK(found.orders[o].auc_ratio.units == 5);
  }
  CHECK(found.random_ratios->from == least);
  CHECK(found.random_ratios->to == most);
  CHECK(found.random_above->from == 0);  // the order of the largest power is below all others
  CHECK(found.random_above->to == 3);    // that of the smallest above, but with all heads removed
  options.prompts = 1;
  CHECK(result_of(options).orders[0].auc_ratio.value.ok());
  CHECK(result_of(options).orders[0].auc_ratio.high == Value(Status::few_units));
}

TEST_CASE("a ranking against the orders within its layers", "[analysis]") {
  SyntheticAblation options;
  options.orders.push_back({"a", "random-in-layer", 1.1});
  options.orders.push_back({"b", "random-in-layer", 0.9});
  options.orders.push_back({"c", "random-in-layer", 1.3});
  const Result found = result_of(options);
  REQUIRE(found.orders[0].in_layer);
  CHECK_FALSE(found.orders[1].in_layer);
  CHECK_FALSE(found.orders[5].in_layer);
  const InLayer& matched = *found.orders[0].in_layer;
  const double mean = (plain_mean_area(options, 5, 5) + plain_mean_area(options, 6, 5) +
                       plain_mean_area(options, 7, 5)) /
                      3.0;
  CHECK(matched.auc_ratio.value.value() ==
        Approx(plain_mean_area(options, 0, 5) / mean).epsilon(1e-12));
  CHECK(matched.null.orders == 3);
  CHECK(matched.null.below == 2);  // those of larger powers
  CHECK(matched.null.p_more == Value(2.0 / 4.0));
  CHECK(found.orders[0].null.orders == 3);  // of random orders, these are none
  for (const Comparison& pair : found.comparisons) CHECK(pair.order < 2);
  CHECK(found.band[1].orders == 3);
}

TEST_CASE("points, shares and the band against plain means", "[analysis]") {
  const SyntheticAblation options;
  const Result found = result_of(options);
  REQUIRE(found.orders[0].points.size() == 5);
  CHECK(found.orders[0].points[1].removed == 2);
  CHECK(found.orders[0].points[1].kl.value.value() == Approx(plain_mean(options, 0, 2)));

  REQUIRE(found.orders[0].eighths.size() == 8);  // steps of 2 of 8 heads: every second is measured
  const Share& measured = found.orders[0].eighths[3];
  CHECK(measured.removed == 4);
  CHECK(measured.is_measured);
  CHECK(measured.kl == Approx(plain_mean(options, 0, 4)));
  const double random =
      (plain_mean(options, 2, 4) + plain_mean(options, 3, 4) + plain_mean(options, 4, 4)) / 3.0;
  CHECK(measured.random.value() == Approx(random));
  const Share& between = found.orders[0].eighths[2];
  CHECK_FALSE(between.is_measured);
  CHECK(between.kl == Approx(0.5 * (plain_mean(options, 0, 2) + plain_mean(options, 0, 4))));
  CHECK(found.orders[0].grid.size() == 41);
  CHECK(found.orders[0].grid.front().removed == 0);

  REQUIRE(found.band.size() == 5);
  const BandPoint& band = found.band[2];
  CHECK(band.removed == 4);
  CHECK(band.orders == 3);
  CHECK(band.mean.value.value() == Approx(random));
  CHECK(band.low == Approx(plain_mean(options, 4, 4)));
  CHECK(band.high == Approx(plain_mean(options, 2, 4)));
  double squares = 0.0;
  for (const std::size_t order : {2U, 3U, 4U}) {
    squares += std::pow(plain_mean(options, order, 4) - random, 2.0);
  }
  CHECK(band.sd.value() == Approx(std::sqrt(squares / 2.0)));
}

TEST_CASE("a ranking is compared with every baseline prompt by prompt", "[analysis]") {
  const SyntheticAblation options;
  const Result found = result_of(options);
  REQUIRE(found.comparisons.size() ==
          3);  // ranking - random, ranking - baseline, baseline - random
  const auto baseline =
      std::find_if(found.comparisons.begin(), found.comparisons.end(),
                   [](const Comparison& each) { return each.against == std::optional(1UL); });
  REQUIRE(baseline != found.comparisons.end());
  CHECK(baseline->order == 0);
  const double difference = plain_mean_area(options, 0, 5) - plain_mean_area(options, 1, 5);
  CHECK(baseline->difference.value.value() == Approx(difference).epsilon(1e-12));
  CHECK(difference < 0.0);
  std::size_t more = 0;
  for (std::int64_t p = 0; p < 5; ++p) {
    more += plain_area(options, 0, p, 5) > plain_area(options, 1, p, 5) ? 1 : 0;
  }
  CHECK(baseline->prompts_more == more);
  CHECK(baseline->p_value == Value(2.0 / 32.0));  // all five prompts agree: two of 2^5 signs
  CHECK(baseline->least_p == 2.0 / 32.0);
  // Areas of the two and the random orders, two by two, but for the two themselves.
  std::size_t as_far = 0;
  for (std::size_t a = 2; a < 5; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      const double apart = plain_mean_area(options, a, 5) - plain_mean_area(options, b, 5);
      as_far += std::abs(apart) >= std::abs(difference) ? 1 : 0;
    }
  }
  CHECK(baseline->pairs == 9);
  CHECK(baseline->pairs_as_far == as_far);
  CHECK(as_far == 6);
  CHECK(baseline->among_pairs.p_value == Value(7.0 / 10.0));
  CHECK(baseline->among_pairs.least_p == 0.1);
  // The orders are 0 1 ... 7 and 1 2 ... 7 0: 1 - 6 (7 + 49) / (8 * 63).
  CHECK(baseline->rank_correlation.value() == Approx(1.0 - 6.0 * 56.0 / 504.0));
  const Comparison& random = found.comparisons[0];
  CHECK(random.order == 0);
  CHECK_FALSE(random.against.has_value());
  CHECK(random.difference.value.value() ==
        Approx(found.orders[0].auc.value.value() - found.orders[0].null.mean.value()));
}

TEST_CASE("an order that does less damage than its baseline is compared the same way round",
          "[analysis]") {
  SyntheticAblation options;
  std::swap(options.orders[0], options.orders[1]);
  const Result found = result_of(options);
  const auto pair =
      std::find_if(found.comparisons.begin(), found.comparisons.end(),
                   [](const Comparison& each) { return each.against == std::optional(0UL); });
  REQUIRE(pair != found.comparisons.end());
  CHECK(pair->order == 1);
  CHECK(found.data.orders[pair->order].kind == Kind::ranking);
}

TEST_CASE("an unfinished order is compared over its beginning", "[analysis]") {
  const SyntheticAblation options;
  // balance stops after three steps, random:1 after four, random:2 has two.
  const Result found = result_of(options, {3, 4, 19, 22, 23, 24});
  const OrderResult& balance = found.orders[0];
  CHECK(balance.part.to == 4);
  CHECK(balance.null.orders == 2);  // random:2 does not reach as far
  CHECK(balance.auc.value.value() == Approx(plain_mean_area(options, 0, 3)).epsilon(1e-12));
  const double random = 0.5 * (plain_mean_area(options, 2, 3) + plain_mean_area(options, 3, 3));
  CHECK(balance.auc_ratio.value.value() ==
        Approx(plain_mean_area(options, 0, 3) / random).epsilon(1e-12));
  CHECK(balance.at_all == Value(Status::too_few_rows));
  CHECK(balance.eighths.size() == 4);
  CHECK(found.orders[1].null.orders == 1);  // only random:0 is finished
  CHECK(found.band[1].orders == 3);
  CHECK(found.band[3].orders == 2);
  CHECK(found.band[4].orders == 1);
  const auto lines = warnings(found);
  REQUIRE(lines.size() == 3);
  CHECK_THAT(lines[0], Contains("order balance of run has 3 of 5 numbers of heads removed"));
  CHECK_THAT(lines[1], Contains("random:1") && Contains("4 of 5"));
  CHECK_THAT(lines[2], Contains("random:2") && Contains("2 of 5"));
}

TEST_CASE("orders without a point or without random orders have no areas to compare",
          "[analysis]") {
  const SyntheticAblation options;
  const Result begun = result_of(options, {0, 1, 2, 3, 4, 6, 7, 8, 9});
  CHECK(begun.orders[0].points.empty());
  CHECK(begun.orders[0].auc.value == Value(Status::too_few_rows));
  CHECK(begun.orders[1].points.size() == 1);
  CHECK(begun.orders[1].auc.value == Value(Status::too_few_rows));
  CHECK(begun.orders[1].null.orders == 0);
  SyntheticAblation alone = options;
  alone.orders.resize(2);
  const Result found = result_of(alone);
  CHECK(found.band.empty());
  CHECK(found.orders[0].auc.value.ok());
  CHECK(found.orders[0].auc_ratio.value == Value(Status::too_few_rows));
  CHECK(found.orders[0].above.compared == 0);
  CHECK(found.orders[0].eighths[0].random == Value(Status::too_few_rows));
  CHECK(claims({found})[0].design == "no random order");
  CHECK_FALSE(claims({found})[0].p.ok());
}

TEST_CASE("KL without ablation and with all heads removed is checked", "[analysis]") {
  SyntheticAblation options;
  const auto formula = options;
  options.kl = [formula](std::size_t order, std::int64_t removed, std::int64_t prompt) {
    const double offset = removed == 0 ? 0.01 : removed == 8 && order == 3 ? 1e-3 : 0.0;
    return formula.value(order, removed, prompt) + offset;
  };
  const auto lines = warnings(result_of(options));
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[0], Contains("With no head removed the KL in run is up to 0.0100 nats"));
  CHECK_THAT(lines[1], Contains("With all heads removed the KL in run differs between orders"));
  CHECK(warnings(result_of(formula)).empty());
  SyntheticAblation without = formula;
  without.removed = {2, 4, 8};
  const Result found = result_of(without);
  CHECK(found.orders[0].at_zero == Value(Status::too_few_rows));  // not assumed
  CHECK(found.orders[0].part.from == 2);
  REQUIRE(warnings(found).size() == 1);
  CHECK_THAT(warnings(found)[0], Contains("No KL with no head removed is measured"));
}

TEST_CASE("two orders are compared over what both have", "[analysis]") {
  Ablation ablation;
  ablation.heads = 8;
  ablation.prompts = 1;
  const auto add = [&ablation](const std::string& name, Curve curve) {
    Order order{.name = name};
    order.curve = std::move(curve);
    ablation.orders.push_back(std::move(order));
  };
  add("late", {.removed = {2, 4, 8}, .kl = {1, 3, 3}, .prompts = 1});
  add("short", {.removed = {0, 4, 6}, .kl = {0, 2, 2}, .prompts = 1});
  ablation.orders[0].heads = {1, 2, 0, 3};  // places of the heads: 2 0 1 3
  ablation.orders[1].heads = {0, 2, 1, 3};  // 0 2 1 3
  for (int round = 0; round < 2; ++round) {
    const Result found = analyze(ablation, {.resamples = 10});
    REQUIRE(found.comparisons.size() == 3);
    const Comparison& pair = found.comparisons[1];
    CHECK(pair.part.from == 2);
    CHECK(pair.part.to == 6);
    // From 2 to 6 of 8 heads: 2 * 2 + 2 * 3 = 10 and 2 * 1.5 + 2 * 2 = 7.
    const double sign = round == 0 ? 1.0 : -1.0;
    CHECK(pair.difference.value.value() == Approx(sign * 3.0 / 8.0));
    CHECK(pair.rank_correlation.value() == Approx(1.0 - 6.0 * 8.0 / 60.0));
    CHECK_FALSE(pair.p_value.ok());  // no prompts to test with
    std::swap(ablation.orders[0], ablation.orders[1]);
  }
}

TEST_CASE("any number of threads gives the same numbers", "[analysis]") {
  const SyntheticAblation options;
  const Result one = result_of(options);
  const Result more = result_of(options, {}, 3);
  for (std::size_t i = 0; i < one.orders.size(); ++i) {
    CHECK(one.orders[i].auc.low == more.orders[i].auc.low);
    CHECK(one.orders[i].auc_ratio.high == more.orders[i].auc_ratio.high);
  }
}
