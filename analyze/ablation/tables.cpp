// SPDX-License-Identifier: MIT
#include "ablation/tables.hpp"

#include "report/estimate_text.hpp"

#include <cmath>
#include <optional>

namespace phiscope::analyze::ablation {
namespace {

using Row = std::vector<Cell>;

Cell cell(const Value& value) {
  if (value.ok()) return value.value();
  return Undefined{std::string(status_name(value.status()))};
}

Cell count(std::size_t number) {
  return static_cast<std::int64_t>(number);
}

/// Heads removed: an integer but between two of them.
Cell heads(double removed) {
  if (removed == std::floor(removed)) return static_cast<std::int64_t>(removed);
  return removed;
}

/// `constant` where the denominator is 0.
Value divided(const Value& numerator, const Value& denominator) {
  const Status reason = first_reason(numerator.status(), denominator.status());
  if (reason != Status::ok) return reason;
  if (denominator.value() == 0.0) return Status::constant;
  return numerator.value() / denominator.value();
}

/// A table of means does not say of how many prompts.
Cell prompts(const Result& result, std::size_t number) {
  if (result.data.has_prompts) return count(number);
  return Undefined{"not_given"};
}

Cell fraction(const Result& result, const OrderResult& found, double removed) {
  if (!found.points.empty()) return result.fraction(removed);
  return Undefined{"no_point"};
}

Cell needed(const OrderResult& found) {
  if (found.orders_needed) return *found.orders_needed;
  return Undefined{found.null.z.ok() ? "never" : "no_z"};
}

Cell how(const Share& share) {
  return std::string(share.is_measured ? "yes" : "interpolated");
}

void append(Row& row, std::initializer_list<Cell> more) {
  row.insert(row.end(), more.begin(), more.end());
}

void append(Row& row, const Estimate& estimate) {
  row.push_back(cell(estimate.value));
  const std::vector<Cell> interval = report::interval_cells(estimate);
  row.insert(row.end(), interval.begin(), interval.end());
}

/// Columns of a value and its interval; `prefix` where a table has two of them.
void add_estimate(std::vector<std::string>& columns, const std::string& name,
                  const std::string& prefix = "") {
  columns.push_back(name);
  for (const std::string& column : report::interval_columns()) columns.push_back(prefix + column);
}

void add_columns(std::vector<std::string>& columns, std::initializer_list<const char*> more) {
  columns.insert(columns.end(), more.begin(), more.end());
}

/// Rank among orders that are drawn.
void add_null_columns(std::vector<std::string>& columns) {
  add_columns(columns, {"n_random", "n_random_below", "n_random_above", "random_mean_auc",
                        "random_sd_auc", "z", "p_more", "p_less", "least_p"});
}
void append(Row& row, const RandomNull& null) {
  append(row,
         {count(null.orders), count(null.below), count(null.above), cell(null.mean), cell(null.sd),
          cell(null.z), cell(null.p_more), cell(null.p_less), cell(null.least_p)});
}

/// The ends of a range over orders.
void append(Row& row, const std::optional<Stretch>& range) {
  if (range) {
    append(row, {range->from, range->to});
  } else {
    append(row, {Undefined{"no_random"}, Undefined{"no_random"}});
  }
}

/// A table whose rows begin with the run, if there are several, and an order.
class OrderTable {
 public:
  OrderTable(const std::vector<Result>& results, std::vector<std::string> columns)
      : results_(&results), has_runs_(results.size() > 1) {
    if (has_runs_) table_.columns.emplace_back("run");
    table_.columns.insert(table_.columns.end(), columns.begin(), columns.end());
  }

  [[nodiscard]] Row start(const Result& result) const {
    return has_runs_ ? Row{result.label} : Row{};
  }
  void add(Row row) { table_.rows.push_back(std::move(row)); }

  /// Calls visit(result, order, its result, beginning of a row) for every order.
  template <class Visit>
  Table filled(Visit visit) {
    for (const Result& result : *results_) {
      for (std::size_t i = 0; i < result.orders.size(); ++i) {
        const Order& order = result.data.orders[i];
        Row row = start(result);
        append(row, {order.name, std::string(kind_name(order.kind))});
        visit(result, order, result.orders[i], row);
      }
    }
    return std::move(table_);
  }
  Table take() { return std::move(table_); }

