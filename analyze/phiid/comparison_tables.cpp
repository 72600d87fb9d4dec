// SPDX-License-Identifier: MIT
#include "phiid/tables.hpp"

namespace phiscope::analyze::phiid {
namespace {

Cell number_or_status(const Value& value) {
  if (value.ok()) return value.value();
  return Undefined{std::string(status_name(value.status()))};
}

/// Numbers of two analyses side by side. @param other  name of the second column
Table side_by_side_table(const std::vector<KeyNumber>& numbers, const std::string& first,
                         const std::vector<KeyNumber>& others, const std::string& other) {
  Table table{.columns = {"number", first, other, "difference"}, .rows = {}};
  for (const KeyNumber& one : numbers) {
    const Value own = key_number(others, one.name);
    const Status why = first_reason(one.value.status(), own.status());
    const Value difference =
        why == Status::ok ? Value(own.value() - one.value.value()) : Value(why);
    table.rows.push_back({one.name, number_or_status(one.value), number_or_status(own),
                          number_or_status(difference)});
  }
  return table;
}

Table sensitivity_table(const RunResult& run) {
  Table table{.columns = {"lag", "detrend", "redundancy", "kind", "n", "spearman"}, .rows = {}};
  for (const SensitivityRow& row : run.sensitivity) {
    table.rows.push_back({static_cast<std::int64_t>(row.lag), detrend_name(row.detrend),
                          std::string(row.redundancy == Redundancy::mmi ? "mmi" : "ccs"),
                          std::string(row.kind == PhiidKind::gaussian ? "gaussian" : "discrete"),
                          static_cast<std::int64_t>(row.heads),
                          number_or_status(row.rank_correlation)});
  }
  return table;
}

}  // namespace

report::NamedTable shape_table(const RunResult& run) {
  report::NamedTable result{
      .file = "shape.csv",
      .about =
          "One row per ranking and shape. statistic: the smaller of the slope of the parabola "
          "at the first layer and minus that at the last one (inverted_u), or both with the "
          "other sign (u). p: against permuted heads and permuted layers, the larger of both; "
          "p_family: corrected over all rows by the largest statistic",
      .table = {.columns = {"measure", "shape", "statistic", "p", "p_family", "least_p", "status"},
                .rows = {}}};
  for (std::size_t k = 0; k < run.shapes.numbers.size(); ++k) {
    const DepthShape& own = run.shapes.numbers[k];
    const std::string measure(ranking_column(rankings[k]));
    const auto add = [&](const char* shape, const Value& statistic, const Value& p,
                         const Value& family) {
      result.table.rows.push_back({measure, std::string(shape), number_or_status(statistic),
                                   number_or_status(p), number_or_status(family),
                                   run.shapes.least_p, std::string(status_name(p.status()))});
    };
    add("inverted_u", own.inverted_u, own.p_inverted_u, own.family_p_inverted_u);
    add("u", own.u, own.p_u, own.family_p_u);
  }
  return result;
}

void add_comparison_tables(const RunResult& run, std::vector<report::NamedTable>& tables) {
  if (!run.detrended.empty()) {
    tables.push_back({"detrended.csv",
                      "One row per number that findings use: as the series are, and without the "
                      "least-squares line of every series",
                      side_by_side_table(key_numbers(run), "plain", run.detrended, "detrended")});
  }
  for (const RunResult& other : run.null_weights) {
    tables.push_back(
        {"null_weights.csv",
         "One row per number that findings use: of the run, and of a model of the same "
         "configuration with random weights",
         side_by_side_table(key_numbers(run), "run", key_numbers(other), "random_weights")});
  }
  if (!run.sensitivity.empty()) {
    tables.push_back({"sensitivity.csv",
                      "One row per way to analyse. spearman: rank correlation over the heads of "
                      "its balance_score with that of rankings.csv; n: heads with both",
                      sensitivity_table(run)});
  }
}

}  // namespace phiscope::analyze::phiid
