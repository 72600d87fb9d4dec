// SPDX-License-Identifier: MIT
#include "ablation/report.hpp"

#include "report/provenance.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace phiscope::analyze::ablation {
namespace {

std::string number(double value) {
  return rounded_text(value, 3);
}

std::string percent(double fraction) {
  return rounded_text(100.0 * fraction, 3) + " %";
}

/// "1.78 [1.60, 1.95]", without the interval where there is none.
std::string with_interval(const Estimate& estimate) {
  if (!estimate.value.ok()) {
    return "undefined (" + std::string(status_name(estimate.value.status())) + ")";
  }
  std::string text = number(estimate.value.value());
  if (estimate.low.ok() && estimate.high.ok()) {
    text += " [" + number(estimate.low.value()) + ", " + number(estimate.high.value()) + "]";
  }
  return text;
}

std::string prefix(const Result& result, const std::vector<Result>& results) {
  return results.size() > 1 ? result.label + ": " : "";
}

/// Over which part of the heads the areas are, if it is not all of them.
std::string part_text(const Result& result, Stretch part) {
  if (part.from == 0.0 && part.to == static_cast<double>(result.data.heads)) return "";
  return " (from " + percent(result.fraction(part.from)) + " to " +
         percent(result.fraction(part.to)) + " of the heads)";
}

std::string against_random(const Result& result, std::size_t index) {
  const Order& order = result.data.orders[index];
  const OrderResult& found = result.orders[index];
  std::string text = std::string(kind_name(order.kind)) + " " + order.name + ": ";
  if (!found.auc.value.ok()) {
    return text + "fewer than two numbers of heads removed are measured, no area.";
  }
  text += "area under the KL curve " + with_interval(found.auc) + " nats" +
          part_text(result, found.part);
  if (found.null.orders == 0) return text + "; no random order to compare with.";
  text += ", " + with_interval(found.auc_ratio) + " times the mean of " +
          std::to_string(found.null.orders) + " random orders, larger than " +
          std::to_string(found.null.below) + " of them; p for more damage " +
          number(found.null.p_more.value()) + ", for less " + number(found.null.p_less.value()) +
          "; above the random mean at " + std::to_string(found.above.above) + " of " +
          std::to_string(found.above.compared) + " numbers of heads removed";
  const auto longest = std::max_element(
      found.above.ranges.begin(), found.above.ranges.end(),
      [](const AboveRange& a, const AboveRange& b) { return a.points < b.points; });
  if (longest == found.above.ranges.end()) return text + ".";
  return text + ", the longest range from " + percent(result.fraction(longest->from)) + " to " +
         percent(result.fraction(longest->to)) + " of the heads.";
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
              " lies z = " + number(found.null.z.value()) +
              " standard deviations from the random areas, " +
              (found.orders_needed ? "which takes about " + std::to_string(*found.orders_needed) +
                                         " random orders for p < 0.05"
                                   : "too close for p < 0.05 with any number of random orders");
  }
  if (orders == 0) return "No random order reaches as far as a ranking: nothing to compare with.";
  const double least = 1.0 / (1.0 + static_cast<double>(orders));
  const bool is_enough = least < 0.05;
  return std::to_string(orders) + " random orders: the least p they can give is " + number(least) +
         (is_enough ? "."
                    : ", so they cannot show a difference at 0.05 whatever the curves are; " +
                          std::to_string(*random_orders_needed(40.0)) + " are the least.") +
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
    line += verdict(found) + ": difference of the areas " + with_interval(found.difference) +
            " nats" + part_text(result, found.part);
    if (found.p_value.ok()) {
      line += ", larger in " + std::to_string(found.prompts_more) + " of " +
              std::to_string(result.data.prompts) +
              " prompts, p = " + number(found.p_value.value()) + " over prompts";
    }
    line += "; of " + std::to_string(found.random_pairs) + " pairs of random orders " +
            std::to_string(found.random_pairs_as_far) + " differ as much";
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
    const std::string from = number(range.from);
    const std::string to = number(range.to);
    return from == to ? from : from + " to " + to;
  };
  return "KL with no head removed: " + (zero ? span(*zero) + " nats, " + how : "not measured") +
         "; with all heads removed: " + (all ? span(*all) + " nats, " + how : "not measured") + ".";
}

const Table& table_named(const std::vector<NamedTable>& tables, const std::string& file) {
  const auto found = std::find_if(tables.begin(), tables.end(),
                                  [&file](const NamedTable& table) { return table.file == file; });
  if (found == tables.end()) throw std::invalid_argument("report: no table " + file);
  return found->table;
}

/// The first columns of a table, which people look at first.
Table columns_of(const Table& table, const std::vector<std::string>& wanted) {
  Table result;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (std::find(wanted.begin(), wanted.end(), table.columns[i]) == wanted.end()) continue;
    places.push_back(i);
    result.columns.push_back(table.columns[i]);
  }
  for (const auto& row : table.rows) {
    std::vector<Cell> cells;
    cells.reserve(places.size());
    for (const std::size_t place : places) cells.push_back(row[place]);
    result.rows.push_back(std::move(cells));
  }
  return result;
}

