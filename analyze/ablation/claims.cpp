// SPDX-License-Identifier: MIT
#include "ablation/claims.hpp"

#include "report/estimate_text.hpp"

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::ablation {
namespace {

using report::Claim;
using report::Role;

/// The primary comparison: the one that the plan names, or the default of a plan that names none.
struct Primary {
  std::string name = {};  ///< an order, perhaps with in_layer_suffix; empty: none
  Role role = Role::primary;
};

Primary primary_of(const Ablation& data) {
  if (data.primary) return {.name = *data.primary};
  for (const Kind kind : {Kind::ranking, Kind::baseline}) {
    const auto found = std::find_if(data.orders.begin(), data.orders.end(),
                                    [kind](const Order& order) { return order.kind == kind; });
    if (found != data.orders.end()) return {.name = found->name, .role = Role::unnamed};
  }
  return {};
}

/// Severe warnings that concern an order.
std::vector<std::string> caveats(const Result& result, const Order& order, Stretch part) {
  std::vector<std::string> found;
  if (!order.finished()) {
    found.push_back("the order is unfinished" + part_text(result, part));
  } else if (const std::string text = part_text(result, part); !text.empty()) {
    found.push_back("compared only" + text);
  }
  if (kl_without_removal(result)) found.emplace_back("KL is not 0 with no head removed");
  if (different_ends(result)) found.emplace_back("orders differ with all heads removed");
  return found;
}

/// An order against orders that are drawn.
Claim against_drawn(const Result& result, std::size_t index, const std::string& about,
                    const RandomNull& null, const Estimate& ratio, Stretch part,
                    const std::string& drawn) {
  const Order& order = result.data.orders[index];
  Claim claim{.about = order.name + " " + about,
              .p = null.p_more,
              .least_p = null.least_p.value_or(1.0),
              .design = count_text(null.orders, drawn, drawn + "s"),
              .caveats = caveats(result, order, part)};
  if (!result.orders[index].auc.value.ok()) {
    claim.design = "fewer than two numbers of heads removed";
    return claim;
  }
  if (null.orders == 0) return claim;
  claim.evidence = "AUC ratio " + ratio_text(result, ratio, drawn);
  return claim;
}

Claim against_random(const Result& result, std::size_t index) {
  const OrderResult& found = result.orders[index];
  Claim claim = against_drawn(result, index, "does more damage than random orders", found.null,
                              found.auc_ratio, found.part, "random order");
  if (!claim.evidence.empty() && result.random_ratios) {
    claim.evidence += "; random orders " + report::short_text(result.random_ratios->from) + " to " +
                      report::short_text(result.random_ratios->to);
  }
  return claim;
}

Claim against_layers(const Result& result, std::size_t index) {
  const InLayer& found = *result.orders[index].in_layer;
  return against_drawn(result, index, "does more damage than random orders within its layers",
                       found.null, found.auc_ratio, found.part, "layer-matched order");
}

/// The difference the other way round.
Estimate negated(Estimate difference) {
  const auto minus = [](const Value& value) { return value.ok() ? Value(-value.value()) : value; };
  const Value low = difference.low;
  difference.value = minus(difference.value);
  difference.low = minus(difference.high);
  difference.high = minus(low);
  return difference;
}

/// Units of the interval of a difference, or why there is none.
std::string difference_units(const Result& result, const Estimate& difference) {
  if (difference.low.ok()) return report::units_text(difference);
  // A table of means does not give its number of prompts: the 1 that is counted for it is none.
  return "no interval: " + (result.data.has_prompts ? report::no_interval_text(difference)
                                                    : "the table does not give prompts");
}

/// A ranking against a baseline: over prompts, and among pairs of orders.
Claim against_baseline(const Result& result, const Comparison& found) {
  const auto& orders = result.data.orders;
  const bool more = found.difference.value.value_or(0.0) >= 0.0;
  const std::string& first = orders[more ? found.order : *found.against].name;
  const std::string& second = orders[more ? *found.against : found.order].name;
  Claim claim{.about = first + " does more damage than " + second,
              .p = found.among_pairs.p_value,
              .least_p = found.among_pairs.least_p,
              .design = count_text(found.pairs, "other pair of orders", "other pairs of orders"),
              .caveats = caveats(result, orders[found.order], found.part)};
  if (!found.difference.value.ok()) {
    claim.design = "no part of the heads in common";
    return claim;
  }
  Estimate difference = found.difference;
  if (!more) difference = negated(difference);
  claim.evidence = "areas differ by " + report::bracket_text(difference) + " nats (" +
                   difference_units(result, difference) + ")";
  if (result.data.has_prompts) {
    const Status status = first_reason(claim.p.status(), found.p_value.status());
    claim.p = status == Status::ok ? Value(std::max(claim.p.value(), found.p_value.value()))
                                   : Value(status);
    claim.least_p = std::max(claim.least_p, found.least_p);
    claim.design = count_text(result.data.prompts, "prompt", "prompts") + " and " + claim.design;
  }
  if (found.pairs > 0) {
    claim.evidence += ", " + std::to_string(found.pairs_as_far) + " of " +
                      count_text(found.pairs, "other pair", "other pairs") + " by as much";
  }
  return claim;
}

/// The claims of one sweep.
std::vector<Claim> claims_of(const Result& result) {
  const Primary primary = primary_of(result.data);
  const auto& orders = result.data.orders;
  std::vector<Claim> all;
  const auto add = [&](Claim claim, const std::string& name) {
    if (name == primary.name) claim.role = primary.role;
    all.push_back(std::move(claim));
  };
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (is_drawn(orders[i].kind) && orders[i].name != primary.name) continue;
    add(against_random(result, i), orders[i].name);
    if (!result.orders[i].in_layer) continue;
    add(against_layers(result, i), orders[i].name + std::string(in_layer_suffix));
  }
  for (const Comparison& found : result.comparisons) {
    if (!found.against || orders[found.order].kind != Kind::ranking ||
        orders[*found.against].kind != Kind::baseline) {
      continue;
    }
    all.push_back(against_baseline(result, found));
  }
  return all;
}

}  // namespace

