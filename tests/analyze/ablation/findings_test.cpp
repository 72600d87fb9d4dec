// SPDX-License-Identifier: MIT
// What the report of ablation says in words without claiming anything: every sentence whole.
#include "ablation/findings.hpp"

#include "catch.hpp"
#include "made_up_ablation.hpp"

namespace phiscope::analyze::ablation::findings_test {

using test::made_up_ablation;
using Lines = std::vector<std::string>;

namespace {

/// Round numbers of their own wherever a sentence looks.
Result result_to_tell_of() {
  Result result = made_up_ablation("one", 100.0);
  for (std::size_t i = 0; i < result.orders.size(); ++i) {
    OrderResult& order = result.orders[i];
    order.at_zero = 0.0;
    order.at_all = 4.5;
    order.null.z = 1.5 + static_cast<double>(i);
    order.null.p_more = 0.25;
  }
  result.orders[1].null.z = -0.25;
  result.orders[1].above.ranges.clear();
  result.orders[2].orders_needed.reset();
  result.random_above = {12.0, 44.0};
  return result;
}

// The sentences as they are written.
const Lines expected = {
    "balance is above the random mean at 40 of 50 numbers of heads removed, longest from 31.2 % to "
    "56.2 % of the heads (random orders, against the others: 12 to 44).",
    "balance is 1.50 standard deviations above the mean area of 30 random orders; if areas are "
    "normal and the order stays at z = 1.50, about 400 random orders give an expected p below "
    "0.05.",
    "norm is above the random mean at 41 of 51 numbers of heads removed (random orders, against "
    "the others: 12 to 44).",
    "norm is 0.250 standard deviations below the mean area of 31 random orders.",
    "tdmi is above the random mean at 42 of 52 numbers of heads removed, longest from 31.2 % to "
    "56.2 % of the heads (random orders, against the others: 12 to 44).",
    "tdmi is 3.50 standard deviations above the mean area of 32 random orders; if areas are "
    "normal, at this z the expected p stays above 0.05 however many orders are drawn.",
    "KL with no head removed: 0 nats, measured; with all heads removed: 4.50 nats, measured.",
    "The output of a removed head becomes zero at every position."};
const std::string no_layers =
    "No layer-matched orders (random-in-layer) are in this sweep: whether a ranking adds to the "
    "depth of its heads is open.";
const std::string no_baseline =
    "No baseline order (head norm, autocorrelation, KL of single heads) is in this sweep: whether "
    "a simpler score predicts damage as well is open.";
const std::string no_primary =
    "The run's primary comparison, balance:in-layer, is not among the orders analysed.";
const std::string unfinished =
    "Unfinished: order norm of one has 4 of 5 numbers of heads removed; compared are the first 3.";
const std::string one_point =
    "Unfinished: order norm of one has 4 of 5 numbers of heads removed; compared is the first.";
const std::string no_point =
    "Unfinished: order norm of one has 4 of 5 numbers of heads removed; none is compared.";
const std::string no_zero = "No KL with no head removed is measured in one.";
const std::string zero_is_off =
    "With no head removed the KL in one is up to 0.00200 nats, expected 0, so something other than "
    "the heads differs.";
const std::string all_differ =
    "With all heads removed the KL in one differs between orders, 4.5 to 4.625 nats, expected a "
    "single value: once every head is removed, order cannot matter.";

bool has(const Lines& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

TEST_CASE("every finding has its numbers", "[findings]") {
  const auto lines = findings({result_to_tell_of()});
  REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(lines[i] == expected[i]);
    CHECK(lines[i].size() <= 260);
  }
}

TEST_CASE("how many orders are needed is told only while the rank does not show it", "[findings]") {
  Result result = result_to_tell_of();
  OrderResult& balance = result.orders[0];
  const std::string plain =
      "balance is 1.50 standard deviations above the mean area of 30 random orders.";
  const auto told = [&result] { return findings({result})[1]; };
  balance.null.p_more = 0.0501;
  CHECK(told() == expected[1]);
  balance.null.p_more = 0.05;
  CHECK(told() == plain);
  balance.null.p_more = 0.25;
  balance.orders_needed = 31;
  CHECK_THAT(told(), Contains("about 31 random orders give"));
  balance.orders_needed = 30;  // so many were drawn: their areas are not normal
  CHECK(told() == plain);
  balance.orders_needed.reset();
  balance.null.p_more = 0.05;
  CHECK(told() == plain);
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

TEST_CASE("what a sweep leaves open is said", "[findings]") {
  Result result = result_to_tell_of();
  result.data.primary = "balance:in-layer";
  for (const std::string& line : {no_layers, no_baseline, no_primary}) {
    CHECK_FALSE(has(findings({result}), line));
  }
  const Result whole = result;
  const auto without = [&whole](std::size_t order) {
    Result part = whole;
    part.data.orders.erase(part.data.orders.begin() + static_cast<std::ptrdiff_t>(order));
    part.orders.erase(part.orders.begin() + static_cast<std::ptrdiff_t>(order));
    return findings({part});
  };
  CHECK(has(without(5), no_layers));
  CHECK(has(without(1), no_baseline));
  CHECK(has(without(0), no_primary));
  result.data.has_prompts = false;
  result.data.removal.clear();
  result.orders[3].at_zero = 0.001;
  result.orders[4].at_all = Status::too_few_rows;
  result.orders[0].above = {};
  const Lines lines = findings({result});
  REQUIRE(lines.size() == 6);  // balance has no random order to be above of
  CHECK(lines[0] == expected[2]);
  CHECK(lines[4] ==
        "KL with no head removed: 0 to 0.00100 nats, as the table says; with all heads removed: "
        "4.50 nats, as the table says.");
  CHECK(lines[5] == "How heads were removed is not in the table.");
  CHECK(removal_text("mean") == "the head's mean over all positions of the texts");
  CHECK(removal_text("resample") == "what the head computes at the same position of another text");
}

TEST_CASE("every warning has its numbers", "[findings]") {
  Result result = result_to_tell_of();
  CHECK(warnings(result).empty());
  result.data.orders[1].measured = 4;
  result.data.orders[1].curve.removed.resize(3);
  CHECK(warnings(result) == Lines{unfinished});
  result.data.orders[1].curve.removed.resize(1);
  CHECK(warnings(result) == Lines{one_point});
  result.data.orders[1].curve.removed.clear();
  CHECK(warnings(result) == Lines{no_point});
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
