// SPDX-License-Identifier: MIT
// What the report of ablation says in words: every sentence with every number in it.
#include "ablation/findings.hpp"

#include "catch.hpp"
#include "made_up_ablation.hpp"

namespace phiscope::analyze::ablation::findings_test {

using test::made_up_ablation;

namespace {

Estimate estimate(double value, double low, double high) {
  return {.value = value, .low = low, .high = high};
}

/// Round numbers of their own wherever a sentence looks.
Result result_to_tell_of() {
  Result result = made_up_ablation("one", 100.0);
  for (std::size_t i = 0; i < 5; ++i) {
    OrderResult& order = result.orders[i];
    const double k = static_cast<double>(i);
    order.at_zero = 0.0;
    order.at_all = 4.5;
    order.auc = estimate(1.25 + k, 1.1 + k, 1.4 + k);
    order.auc_ratio = estimate(2.25 + k, 2.1 + k, 2.4 + k);
    order.null.p_more = 0.31 + 0.01 * k;
    order.null.p_less = 0.71 + 0.01 * k;
    order.null.z = -1.5 - k;
  }
  result.orders[1].above.ranges.clear();
  result.orders[2].orders_needed.reset();
  for (std::size_t i = 0; i < 4; ++i) {
    Comparison& pair = result.comparisons[i];
    const double k = static_cast<double>(i);
    pair.difference = estimate(0.5 + k, 0.4 + k, 0.6 + k);
    pair.p_value = 0.011 + 0.001 * k;
    pair.random_pairs_as_far = 1;
  }
  result.comparisons[3].random_pairs_as_far = 30;
  return result;
}

// The sentences as they are written.
const std::vector<std::string> expected = {
    "ranking balance: area under the KL curve 1.25 [1.10, 1.40] nats, 2.25 [2.10, 2.40] times the "
    "mean of 30 random orders, larger than 10 of them; p for more damage 0.310, for less 0.710; "
    "above the random mean at 40 of 50 numbers of heads removed, the longest range from 31.2 % to "
    "56.2 % of the heads.",
    "baseline norm: area under the KL curve 2.25 [2.10, 2.40] nats, 3.25 [3.10, 3.40] times the "
    "mean of 31 random orders, larger than 11 of them; p for more damage 0.320, for less 0.720; "
    "above the random mean at 41 of 51 numbers of heads removed.",
    "ranking tdmi: area under the KL curve 3.25 [3.10, 3.40] nats, 4.25 [4.10, 4.40] times the "
    "mean of 32 random orders, larger than 12 of them; p for more damage 0.330, for less 0.730; "
    "above the random mean at 42 of 52 numbers of heads removed, the longest range from 31.2 % to "
    "56.2 % of the heads.",
    "With 32 random orders the smallest possible p is 0.0303. balance is z = -1.50 standard "
    "deviations from the random areas, so about 400 random orders are needed for p < 0.05; tdmi is "
    "z = -3.50 standard deviations from the random areas, too close for p < 0.05 with any number "
    "of random orders.",
    "Does balance predict damage better than norm? Yes: difference of the areas 1.50 [1.40, 1.60] "
    "nats, larger in 6 of 12 prompts, p = 0.0120 over prompts; 1 of 61 pairs of random orders "
    "differ at least as much.",
    "Does tdmi predict damage better than norm? Not shown: difference of the areas 3.50 [3.40, "
    "3.60] nats, larger in 8 of 12 prompts, p = 0.0140 over prompts; 30 of 63 pairs of random "
    "orders "
    "differ at least as much.",
    "KL with no head removed: 0 nats, measured; with all heads removed: 4.50 nats, measured."};
const std::string too_few_orders =
    "With 8 random orders the smallest possible p is 0.111, so nothing can reach 0.05; use at "
    "least "
    "20. balance is z";
const std::string nothing_to_compare =
    "No random order reaches as far as a ranking: nothing to compare with.";
const std::string no_baseline =
    "No baseline order (head norm, autocorrelation, KL of single heads) is in this sweep: whether "
    "a simpler score predicts damage as well is open.";
const std::string unfinished =
    "Unfinished: order norm of one has 4 of 5 numbers of heads removed; compared are the first 3.";
const std::string no_zero = "No KL with no head removed is measured in one.";
const std::string zero_is_off =
    "With no head removed the KL in one is up to 0.00200 nats, expected 0, so something other than "
    "the heads differs.";
const std::string all_differ =
    "With all heads removed the KL in one differs between orders, 4.5 to 4.625 nats, expected a "
    "single value: once every head is removed, order cannot matter.";

}  // namespace

TEST_CASE("every finding has its numbers", "[findings]") {
  const auto lines = findings({result_to_tell_of()});
  REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i] == expected[i]);
}

