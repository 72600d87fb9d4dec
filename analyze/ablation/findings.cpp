// SPDX-License-Identifier: MIT
#include "ablation/findings.hpp"

#include "ablation/claims.hpp"
#include "figure/table.hpp"
#include "report/estimate_text.hpp"

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::ablation {
namespace {

std::string prefix(const Result& result, const std::vector<Result>& results) {
  return results.size() > 1 ? result.label + ": " : "";
}

/// Where along the heads an order is above the random mean, beside how often random orders are. It
/// describes: points of one curve depend on each other.
std::string above_text(const Result& result, std::size_t index) {
  const AbovePoints& above = result.orders[index].above;
  std::string text = result.data.orders[index].name + " is above the random mean at " +
                     std::to_string(above.above) + " of " + std::to_string(above.compared) +
                     " numbers of heads removed";
  const auto longest = std::max_element(
      above.ranges.begin(), above.ranges.end(),
      [](const AboveRange& a, const AboveRange& b) { return a.points < b.points; });
  if (longest != above.ranges.end()) {
    text += ", longest from " + report::percent_text(result.fraction(longest->from)) + " to " +
            report::percent_text(result.fraction(longest->to)) + " of the heads";
  }
  if (result.random_above) {
    text += " (random orders, against the others: " + number_text(result.random_above->from) +
            " to " + number_text(result.random_above->to) + ")";
  }
  return text + ".";
}

/// How many random orders an order would need whose rank does not show it yet. z is an
/// estimate and areas need not be normal: where the orders at hand contradict that nothing is said.
std::string needed_text(const OrderResult& found) {
  const double z = found.null.z.value();
  const Value& p = found.null.p_more;
  if (z < 0.0 || !p.ok() || p.value() <= report::primary_level) return "";
  if (!found.orders_needed) {
    return "; if areas are normal, at this z the expected p stays above 0.05 however many orders "
           "are drawn";
  }
  if (*found.orders_needed <= static_cast<std::int64_t>(found.null.orders)) return "";
  return "; if areas are normal and the order stays at z = " + report::short_text(z) + ", about " +
         std::to_string(*found.orders_needed) + " random orders give an expected p below 0.05";
}

/// How far an order is from the random orders, and how many would be needed to tell.
std::string distance_text(const Result& result, std::size_t index) {
  const OrderResult& found = result.orders[index];
  const double z = found.null.z.value();
  return result.data.orders[index].name + " is " + report::short_text(std::abs(z)) +
         " standard deviations " + (z < 0.0 ? "below" : "above") + " the mean area of " +
         std::to_string(found.null.orders) + " random orders" + needed_text(found) + ".";
}

/// What the sweep leaves open.
std::vector<std::string> open_questions(const Result& result) {
  const auto& orders = result.data.orders;
  const auto has = [&orders](Kind kind) {
    return std::any_of(orders.begin(), orders.end(),
                       [kind](const Order& order) { return order.kind == kind; });
  };
  std::vector<std::string> lines;
  if (has(Kind::ranking) && !has(Kind::random_in_layer)) {
    lines.emplace_back(
        "No layer-matched orders (random-in-layer) are in this sweep: whether a ranking adds to "
        "the depth of its heads is open.");
  }
  if (!has(Kind::baseline)) {
    lines.emplace_back(
        "No baseline order (head norm, autocorrelation, KL of single heads) is in this sweep: "
        "whether a simpler score predicts damage as well is open.");
  }
  const auto& primary = result.data.primary;
  if (primary && !primary->empty()) {
    const std::string name = primary->substr(0, primary->find(in_layer_suffix));
    if (std::none_of(orders.begin(), orders.end(),
                     [&name](const Order& order) { return order.name == name; })) {
      lines.push_back("The run's primary comparison, " + *primary +
                      ", is not among the orders analysed.");
    }
  }
  return lines;
}

/// How much of an unfinished order is compared.
std::string compared_text(std::size_t points) {
  if (points == 0) return "none is compared";
  return points == 1 ? "compared is the first" : "compared are the first " + std::to_string(points);
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

std::string removal_text(const std::string& removal) {
  if (removal == "zero") return "zero at every position";
  if (removal == "mean") return "the head's mean over all positions of the texts";
  if (removal == "resample") return "what the head computes at the same position of another text";
  return "what is not in the table";
}

std::vector<std::string> warnings(const Result& result) {
  std::vector<std::string> lines;
  for (const Order& order : result.data.orders) {
    if (order.finished()) continue;
    lines.push_back("Unfinished: order " + order.name + " of " + result.label + " has " +
                    std::to_string(order.measured) + " of " + std::to_string(order.planned.size()) +
                    " numbers of heads removed; " + compared_text(order.curve.removed.size()) +
                    ".");
  }
  if (!extremes(result, &OrderResult::at_zero)) {
    lines.push_back("No KL with no head removed is measured in " + result.label + ".");
  } else if (const auto largest = kl_without_removal(result)) {
    lines.push_back("With no head removed the KL in " + result.label + " is up to " +
                    report::short_text(*largest) +
                    " nats, expected 0, so something other than the heads differs.");
  }
  if (const auto all = different_ends(result)) {
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
    const std::string run = prefix(result, results);
    for (std::size_t i = 0; i < result.orders.size(); ++i) {
      const OrderResult& found = result.orders[i];
      if (is_drawn(result.data.orders[i].kind) || found.above.compared == 0) continue;
      lines.push_back(run + above_text(result, i));
      if (found.null.z.ok()) lines.push_back(run + distance_text(result, i));
    }
    for (const std::string& line : open_questions(result)) lines.push_back(run + line);
    lines.push_back(run + ends_text(result));
    if (result.data.removal.empty()) {
      lines.push_back(run + "How heads were removed is not in the table.");
    } else {
      lines.push_back(run + "The output of a removed head becomes " +
                      removal_text(result.data.removal) + ".");
    }
  }
  return lines;
}

}  // namespace phiscope::analyze::ablation