std::string count_text(std::size_t number, const std::string& one, const std::string& more) {
  if (number == 0) return "no " + one;
  return std::to_string(number) + " " + (number == 1 ? one : more);
}

std::string ratio_text(const Result& result, const Estimate& ratio, const std::string& drawn) {
  std::string value = report::bracket_text(ratio);
  if (!ratio.value.ok()) return value;
  const std::string prompts = count_text(result.data.prompts, "prompt", "prompts");
  const std::string orders = count_text(ratio.units, drawn, drawn + "s");
  if (ratio.low.ok()) {
    return value + " (95 %, " + (result.data.has_prompts ? prompts + ", " : "") + orders + ")";
  }
  if (ratio.low.status() != Status::few_units) {
    return value + " (no interval: " + report::no_interval_text(ratio) + ")";
  }
  const bool few_orders = ratio.units < least_units;
  return value + " (no interval: " + (few_orders ? orders : prompts) + ", expected at least " +
         std::to_string(least_units) + ")";
}

std::string part_text(const Result& result, Stretch part) {
  if (part.from == 0.0 && part.to == static_cast<double>(result.data.heads)) return "";
  return " (from " + report::percent_text(result.fraction(part.from)) + " to " +
         report::percent_text(result.fraction(part.to)) + " of the heads)";
}

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

std::optional<double> kl_without_removal(const Result& result) {
  constexpr double noticeable = 1e-4;  // nats; rounding in float32 stays far below
  const auto zero = extremes(result, &OrderResult::at_zero);
  if (!zero) return std::nullopt;
  const double largest = std::max(std::abs(zero->from), std::abs(zero->to));
  return largest > noticeable ? std::optional(largest) : std::nullopt;
}

std::optional<Stretch> different_ends(const Result& result) {
  const auto all = extremes(result, &OrderResult::at_all);
  return all && all->to - all->from > 1e-6 * std::abs(all->to) ? all : std::nullopt;
}

std::vector<Claim> claims(const std::vector<Result>& results) {
  std::vector<Claim> all;
  for (const Result& result : results) {
    for (Claim& claim : claims_of(result)) {
      if (results.size() > 1) claim.about = result.label + ": " + claim.about;
      all.push_back(std::move(claim));
    }
  }
  report::correct_primaries(all, "sweeps");
  return all;
}

}  // namespace phiscope::analyze::ablation