TEST_CASE("findings of several sweeps begin with the label", "[findings]") {
  auto other = result_to_tell_of();
  other.label = "two";
  const auto lines = findings({result_to_tell_of(), other});
  REQUIRE(lines.size() == 2 * expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(lines[i] == "one: " + expected[i]);
    CHECK(lines[expected.size() + i] == "two: " + expected[i]);
  }
}

TEST_CASE("what cannot be compared is said", "[findings]") {
  Result result = result_to_tell_of();
  result.orders[0].part = {.from = 2.0, .to = 12.0};
  result.orders[1].auc = {};
  result.comparisons[1].difference = {};
  result.comparisons[3].p_value = Status::too_few_rows;
  result.data.has_prompts = false;
  result.orders[3].at_zero = 0.001;
  result.orders[4].at_all = Status::too_few_rows;
  auto lines = findings({result});
  CHECK_THAT(lines[0], Contains("1.25 [1.10, 1.40] nats (from 12.5 % to 75.0 % of the heads), 2."));
  CHECK(lines[1] ==
        "baseline norm: fewer than two numbers of heads removed are measured, no area.");
  CHECK(lines[4] ==
        "Does balance predict damage better than norm? The two have no part of the "
        "heads in common yet.");
  CHECK(lines[5] ==
        "Does tdmi predict damage better than norm? The table has no prompts to test "
        "with: difference of the areas 3.50 [3.40, 3.60] nats; 30 of 63 pairs of "
        "random orders differ at least as much.");
  CHECK(lines[6] ==
        "KL with no head removed: 0 to 0.00100 nats, as the table says; with all heads "
        "removed: 4.50 nats, as the table says.");
  result.orders[0].null.orders = result.orders[2].null.orders = 0;
  result.comparisons.clear();
  lines = findings({result});
  REQUIRE(lines.size() == 6);
  CHECK_THAT(lines[0], Contains("of the heads); no random order to compare with."));
  CHECK(lines[3] == nothing_to_compare);
  CHECK(lines[4] == no_baseline);
}

TEST_CASE("a verdict needs the prompts and the random orders", "[findings]") {
  Result result = result_to_tell_of();
  const auto verdict = [&result](double difference, double p, std::size_t as_far) {
    Comparison& pair = result.comparisons[1];
    pair.difference.value = difference;
    pair.p_value = p;
    pair.random_pairs = 99;
    pair.random_pairs_as_far = as_far;
    const std::string line = findings({result})[4];
    const std::string question = "Does balance predict damage better than norm? ";
    REQUIRE(line.starts_with(question));
    return line.substr(question.size(), line.find(':') - question.size());
  };
  CHECK(verdict(1.0, 0.049, 3) == "Yes");
  CHECK(verdict(-1.0, 0.049, 3) == "No, worse");
  CHECK(verdict(1.0, 0.05, 3) == "Not shown");
  CHECK(verdict(1.0, 0.049, 4) == "Not shown");  // (1 + 4) / (1 + 99) is not below 0.05
}

TEST_CASE("too few random orders are told", "[findings]") {
  Result result = result_to_tell_of();
  result.orders[0].null.orders = result.orders[2].null.orders = 8;
  CHECK(findings({result})[3].starts_with(too_few_orders));
}

TEST_CASE("every warning has its numbers", "[findings]") {
  using Lines = std::vector<std::string>;
  Result result = result_to_tell_of();
  CHECK(warnings(result).empty());
  result.data.orders[1].measured = 4;
  result.data.orders[1].curve.removed.resize(3);
  CHECK(warnings(result) == Lines{unfinished});
  result = result_to_tell_of();
  result.orders[2].at_zero = -0.002;
  result.orders[3].at_zero = 0.001;
  CHECK(warnings(result) == Lines{zero_is_off});
  for (OrderResult& order : result.orders) order.at_zero = Status::too_few_rows;
  CHECK(warnings(result) == Lines{no_zero});
  result = result_to_tell_of();
  result.orders[4].at_all = 4.625;
  CHECK(warnings(result) == Lines{all_differ});
}

}  // namespace phiscope::analyze::ablation::findings_test
