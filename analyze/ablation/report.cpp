// SPDX-License-Identifier: MIT
#include "ablation/report.hpp"

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

report::Section diagnostics(const report::Analysis& analysis) {
  report::Section section{.title = "Diagnostics"};
  if (analysis.warnings.empty()) {
    section.lines = {
        "Every order is finished, KL is 0 with no head removed, and equal for all orders with all "
        "heads removed."};
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
  report::Section section{.title = "Numbers"};
  section.tables.push_back(
      {.caption =
           "Areas under the KL curves against the random orders. p_more and p_less are ranks "
           "among them; least_p is the smallest that this many random orders can give.",
       .file = "auc_short.csv",
       .table =
           columns_of(report::table_named(analysis.tables, "auc.csv").table,
                      {"run", "order", "kind", "auc", "auc_ratio", "auc_ratio_ci_low",
                       "auc_ratio_ci_high", "n_random", "n_random_below", "z", "p_more", "p_less",
                       "least_p", "random_orders_needed", "points_compared", "points_above"})});
  for (const char* file : {"fractions.csv", "comparisons.csv", "ranges.csv"}) {
    section.tables.push_back(folded(report::table_named(analysis.tables, file)));
  }
  return section;
}

report::Source source(const Result& result) {
  const Ablation& data = result.data;
  const std::string file = data.path.filename().empty() ? data.name : data.path.filename().string();
  std::string about = file + ", " + std::to_string(result.orders.size()) + " orders, " +
                      std::to_string(data.heads) + " heads";
  if (data.has_prompts) about += ", " + std::to_string(data.prompts) + " prompts";
  return {.label = result.label,
          .about = std::move(about),
          .plan = data.has_prompts ? data.details : nlohmann::ordered_json()};
}

}  // namespace

report::Analysis report_of(const std::vector<Result>& results, const Options& options) {
  report::Analysis analysis{.program = "analyze-ablation",
                            .title = "Cumulative ablation of attention heads",
                            .sources = {},
                            .left_out = "orders",
                            .options = {{"bootstrap resamples", std::to_string(options.resamples)},
                                        {"seed", std::to_string(options.seed)}},
                            .warnings = {},
                            .findings = findings(results),
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
  analysis.sections = {diagnostics(analysis), std::move(curves), numbers(analysis)};
  return analysis;
}

}  // namespace phiscope::analyze::ablation
