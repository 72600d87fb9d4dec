// SPDX-License-Identifier: MIT
// Every cell of every table against the number that belongs there.
#include "ablation/tables.hpp"

#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_ablation.hpp"

namespace phiscope::analyze::ablation::tables_test {

using test::made_up_ablation;
using test::table_of;
using test::TableRows;

namespace {

std::string text(const Value& value) {
  return value.ok() ? number_text(value.value()) : "";
}
std::string text(std::size_t count) {
  return std::to_string(count);
}

std::vector<Result> two_results() {
  return {made_up_ablation("one", 1.0), made_up_ablation("two", 100.0)};
}

const std::vector<std::string> kinds = {"ranking", "baseline", "random", "random-in-layer"};

/// A row of a table: run and order, then other columns of the key.
class OrderRow {
 public:
  OrderRow(const TableRows& rows, std::vector<std::string> key)
      : rows_(&rows), key_(std::move(key)) {}
  std::string operator()(const std::string& column) const { return rows_->text(key_, column); }

 private:
  const TableRows* rows_;
  std::vector<std::string> key_;
};

void check_estimate(const OrderRow& cell, const std::string& name, const std::string& prefix,
                    const Estimate& estimate) {
  CHECK(cell(name) == text(estimate.value));
  CHECK(cell(prefix + "ci_low") == text(estimate.low));
  CHECK(cell(prefix + "ci_high") == text(estimate.high));
  CHECK(cell(prefix + "ci_units") == text(estimate.units));
  CHECK(cell(prefix + "ci_covers") == estimate.covers);
  CHECK(cell(prefix + "ci_method") == estimate.method);
  CHECK(cell(prefix + "ci_draws") == text(estimate.draws));
  CHECK(cell(prefix + "ci_undefined_draws") == text(estimate.undefined_draws));
  CHECK(cell(prefix + "ci_status") == status_name(estimate.low.status()));
}

void check_null(const OrderRow& cell, const RandomNull& null) {
  CHECK(cell("n_random") == text(null.orders));
  CHECK(cell("n_random_below") == text(null.below));
  CHECK(cell("n_random_above") == text(null.above));
  CHECK(cell("random_mean_auc") == text(null.mean));
  CHECK(cell("random_sd_auc") == text(null.sd));
  CHECK(cell("z") == text(null.z));
  CHECK(cell("p_more") == text(null.p_more));
  CHECK(cell("p_less") == text(null.p_less));
  CHECK(cell("least_p") == text(null.least_p));
}

}  // namespace

TEST_CASE("in_layer.csv has the rankings that have layer-matched orders", "[tables]") {
  auto results = two_results();
  results[1].orders[0].in_layer->auc_ratio.low = Status::few_units;
  results[1].orders[0].in_layer->auc_ratio.high = Status::few_units;
  const TableRows rows(table_of(tables(results), "in_layer.csv"), {"run", "order"});
  CHECK(rows.size() == 2);
  for (const Result& result : results) {
    const OrderRow cell(rows, {result.label, "balance"});
    CHECK(cell("kind") == "ranking");
    CHECK(cell("from_fraction") == "0.25");
    CHECK(cell("to_fraction") == "0.75");
    CHECK(cell("n_prompts") == "12");
    check_estimate(cell, "auc_ratio", "", result.orders[0].in_layer->auc_ratio);
    check_null(cell, result.orders[0].in_layer->null);
  }
}

TEST_CASE("auc.csv has each order's areas, null hypothesis and points", "[tables]") {
  auto results = two_results();
  results[1].orders[4].orders_needed.reset();
  results[1].data.has_prompts = false;
  const auto all = tables(results);
  const TableRows rows(table_of(all, "auc.csv"), {"run", "order"});
  CHECK_THAT(all.front().about,
             Contains("draws orders and, where they are given, prompts anew") &&
                 Contains("random orders that give an expected p < 0.05 if areas are normal and "
                          "the order stays at this z."));
  CHECK(rows.size() == 12);
  for (const Result& result : results) {
    for (std::size_t i = 0; i < 6; ++i) {
      const Order& order = result.data.orders[i];
      const OrderResult& found = result.orders[i];
      const OrderRow cell(rows, {result.label, order.name});
      CAPTURE(result.label, order.name);
      CHECK(cell("kind") == kinds[static_cast<std::size_t>(order.kind)]);
      CHECK(cell("steps_planned") == "5");
      CHECK(cell("from_fraction") == "0");
      CHECK(cell("to_fraction") == "1");
      CHECK(cell("n_prompts") == (result.data.has_prompts ? "12" : ""));
      CHECK(cell("kl_at_zero") == text(found.at_zero));
      CHECK(cell("kl_at_all") == text(found.at_all));
      check_estimate(cell, "auc", "auc_", found.auc);
      check_estimate(cell, "auc_ratio", "auc_ratio_", found.auc_ratio);
      CHECK(cell("random_ratio_least") == number_text(result.random_ratios->from));
      CHECK(cell("random_ratio_most") == number_text(result.random_ratios->to));
      CHECK(cell("random_above_least") == number_text(result.random_above->from));
      CHECK(cell("random_above_most") == number_text(result.random_above->to));
      check_null(cell, found.null);
      CHECK(cell("random_orders_needed") ==
            (found.orders_needed ? std::to_string(*found.orders_needed) : ""));
      CHECK(cell("points_compared") == text(found.above.compared));
      CHECK(cell("points_above") == text(found.above.above));
    }
  }
}

TEST_CASE("steps of auc.csv are those planned, measured and compared", "[tables]") {
  auto results = two_results();
  results[0].data.orders[0].planned = {0, 2, 4, 6, 8, 10, 16};
  results[0].data.orders[0].measured = 6;
  results[0].orders[0].points.resize(3);
  results[0].orders[0].part = {.from = 4.0, .to = 8.0};
  const TableRows rows(table_of(tables(results), "auc.csv"), {"run", "order"});
  const OrderRow cell(rows, {"one", "balance"});
  CHECK(cell("steps_planned") == "7");
  CHECK(cell("steps_measured") == "6");
  CHECK(cell("steps_compared") == "3");
  CHECK(cell("from_fraction") == "0.25");
  CHECK(cell("to_fraction") == "0.5");
}

TEST_CASE("curves.csv and random_band.csv have every point", "[tables]") {
  const auto results = two_results();
  const auto all = tables(results);
  const TableRows curves(table_of(all, "curves.csv"), {"run", "order", "removed"});
  const TableRows band(table_of(all, "random_band.csv"), {"run", "removed"});
  CHECK(curves.size() == 2 * 6 * 5);
  CHECK(band.size() == 2 * 5);
  for (const Result& result : results) {
    for (std::size_t i = 0; i < 6; ++i) {
      for (const Point& point : result.orders[i].points) {
        const OrderRow cell(curves,
                            {result.label, result.data.orders[i].name, number_text(point.removed)});
        CHECK(cell("fraction") == number_text(point.removed / 16.0));
        check_estimate(cell, "kl", "", point.kl);
        CHECK(cell("n_prompts") == "12");
      }
    }
    for (const BandPoint& point : result.band) {
      const OrderRow cell(band, {result.label, number_text(point.removed)});
      CHECK(cell("fraction") == number_text(point.removed / 16.0));
      CHECK(cell("n_orders") == text(point.orders));
      check_estimate(cell, "mean", "", point.mean);
      CHECK(cell("sd") == text(point.sd));
      CHECK(cell("least") == number_text(point.low));
      CHECK(cell("most") == number_text(point.high));
    }
  }
}

TEST_CASE("fractions.csv and grid.csv have each share with its quotients", "[tables]") {
  const auto results = two_results();
  const auto all = tables(results);
  const TableRows eighth_rows(table_of(all, "fractions.csv"), {"run", "order", "heads"});
  const TableRows grid_rows(table_of(all, "grid.csv"), {"run", "order", "heads"});
  for (const Result& result : results) {
    for (std::size_t i = 0; i < 6; ++i) {
      const OrderResult& found = result.orders[i];
      const double of_all = found.at_all.value();
      for (const Share& share : found.eighths) {
        const OrderRow cell(eighth_rows,
                            {result.label, result.data.orders[i].name, number_text(share.removed)});
        CHECK(cell("fraction") == number_text(share.removed / 16.0));
        CHECK(cell("kl") == number_text(share.kl));
        CHECK(cell("random_kl") == text(share.random));
        CHECK(cell("ratio") == number_text(share.kl / share.random.value()));
        CHECK(cell("measured") == (share.is_measured ? "yes" : "interpolated"));
      }
      for (const Share& share : found.grid) {
        const OrderRow cell(grid_rows,
                            {result.label, result.data.orders[i].name, number_text(share.removed)});
        const bool has_random = share.random.ok();
        const double random = has_random ? share.random.value() : 1.0;
        const auto where = [has_random](double number) {
          return has_random ? number_text(number) : std::string();
        };
        CHECK(cell("fraction") == number_text(share.removed / 16.0));
        CHECK(cell("measured") == (share.is_measured ? "yes" : "interpolated"));
        CHECK(cell("kl") == number_text(share.kl));
        CHECK(cell("random_kl") == text(share.random));
        CHECK(cell("difference") == where(share.kl - random));
        CHECK(cell("ratio") == where(share.kl / random));
        CHECK(cell("kl_of_all") == number_text(share.kl / of_all));
        CHECK(cell("random_kl_of_all") == where(random / of_all));
      }
    }
  }
}

TEST_CASE("ranges.csv has every range, comparisons.csv every pair", "[tables]") {
  const auto results = two_results();
  const auto all = tables(results);
  const TableRows ranges(table_of(all, "ranges.csv"), {"run", "order", "from_heads"});
  const TableRows pairs(table_of(all, "comparisons.csv"), {"run", "order", "against"});
  CHECK(ranges.size() == 2 * 6 * 2);
  CHECK(pairs.size() == 2 * 4);
  for (const Result& result : results) {
    for (std::size_t i = 0; i < 6; ++i) {
      for (const AboveRange& range : result.orders[i].above.ranges) {
        const OrderRow cell(ranges,
                            {result.label, result.data.orders[i].name, number_text(range.from)});
        CHECK(cell("to_heads") == number_text(range.to));
        CHECK(cell("from_fraction") == number_text(range.from / 16.0));
        CHECK(cell("to_fraction") == number_text(range.to / 16.0));
        CHECK(cell("points") == text(range.points));
        CHECK(cell("mean_excess") == number_text(range.excess));
      }
    }
    for (const Comparison& found : result.comparisons) {
      const Order& order = result.data.orders[found.order];
      const std::string against =
          found.against ? result.data.orders[*found.against].name : "mean of the random orders";
      const OrderRow cell(pairs, {result.label, order.name, against});
      CHECK(cell("kind") == "ranking");
      CHECK(cell("against_kind") == (!found.against        ? "random"
                                     : *found.against == 1 ? "baseline"
                                                           : "ranking"));
      CHECK(cell("to_fraction") == "1");
      check_estimate(cell, "auc_difference", "", found.difference);
      CHECK(cell("p_sign_flip") == text(found.p_value));
      CHECK(cell("n_prompts") == "12");
      CHECK(cell("n_prompts_more") == text(found.prompts_more));
      CHECK(cell("least_p_sign_flip") == number_text(found.least_p));
      CHECK(cell("n_pairs") == text(found.pairs));
      CHECK(cell("n_pairs_as_far") == text(found.pairs_as_far));
      CHECK(cell("p_pairs") == text(found.among_pairs.p_value));
      CHECK(cell("least_p_pairs") == number_text(found.among_pairs.least_p));
      CHECK(cell("rank_correlation_of_orders") == text(found.rank_correlation));
    }
  }
}

}  // namespace phiscope::analyze::ablation::tables_test
