// SPDX-License-Identifier: MIT
#include "ablation/findings.hpp"

#include "figure/table.hpp"
#include "report/estimate_text.hpp"

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::ablation {
namespace {

std::string prefix(const Result& result, const std::vector<Result>& results) {
  return results.size() > 1 ? result.label + ": " : "";
}

/// Over which part of the heads the areas are, if it is not all of them.
std::string part_text(const Result& result, Stretch part) {
  if (part.from == 0.0 && part.to == static_cast<double>(result.data.heads)) return "";
  return " (from " + report::percent_text(result.fraction(part.from)) + " to " +
         report::percent_text(result.fraction(part.to)) + " of the heads)";
}

std::string against_random(const Result& result, std::size_t index) {
  const Order& order = result.data.orders[index];
  const OrderResult& found = result.orders[index];
  std::string text = std::string(kind_name(order.kind)) + " " + order.name + ": ";
  if (!found.auc.value.ok()) {
    return text + "fewer than two numbers of heads removed are measured, no area.";
  }
  text += "area under the KL curve " + report::bracket_text(found.auc) + " nats" +
          part_text(result, found.part);
  if (found.null.orders == 0) return text + "; no random order to compare with.";
  text += ", " + report::bracket_text(found.auc_ratio) + " times the mean of " +
          std::to_string(found.null.orders) + " random orders, larger than " +
          std::to_string(found.null.below) + " of them; p for more damage " +
          report::short_text(found.null.p_more.value()) + ", for less " +
          report::short_text(found.null.p_less.value()) + "; above the random mean at " +
          std::to_string(found.above.above) + " of " + std::to_string(found.above.compared) +
          " numbers of heads removed";
  const auto longest = std::max_element(
      found.above.ranges.begin(), found.above.ranges.end(),
      [](const AboveRange& a, const AboveRange& b) { return a.points < b.points; });
  if (longest == found.above.ranges.end()) return text + ".";
  return text + ", the longest range from " + report::percent_text(result.fraction(longest->from)) +
         " to " + report::percent_text(result.fraction(longest->to)) + " of the heads.";
}

/// How much the random orders of a sweep can tell.
std::string power_text(const Result& result) {
  std::size_t orders = 0;
  std::string needed;
  for (std::size_t i = 0; i < result.orders.size(); ++i) {
    const Order& order = result.data.orders[i];
    const OrderResult& found = result.orders[i];
    if (order.kind != Kind::ranking || found.null.orders == 0) continue;
    orders = std::max(orders, found.null.orders);
    if (!found.null.z.ok()) continue;
    needed += (needed.empty() ? " " : "; ") + order.name +
              " is z = " + report::short_text(found.null.z.value()) +
              " standard deviations from the random areas, " +
              (found.orders_needed ? "so about " + std::to_string(*found.orders_needed) +
                                         " random orders are needed for p < 0.05"
                                   : "too close for p < 0.05 with any number of random orders");
  }
  if (orders == 0) return "No random order reaches as far as a ranking: nothing to compare with.";
  const double least = 1.0 / (1.0 + static_cast<double>(orders));
  const std::string what = "With " + std::to_string(orders) +
                           " random orders the smallest possible p is " + report::short_text(least);
  return what +
         (least < 0.05 ? "."
                       : ", so nothing can reach 0.05; use at least " +
                             std::to_string(*random_orders_needed(40.0)) + ".") +
         needed + (needed.empty() ? "" : ".");
}

/// Whether a ranking does more damage than a baseline: over prompts, and by more than two random
/// orders differ.
std::string verdict(const Comparison& found) {
  if (!found.p_value.ok()) return "The table has no prompts to test with";
  const double as_far = (1.0 + static_cast<double>(found.random_pairs_as_far)) /
                        (1.0 + static_cast<double>(found.random_pairs));
  if (found.p_value.value() >= 0.05 || as_far >= 0.05) return "Not shown";
  return found.difference.value.value() > 0.0 ? "Yes" : "No, worse";
}

std::vector<std::string> baseline_lines(const Result& result) {
  const auto& orders = result.data.orders;
  std::vector<std::string> lines;
  for (const Comparison& found : result.comparisons) {
    if (!found.against || orders[found.order].kind != Kind::ranking ||
        orders[*found.against].kind != Kind::baseline) {
      continue;
    }
    std::string line = "Does " + orders[found.order].name + " predict damage better than " +
                       orders[*found.against].name + "? ";
    if (!found.difference.value.ok()) {
      lines.push_back(line + "The two have no part of the heads in common yet.");
      continue;
    }
    line += verdict(found) + ": difference of the areas " + report::bracket_text(found.difference) +
            " nats" + part_text(result, found.part);
    if (found.p_value.ok()) {
      line += ", larger in " + std::to_string(found.prompts_more) + " of " +
              std::to_string(result.data.prompts) +
              " prompts, p = " + report::short_text(found.p_value.value()) + " over prompts";
    }
    line += "; " + std::to_string(found.random_pairs_as_far) + " of " +
            std::to_string(found.random_pairs) + " pairs of random orders differ at least as much";
    lines.push_back(line + ".");
  }
  if (lines.empty()) {
    lines.emplace_back(
        "No baseline order (head norm, autocorrelation, KL of single heads) is in this sweep: "
        "whether a simpler score predicts damage as well is open.");
  }
  return lines;
}

/// Least and largest of a number over the orders that have it.
std::optional<Stretch> extremes(const Result& result, Value OrderResult::*which) {
  std::optional<Stretch> found;
  for (const OrderResult& order : result.orders) {
    const Value& value = order.*which;
    if (!value.ok()) continue;
    if (!found) found = Stretch{value.value(), value.value()};
    found->from = std::min(found->from, value.value());
    found->to = std::max(found->to, value.value());
  }
  return found;
}

std::string ends_text(const Result& result) {
  const auto zero = extremes(result, &OrderResult::at_zero);
  const auto all = extremes(result, &OrderResult::at_all);
  // A table can hold a 0 that was assumed, as the published ones do.
  const std::string how = result.data.has_prompts ? "measured" : "as the table says";
  const auto span = [](Stretch range) {
    const std::string from = report::short_text(range.from);
    const std::string to = report::short_text(range.to);
    return from == to ? from : from + " to " + to;
  };
  return "KL with no head removed: " + (zero ? span(*zero) + " nats, " + how : "not measured") +
         "; with all heads removed: " + (all ? span(*all) + " nats, " + how : "not measured") + ".";
}

}  // namespace

std::vector<std::string> warnings(const Result& result) {
  std::vector<std::string> lines;
  for (const Order& order : result.data.orders) {
    if (order.finished()) continue;
    lines.push_back("Unfinished: order " + order.name + " of " + result.label + " has " +
                    std::to_string(order.measured) + " of " + std::to_string(order.planned.size()) +
                    " numbers of heads removed; compared are the first " +
                    std::to_string(order.curve.removed.size()) + ".");
  }
  const auto zero = extremes(result, &OrderResult::at_zero);
  constexpr double noticeable = 1e-4;  // nats; rounding in float32 stays far below
  if (!zero) {
    lines.push_back("No KL with no head removed is measured in " + result.label + ".");
  } else if (std::max(std::abs(zero->from), std::abs(zero->to)) > noticeable) {
    lines.push_back("With no head removed the KL in " + result.label + " is up to " +
                    report::short_text(std::max(std::abs(zero->from), std::abs(zero->to))) +
                    " nats, expected 0, so something other than the heads differs.");
  }
  const auto all = extremes(result, &OrderResult::at_all);
  if (all && all->to - all->from > 1e-6 * std::abs(all->to)) {
    lines.push_back(
        "With all heads removed the KL in " + result.label + " differs between orders, " +
        number_text(all->from) + " to " + number_text(all->to) +
        " nats, expected a single value: once every head is removed, order cannot matter.");
  }
  return lines;
}

std::vector<std::string> findings(const std::vector<Result>& results) {
  std::vector<std::string> lines;
  for (const Result& result : results) {
    for (std::size_t i = 0; i < result.orders.size(); ++i) {
      if (result.data.orders[i].kind == Kind::random) continue;
      lines.push_back(prefix(result, results) + against_random(result, i));
    }
    lines.push_back(prefix(result, results) + power_text(result));
    for (const std::string& line : baseline_lines(result)) {
      lines.push_back(prefix(result, results) + line);
    }
    lines.push_back(prefix(result, results) + ends_text(result));
  }
  return lines;
}

}  // namespace phiscope::analyze::ablation
