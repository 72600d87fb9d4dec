// SPDX-License-Identifier: MIT
#include "ablation/report.hpp"

#include "ablation/claims.hpp"
#include "ablation/figures.hpp"
#include "ablation/findings.hpp"
#include "ablation/tables.hpp"

#include <algorithm>

namespace phiscope::analyze::ablation {
namespace {

/// Those columns of a table which people look at first.
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

/// What was checked of a sweep that has no warning, and what could not be.
std::string checked_text(const Result& result) {
  const std::size_t all = result.orders.size();
  const auto measured = [&result](Value OrderResult::*which) {
    return static_cast<std::size_t>(
        std::count_if(result.orders.begin(), result.orders.end(),
                      [which](const OrderResult& order) { return (order.*which).ok(); }));
  };
  // A table can hold a 0 that was assumed, as the published ones do.
  const std::string how = result.data.has_prompts ? "measured" : "given";
  const auto where = [&](std::size_t orders) {
    return orders == all ? std::string()
                         : ", " + how + " in " + std::to_string(orders) + " of " +
                               std::to_string(all) + " orders,";
  };
  const std::size_t at_zero = measured(&OrderResult::at_zero);
  const std::size_t at_all = measured(&OrderResult::at_all);
  std::string text = result.data.has_prompts
                         ? "Every order is finished."
                         : "A table does not say what was planned for its orders.";
  text += " KL with no head removed" + where(at_zero) + " is at most 1e-4 nats.";
  text += " KL with all heads removed";
  if (at_all == 0) return text + " was not " + how + ".";
  if (at_all == 1) return text + " was " + how + " in one order only.";
  return text + where(at_all) + " is equal for " + (at_all == all ? "all orders" : "these") +
         ", to 1e-6 of its value.";
}

report::Section diagnostics(const report::Analysis& analysis, const std::vector<Result>& results) {
  report::Section section{.title = "Diagnostics", .folded = true};
  if (analysis.warnings.empty()) {
    for (const Result& result : results) {
      section.lines.push_back((results.size() > 1 ? result.label + ": " : "") +
                              checked_text(result));
    }
  }
  section.tables.push_back(
      {.caption =
           "What was measured. Steps: numbers of heads removed; compared is the beginning of "
           "the curve without a gap.",
       .file = "orders.csv",
       .table =
           columns_of(report::table_named(analysis.tables, "auc.csv").table,
                      {"run", "order", "kind", "steps_planned", "steps_measured", "steps_compared",
                       "to_fraction", "n_prompts", "kl_at_zero", "kl_at_all"})});
  return section;
}

report::Section numbers(const report::Analysis& analysis) {
  report::Section section{.title = "Numbers", .folded = true};
  section.tables.push_back(
      {.caption =
           "Areas under the KL curves against the random orders. p_more and p_less are ranks "
           "among them; least_p is the smallest that this many random orders can give.",
       .file = "auc_short.csv",
       .table = columns_of(report::table_named(analysis.tables, "auc.csv").table,
                           {"run",
                            "order",
                            "kind",
                            "n_prompts",
                            "auc",
                            "auc_ratio",
                            "auc_ratio_ci_low",
                            "auc_ratio_ci_high",
                            "auc_ratio_ci_covers",
                            "auc_ratio_ci_status",
                            "random_ratio_least",
                            "random_ratio_most",
                            "n_random",
                            "n_random_below",
                            "z",
                            "p_more",
                            "p_less",
                            "least_p",
                            "random_orders_needed",
                            "points_compared",
                            "points_above"})});
  for (const char* file : {"in_layer.csv", "fractions.csv", "comparisons.csv", "ranges.csv"}) {
    section.tables.push_back(folded(report::table_named(analysis.tables, file)));
  }
  return section;
}

/// The title names how heads are removed if all sweeps agree.
std::string title_of(const std::vector<Result>& results) {
  const std::string title = "Cumulative ablation of attention heads";
  const std::string& removal = results.front().data.removal;
  const bool agree = std::all_of(results.begin(), results.end(), [&](const Result& result) {
    return result.data.removal == removal;
  });
  return agree && !removal.empty() ? title + " (--remove " + removal + ")" : title;
}

std::vector<std::string> definitions(const std::vector<Result>& results) {
  // NOLINTBEGIN(bugprone-suspicious-missing-comma): long sentences in several literals
  std::vector<std::string> lines = {
      "KL: divergence of the next token's distribution of the changed model from the intact one's, "
      "KL(intact || ablated), over the whole vocabulary in nats; mean over a prompt's response "
      "tokens, then over prompts.",
      "AUC: area under the KL curve over the fraction of heads removed, by the trapezoid rule. AUC "
      "ratio: AUC of an order over the mean AUC of the random orders; of a random order, over that "
      "of the others.",
      "Interval of an AUC ratio: by what factor the order may differ from a random order. Random "
      "orders and, where they are given, prompts are drawn anew, and the order may be one of them, "
      "so that it contains 1 for a random order in about 95 %. p: the rank of the order's area "
      "among those of the random orders, (1 + as large) / (1 + orders).",
      "Layer-matched (random-in-layer) orders take a random head from the layer from which the "
      "ranking takes one, place by place: what they do does not depend on which heads of a layer "
      "the ranking chose. Where a ranking is not shown to do more damage than they do, it is open "
      "whether it adds to the depth of its heads.",
      "Intervals of KL, of areas and of differences between two orders draw prompts anew: the same "
      "orders on new prompts."};
  // NOLINTEND(bugprone-suspicious-missing-comma)
  for (const Result& result : results) {
    if (result.data.removal.empty()) continue;
    const std::string line = "Removed (--remove " + result.data.removal + "): the output of the " +
                             "head becomes " + removal_text(result.data.removal) + ".";
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  }
  return lines;
}

report::Source source(const Result& result) {
  const Ablation& data = result.data;
  const std::string file = data.path.filename().empty() ? data.name : data.path.filename().string();
  std::string about = file + ", " + count_text(result.orders.size(), "order", "orders") + ", " +
                      count_text(static_cast<std::size_t>(data.heads), "head", "heads");
  if (data.has_prompts) about += ", " + count_text(data.prompts, "prompt", "prompts");
  if (!data.removal.empty()) about += ", --remove " + data.removal;
  return {.label = result.label,
          .about = std::move(about),
          .missing = data.missing,
          .plan = data.has_prompts ? data.details : nlohmann::ordered_json()};
}

}  // namespace

report::Analysis report_of(const std::vector<Result>& results, const Options& options) {
  report::Analysis analysis{.program = "analyze-ablation",
                            .title = title_of(results),
                            .sources = {},
                            .left_out = "orders",
                            .options = {{"bootstrap resamples", std::to_string(options.resamples)},
                                        {"seed", std::to_string(options.seed)}},
                            .warnings = {},
                            .claims = claims(results),
                            .findings = findings(results),
                            .definitions = definitions(results),
                            .tables = tables(results),
                            .figures = figures(results),
                            .sections = {},
                            .files = {},
                            .arrays = {}};
  for (const Result& result : results) {
    analysis.sources.push_back(source(result));
    for (std::string& line : warnings(result)) analysis.warnings.push_back(std::move(line));
  }
  report::Section curves{.title = "Curves"};
  for (const figure::Figure& figure : analysis.figures) curves.figures.push_back(figure.name);
  analysis.sections = {diagnostics(analysis, results), std::move(curves), numbers(analysis)};
  return analysis;
}

}  // namespace phiscope::analyze::ablation
