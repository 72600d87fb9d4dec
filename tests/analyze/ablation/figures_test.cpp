// SPDX-License-Identifier: MIT
// Every curve and bar is a column of a table: values, bands, names, axes.
#include "ablation/figures.hpp"

#include "ablation/tables.hpp"
#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_ablation.hpp"

namespace phiscope::analyze::ablation::figures_test {

using figure::Figure;
using figure::Lines;
using figure::Panel;
using figure::Series;
using test::figure_of;
using test::made_up_ablation;
using test::table_of;
using test::TableRows;

namespace {

constexpr int grey = 6;

std::vector<Result> two_results() {
  return {made_up_ablation("one", 1.0), made_up_ablation("two", 100.0)};
}

const Lines& lines_of(const Panel& panel) {
  return std::get<Lines>(panel.content);
}

using Numbers = std::vector<std::optional<double>>;

/// A column of the rows of one run and order, in the order of `removed`.
Numbers column(const TableRows& rows, std::vector<std::string> key,
               const std::vector<std::string>& removed, const std::string& name) {
  Numbers result;
  key.emplace_back();
  for (const std::string& place : removed) {
    key.back() = place;
    result.push_back(rows.number(key, name));
  }
  return result;
}

Numbers as_numbers(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

std::vector<std::string> grid_places() {
  std::vector<std::string> places;
  for (int i = 0; i <= 40; ++i) places.push_back(number_text(16.0 * i / 40));
  return places;
}

const std::vector<std::string> steps = {"0", "4", "8", "12", "16"};
const std::vector<std::string> shown = {"balance", "norm", "tdmi"};

std::vector<std::string> legend_texts(const Figure& figure) {
  std::vector<std::string> texts;
  for (const auto& entry : figure.legend) texts.push_back(entry.text);
  return texts;
}

}  // namespace

TEST_CASE("KL curves are curves.csv, the random band random_band.csv", "[figures]") {
  const auto results = two_results();
  const auto figures_made = figures(results);
  const Figure& figure = figure_of(figures_made, "kl_curves");
  const auto all = tables(results);
  const TableRows curves(table_of(all, "curves.csv"), {"run", "order", "removed"});
  const TableRows band(table_of(all, "random_band.csv"), {"run", "removed"});
  CHECK(figure.title == "Damage by cumulative ablation of heads");
  CHECK(figure.source == "curves.csv, random_band.csv, grid.csv");
  CHECK_THAT(figure.caption,
             Contains("95 % intervals over prompts, where at least 5 are given.") &&
                 Contains("a curve inside the grey band is not more extreme than every random "
                          "order there."));
  CHECK(figure.columns == 3);
  CHECK(figure.definition ==
        "Mean over response tokens, then prompts, of KL(intact || ablated) over the vocabulary; "
        "the output of a removed head becomes zero at every position.");
  CHECK(figure.row_titles == std::vector<std::string>{"one, 16 heads", "two, 16 heads"});
  CHECK(legend_texts(figure) ==
        std::vector<std::string>{"balance", "norm", "tdmi", "random orders"});
  CHECK(figure.legend[3].color == grey);
  REQUIRE(figure.panels.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    if (i % 3 == 2) continue;
    const std::string& run = results[i / 3].label;
    const Panel& panel = figure.panels[i];
    CAPTURE(run, i);
    CHECK(panel.title == (i % 3 == 0 ? "KL" : "KL, logarithmic"));
    CHECK(panel.y_label == (i % 3 == 0 ? "nats per token" : ""));
    CHECK(panel.x_label == (i >= 3 ? "fraction of heads removed" : ""));
    CHECK(lines_of(panel).log_y == (i % 3 == 1));
    CHECK(lines_of(panel).x_ticks == std::vector<double>{0.0, 0.25, 0.5, 0.75, 1.0});
    const auto& series = lines_of(panel).series;
    REQUIRE(series.size() == 4);
    CHECK(series[0].name == run + ", random mean");
    CHECK(series[0].color == grey);
    CHECK(as_numbers(series[0].x) == column(band, {run}, steps, "fraction"));
    CHECK(series[0].y == column(band, {run}, steps, "mean"));
    CHECK(series[0].low == column(band, {run}, steps, "least"));
    CHECK(series[0].high == column(band, {run}, steps, "most"));
    for (std::size_t k = 0; k < 3; ++k) {
      const Series& curve = series[k + 1];
      CHECK(curve.name == run + ", " + shown[k]);
      CHECK(curve.color == static_cast<int>(k));
      CHECK(curve.color == figure.legend[k].color);
      CHECK(as_numbers(curve.x) == column(curves, {run, shown[k]}, steps, "fraction"));
      CHECK(curve.y == column(curves, {run, shown[k]}, steps, "kl"));
      CHECK(curve.low == column(curves, {run, shown[k]}, steps, "ci_low"));
      CHECK(curve.high == column(curves, {run, shown[k]}, steps, "ci_high"));
    }
  }
}

TEST_CASE("the figure says how heads were removed, each way once", "[figures]") {
  auto results = two_results();
  const auto definition = [&](const std::string& first, const std::string& second) {
    results[0].data.removal = first;
    results[1].data.removal = second;
    const std::string text = figure_of(figures(results), "kl_curves").definition;
    return text.substr(text.find("becomes "));
  };
  CHECK(definition("mean", "mean") == "becomes the head's mean over all positions of the texts.");
  CHECK(definition("resample", "zero") ==
        "becomes what the head computes at the same position of another text or zero at every "
        "position.");
  CHECK(definition("zero", "") == "becomes zero at every position or what is not in the table.");
}

TEST_CASE("distances from the random mean are `difference` of grid.csv", "[figures]") {
  const auto results = two_results();
  const auto figures_made = figures(results);
  const Figure& figure = figure_of(figures_made, "kl_curves");
  const TableRows grid(table_of(tables(results), "grid.csv"), {"run", "order", "heads"});
  std::vector<std::string> places = grid_places();
  places.erase(places.begin() + 7);  // where no random order reaches
  for (std::size_t r = 0; r < 2; ++r) {
    const std::string& run = results[r].label;
    const Panel& panel = figure.panels[3 * r + 2];
    CHECK(panel.title == "KL less random mean");
    CHECK(lines_of(panel).reference == 0.0);
    const auto& series = lines_of(panel).series;
    REQUIRE(series.size() == 4);
    for (std::size_t i = 0; i < 5; ++i) {
      const BandPoint& point = results[r].band[i];
      CHECK(series[0].x[i] == point.removed / 16.0);
      CHECK(series[0].y[i] == 0.0);
      CHECK(series[0].low[i] == point.low - point.mean.value.value());
      CHECK(series[0].high[i] == point.high - point.mean.value.value());
    }
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(series[k + 1].name == run + ", " + shown[k]);
      CHECK(as_numbers(series[k + 1].x) == column(grid, {run, shown[k]}, places, "fraction"));
      CHECK(series[k + 1].y == column(grid, {run, shown[k]}, places, "difference"));
      CHECK(series[k + 1].low.empty());
    }
  }
}

TEST_CASE("bars are the ratios of auc.csv with their intervals", "[figures]") {
  auto results = two_results();
  results[1].orders[0].auc_ratio = {.value = 0.75};  // below 1, without an interval
  results[0].orders[0].auc_ratio.covers = "random orders and prompts";
  const auto figures_made = figures(results);
  const Figure& figure = figure_of(figures_made, "auc_ratio");
  const TableRows rows(table_of(tables(results), "auc.csv"), {"run", "order"});
  CHECK(figure.title == "Areas relative to random orders");
  CHECK(figure.source == "auc.csv");
  CHECK_THAT(figure.caption,
             Contains("intervals that draw orders and, where they are given, prompts anew"));
  CHECK(legend_texts(figure) ==
        std::vector<std::string>{"balance", "norm", "tdmi", "random orders, one by one"});
  REQUIRE(figure.panels.size() == 2);
  for (std::size_t r = 0; r < 2; ++r) {
    const std::string& run = results[r].label;
    const Panel& panel = figure.panels[r];
    CHECK(panel.title == run);
    CHECK(panel.y_label == (r == 0 ? "AUC ratio" : ""));
    CHECK(lines_of(panel).reference == 1.0);
    CHECK(lines_of(panel).x_ticks == std::vector<double>{1, 2, 3, 4});
    CHECK(lines_of(panel).x_tick_labels ==
          std::vector<std::string>{"balance", "norm", "tdmi", "random orders"});
    const auto& series = lines_of(panel).series;
    std::size_t at = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const auto ratio = rows.number({run, shown[k]}, "auc_ratio");
      const auto low = rows.number({run, shown[k]}, "auc_ratio_ci_low");
      const Series& bar = series.at(at++);
      const double middle = static_cast<double>(k) + 1.0;
      CHECK(bar.name == shown[k]);
      CHECK(bar.color == static_cast<int>(k));
      CHECK(bar.x == std::vector<double>{middle - 0.3, middle + 0.3});
      CHECK(bar.y == Numbers{ratio, ratio});
      const Numbers lower(2, std::min(1.0, *ratio));
      const Numbers upper(2, std::max(1.0, *ratio));
      CHECK(bar.low == lower);
      CHECK(bar.high == upper);
      if (low) {
        const Series& interval = series.at(at++);
        CHECK(interval.name == shown[k] + ", 95 % interval over " +
                                   rows.text({run, shown[k]}, "auc_ratio_ci_covers"));
        CHECK(interval.x == std::vector<double>{middle, middle});
        CHECK(interval.y == Numbers{low, rows.number({run, shown[k]}, "auc_ratio_ci_high")});
      }
      if (k > 0) continue;
      const Series& matched = series.at(at++);  // beside the ranking whose layers it follows
      const auto other = rows.number({run, "in-layer"}, "auc_ratio");
      CHECK(matched.name == "in-layer");
      CHECK(matched.color == grey);
      CHECK(matched.x == std::vector<double>{middle + 0.42 - 0.07, middle + 0.42 + 0.07});
      CHECK(matched.y == Numbers{other, other});
    }
    for (const char* random : {"random:0", "random:1"}) {
      const Series& line = series.at(at++);
      const auto ratio = rows.number({run, random}, "auc_ratio");
      CHECK(line.name == random);
      CHECK(line.color == grey);
      CHECK(line.x == std::vector<double>{3.8, 4.2});
      CHECK(line.y == Numbers{ratio, ratio});
    }
    CHECK(at == series.size());
  }
}