std::vector<Fact> facts(const std::vector<Result>& results, const Options& options) {
  std::vector<Fact> all = {{"Program", "analyze-ablation " PHISCOPE_VERSION},
                           {"Analysis", "bootstrap resamples " + std::to_string(options.resamples) +
                                            "; seed " + std::to_string(options.seed)}};
  std::vector<std::string> labels;
  std::vector<std::string> inputs;
  std::vector<std::string> models;
  std::vector<std::string> settings;
  for (const Result& result : results) {
    const auto& plan = result.data.details;
    labels.push_back(result.label);
    inputs.push_back(result.data.path.filename().empty() ? result.data.name
                                                         : result.data.path.filename().string());
    if (result.data.has_prompts) inputs.back() += ", extracted by " + version_text(plan);
    models.push_back(model_text(plan_member(plan, "model")));
    settings.push_back(members_text(plan_member(plan, "options")));
  }
  add_fact("Input", inputs, labels, all);
  add_fact("Model", models, labels, all);
  add_fact("Options", settings, labels, all);
  return all;
}

Table provenance(const std::vector<Result>& results, const Options& options) {
  Table table;
  table.columns = {"run", "what", "value"};
  for (const auto& [what, value] : facts(results, options)) {
    table.rows.push_back({std::string("analysis"), what, value});
  }
  for (const Result& result : results) {
    add_plan_rows(result.data.details, result.label, "orders", table);
  }
  return table;
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
                    number(std::max(std::abs(zero->from), std::abs(zero->to))) +
                    " nats, expected 0: something else than the heads differs.");
  }
  const auto all = extremes(result, &OrderResult::at_all);
  if (all && all->to - all->from > 1e-6 * std::abs(all->to)) {
    lines.push_back("With all heads removed the KL in " + result.label +
                    " differs between orders, " + number_text(all->from) + " to " +
                    number_text(all->to) +
                    " nats, expected one value: then nothing is left that an order could change.");
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

figure::Report report(const std::vector<Result>& results, const Options& options,
                      const std::vector<NamedTable>& tables,
                      const std::vector<figure::FigureBlock>& drawn,
                      const std::vector<std::string>& notes) {
  figure::Report result;
  result.title = "Cumulative ablation of attention heads";
  for (const Result& each : results) {
    result.subtitle += (result.subtitle.empty() ? "" : " \u00b7 ") + each.label;
  }
  result.facts = facts(results, options);
  figure::Section diagnostics{.title = "Diagnostics", .blocks = {}};
  figure::Points points{notes};
  if (points.lines.empty()) {
    points.lines.emplace_back(
        "Every order is finished, KL is 0 with no head removed, and equal for all orders with all "
        "heads removed.");
  }
  diagnostics.blocks.emplace_back(std::move(points));
  diagnostics.blocks.emplace_back(figure::TableBlock{
      .caption = "What was measured. Steps: numbers of heads removed; compared is the beginning of "
                 "the curve without a gap.",
      .file = "orders.csv",
      .table =
          columns_of(table_named(tables, "auc.csv"),
                     {"run", "order", "kind", "steps_planned", "steps_measured", "steps_compared",
                      "to_fraction", "n_prompts", "kl_at_zero", "kl_at_all"})});
  result.sections.push_back(std::move(diagnostics));
  result.sections.push_back({.title = "Findings", .blocks = {figure::Points{findings(results)}}});
  figure::Section pictures{.title = "Curves", .blocks = {}};
  for (const auto& block : drawn) pictures.blocks.emplace_back(block);
  result.sections.push_back(std::move(pictures));
  figure::Section numbers{.title = "Numbers", .blocks = {}};
  numbers.blocks.emplace_back(figure::TableBlock{
      .caption = "Areas under the KL curves against the random orders. p_more and p_less are ranks "
                 "among them; least_p is the least that so many random orders can give.",
      .file = "auc_short.csv",
      .table =
          columns_of(table_named(tables, "auc.csv"),
                     {"run", "order", "kind", "auc", "auc_ratio", "auc_ratio_ci_low",
                      "auc_ratio_ci_high", "n_random", "n_random_below", "z", "p_more", "p_less",
                      "least_p", "random_orders_needed", "points_compared", "points_above"})});
  for (const char* file : {"fractions.csv", "comparisons.csv", "ranges.csv"}) {
    const auto table = std::find_if(tables.begin(), tables.end(),
                                    [&](const NamedTable& each) { return each.file == file; });
    numbers.blocks.emplace_back(figure::TableBlock{
        .caption = table->about, .file = file, .table = table->table, .folded = true});
  }
  result.sections.push_back(std::move(numbers));
  figure::Downloads files;
  for (const NamedTable& table : tables) files.files.emplace_back(table.file, table.about);
  result.sections.push_back(
      {.title = "Tables",
       .blocks = {figure::Paragraph{"Full precision, beside this report. An empty cell is an "
                                    "undefined number."},
                  std::move(files)}});
  result.sections.push_back(
      {.title = "Provenance",
       .blocks = {figure::TableBlock{.caption = "Options and plan of every run",
                                     .file = "provenance.csv",
                                     .table = provenance(results, options),
                                     .folded = true}}});
  return result;
}

}  // namespace phiscope::analyze::ablation