 private:
  const std::vector<Result>* results_;
  bool has_runs_;
  Table table_;
};

Table auc_table(const std::vector<Result>& results) {
  std::vector<std::string> columns = {
      "order",         "kind",        "steps_planned", "steps_measured", "steps_compared",
      "from_fraction", "to_fraction", "n_prompts",     "kl_at_zero",     "kl_at_all"};
  add_estimate(columns, "auc", "auc_");
  add_estimate(columns, "auc_ratio", "auc_ratio_");
  add_columns(columns, {"random_ratio_least", "random_ratio_most"});
  add_null_columns(columns);
  add_columns(columns, {"random_orders_needed", "points_compared", "points_above",
                        "random_above_least", "random_above_most"});
  OrderTable table(results, columns);
  return table.filled([&](const Result& result, const Order& order, const OrderResult& found,
                          Row row) {
    append(row, {count(order.planned.size()), count(order.measured), count(found.points.size()),
                 fraction(result, found, found.part.from), fraction(result, found, found.part.to),
                 prompts(result, result.data.prompts), cell(found.at_zero), cell(found.at_all)});
    append(row, found.auc);
    append(row, found.auc_ratio);
    append(row, result.random_ratios);
    append(row, found.null);
    append(row, {needed(found), count(found.above.compared), count(found.above.above)});
    append(row, result.random_above);
    table.add(std::move(row));
  });
}

Table layer_table(const std::vector<Result>& results) {
  std::vector<std::string> columns = {"order", "kind", "from_fraction", "to_fraction", "n_prompts"};
  add_estimate(columns, "auc_ratio");
  add_null_columns(columns);
  OrderTable table(results, columns);
  return table.filled([&](const Result& result, const Order&, const OrderResult& found, Row row) {
    if (!found.in_layer) return;
    append(row, {result.fraction(found.in_layer->part.from),
                 result.fraction(found.in_layer->part.to), prompts(result, result.data.prompts)});
    append(row, found.in_layer->auc_ratio);
    append(row, found.in_layer->null);
    table.add(std::move(row));
  });
}

Table fraction_table(const std::vector<Result>& results) {
  OrderTable table(results,
                   {"order", "kind", "heads", "fraction", "kl", "random_kl", "ratio", "measured"});
  return table.filled(
      [&](const Result& result, const Order&, const OrderResult& found, const Row& row) {
        for (const Share& share : found.eighths) {
          Row cells = row;
          append(cells, {heads(share.removed), result.fraction(share.removed), share.kl,
                         cell(share.random), cell(divided(share.kl, share.random)), how(share)});
          table.add(std::move(cells));
        }
      });
}

Table grid_table(const std::vector<Result>& results) {
  OrderTable table(results, {"order", "kind", "fraction", "heads", "measured", "kl", "random_kl",
                             "difference", "ratio", "kl_of_all", "random_kl_of_all"});
  return table.filled([&](const Result& result, const Order&, const OrderResult& found,
                          const Row& row) {
    for (const Share& share : found.grid) {
      Row cells = row;
      append(cells, {result.fraction(share.removed), heads(share.removed), how(share), share.kl,
                     cell(share.random), cell(difference(share.kl, share.random)),
                     cell(divided(share.kl, share.random)), cell(divided(share.kl, found.at_all)),
                     cell(divided(share.random, found.at_all))});
      table.add(std::move(cells));
    }
  });
}

Table range_table(const std::vector<Result>& results) {
  OrderTable table(results, {"order", "kind", "from_heads", "to_heads", "from_fraction",
                             "to_fraction", "points", "mean_excess"});
  return table.filled(
      [&](const Result& result, const Order&, const OrderResult& found, const Row& row) {
        for (const AboveRange& range : found.above.ranges) {
          Row cells = row;
          append(cells, {heads(range.from), heads(range.to), result.fraction(range.from),
                         result.fraction(range.to), count(range.points), range.excess});
          table.add(std::move(cells));
        }
      });
}

Table curve_table(const std::vector<Result>& results) {
  std::vector<std::string> columns = {"order", "kind", "removed", "fraction"};
  add_estimate(columns, "kl");
  columns.emplace_back("n_prompts");
  OrderTable table(results, columns);
  return table.filled(
      [&](const Result& result, const Order&, const OrderResult& found, const Row& row) {
        for (const Point& point : found.points) {
          Row cells = row;
          append(cells, {heads(point.removed), result.fraction(point.removed)});
          append(cells, point.kl);
          cells.push_back(prompts(result, result.data.prompts));
          table.add(std::move(cells));
        }
      });
}

Table band_table(const std::vector<Result>& results) {
  std::vector<std::string> columns = {"removed", "fraction", "n_orders"};
  add_estimate(columns, "mean");
  add_columns(columns, {"sd", "least", "most"});
  OrderTable table(results, columns);
  for (const Result& result : results) {
    for (const BandPoint& point : result.band) {
      Row row = table.start(result);
      append(row, {heads(point.removed), result.fraction(point.removed), count(point.orders)});
      append(row, point.mean);
      append(row, {cell(point.sd), cell(point.low), cell(point.high)});
      table.add(std::move(row));
    }
  }
  return table.take();
}

Table comparison_table(const std::vector<Result>& results) {
  std::vector<std::string> columns = {"order",        "kind",          "against",
                                      "against_kind", "from_fraction", "to_fraction"};
  add_estimate(columns, "auc_difference");
  add_columns(columns,
              {"p_sign_flip", "least_p_sign_flip", "n_prompts", "n_prompts_more", "n_pairs",
               "n_pairs_as_far", "p_pairs", "least_p_pairs", "rank_correlation_of_orders"});
  OrderTable table(results, columns);
  for (const Result& result : results) {
    const auto& orders = result.data.orders;
    for (const Comparison& found : result.comparisons) {
      const Order& order = orders[found.order];
      const std::string against =
          found.against ? orders[*found.against].name : "mean of the random orders";
      const Kind against_kind = found.against ? orders[*found.against].kind : Kind::random;
      Row row = table.start(result);
      append(row, {order.name, std::string(kind_name(order.kind)), against,
                   std::string(kind_name(against_kind)), result.fraction(found.part.from),
                   result.fraction(found.part.to)});
      append(row, found.difference);
      append(row, {cell(found.p_value), found.least_p, prompts(result, result.data.prompts),
                   prompts(result, found.prompts_more), count(found.pairs),
                   count(found.pairs_as_far), cell(found.among_pairs.p_value),
                   found.among_pairs.least_p, cell(found.rank_correlation)});
      table.add(std::move(row));
    }
  }
  return table.take();
}

}  // namespace

std::vector<report::NamedTable> tables(const std::vector<Result>& results) {
  return {
      {"auc.csv",
       "One row per order of removal. auc: area under the KL curve over the fraction of heads "
       "removed (trapezoid), nats, from from_fraction to to_fraction; auc_ratio: over the mean "
       "area of the random orders (of the other ones, for a random order), with an interval that "
       "draws orders and, where they are given, prompts anew and lets the order be one of them: "
       "for a random order it contains 1 in about 95 %. random_ratio_*: range of that ratio over "
       "the random orders. p_more: (1 + random orders with an area at least as large) / "
       "(1 + n_random); least_p: the smallest p that n_random orders can give; "
       "random_orders_needed: random orders that give an expected p < 0.05 if areas are normal and "
       "the order stays at this z.",
       auc_table(results)},
      {"in_layer.csv",
       "One row per ranking with layer-matched orders (random-in-layer: as many heads from each "
       "layer, in the same sequence of layers): as auc.csv, against these.",
       layer_table(results)},
      {"fractions.csv", "KL at every eighth of the heads, and the mean of the random orders there.",
       fraction_table(results)},
      {"comparisons.csv",
       "Difference of two areas, order - against, prompt by prompt over the part of the axis that "
       "both have: mean, interval over prompts, two-sided sign-flip test over prompts (the same "
       "orders on new prompts); how many other pairs of these two and the random orders differ at "
       "least as much, and the p-value of that rank (not counted against the random mean).",
       comparison_table(results)},
      {"ranges.csv", "Where an order does more damage than the mean of the random orders.",
       range_table(results)},
      {"curves.csv",
       "Every measured point: mean over prompts of KL(intact || ablated) in nats per token, "
       "with its interval over prompts.",
       curve_table(results)},
      {"random_band.csv",
       "The random orders at every number of heads removed: mean with its interval over prompts, "
       "standard deviation over orders (ddof 1), least and most.",
       band_table(results)},
      {"grid.csv",
       "Every order and the random mean at the same fractions of the heads, by straight lines "
       "between measured points; kl_of_all: over the KL with all heads removed.",
       grid_table(results)}};
}

}  // namespace phiscope::analyze::ablation