TEST_CASE("several sweeps are overlaid by columns of grid.csv", "[figures]") {
  const auto results = two_results();
  const auto figures_made = figures(results);
  const Figure& figure = figure_of(figures_made, "runs_overlaid");
  const TableRows grid(table_of(tables(results), "grid.csv"), {"run", "order", "heads"});
  CHECK(figure.title == "All sweeps over the same axis");
  CHECK(figure.source == "grid.csv");
  CHECK(legend_texts(figure) == std::vector<std::string>{"one", "two", "random mean"});
  REQUIRE(figure.panels.size() == 2);
  CHECK(figure.panels[0].title == "share of the KL with all heads removed");
  CHECK(figure.panels[1].title == "ratio to the random mean");
  CHECK(lines_of(figure.panels[1]).log_y);
  CHECK(lines_of(figure.panels[1]).reference == 1.0);
  const auto places = grid_places();
  std::vector<std::string> with_random(places.begin() + 1, places.end());
  with_random.erase(with_random.begin() + 6);
  const auto& left = lines_of(figure.panels[0]).series;
  const auto& right = lines_of(figure.panels[1]).series;
  REQUIRE(left.size() == 6);  // per sweep: balance, random mean, tdmi
  REQUIRE(right.size() == 4);
  for (std::size_t r = 0; r < 2; ++r) {
    const std::string& run = results[r].label;
    CAPTURE(run);
    const auto check = [&](const Series& series, const std::string& order, const std::string& name,
                           const std::string& column_name, const std::vector<std::string>& where) {
      CHECK(series.name == run + ", " + name);
      CHECK(series.color == static_cast<int>(r));
      CHECK(as_numbers(series.x) == column(grid, {run, order}, where, "fraction"));
      CHECK(series.y == column(grid, {run, order}, where, column_name));
    };
    check(left[3 * r], "balance", "balance", "kl_of_all", places);
    check(left[3 * r + 1], "balance", "random mean", "random_kl_of_all", places);
    check(left[3 * r + 2], "tdmi", "tdmi", "kl_of_all", places);
    CHECK(left[3 * r + 1].dash == 1);
    CHECK(left[3 * r + 2].dash == 2);
    check(right[2 * r], "balance", "balance", "ratio", with_random);
    check(right[2 * r + 1], "tdmi", "tdmi", "ratio", with_random);
  }
  CHECK(figures({results[0]}).size() == 2);
}

}  // namespace phiscope::analyze::ablation::figures_test
