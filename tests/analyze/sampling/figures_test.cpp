// SPDX-License-Identifier: MIT
#include "sampling/figures.hpp"

#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "report/estimate_text.hpp"
#include "synthetic_study.hpp"

namespace phiscope::analyze::sampling::figures_test {

using figure::Bars;
using figure::Figure;
using figure::Histogram;
using figure::Lines;

namespace {

const figure::Series& series_of(const Figure& figure, std::size_t panel, const std::string& name) {
  for (const auto& series : std::get<Lines>(figure.panels.at(panel).content).series) {
    if (series.name == name) return series;
  }
  throw std::runtime_error("no series " + name);
}

}  // namespace

TEST_CASE("curves of the variance are those of their temperatures", "[figures]") {
  const auto& studies = test::plain_study();
  const Variance& result = *studies[0].variance;
  const auto all = variance_figures(result, {}, "_x");
  for (const Figure& figure : all) figure::check(figure);
  REQUIRE(all.size() == 3);
  CHECK(all[0].name == "variance_layers_x");
  const auto& layers = series_of(all[0], 1, "T = 1");
  CHECK(layers.x == std::vector<double>{0, 1, 3});
  CHECK(layers.y[2] == result.mean(2, 2, 2, Spread::cosine).mean.value.value());
  CHECK(layers.low[2] == result.mean(2, 2, 2, Spread::cosine).mean.low.value());
  CHECK(layers.high[2] == result.mean(2, 2, 2, Spread::cosine).mean.high.value());
  CHECK(std::get<Lines>(all[0].panels[0].content).series.size() == 2);  // not T = 0
  const auto& checkpoints = series_of(all[1], 0, "T = 0.5");
  CHECK(checkpoints.x == std::vector<double>{1, 4, 8});
  CHECK_FALSE(checkpoints.y[0]);
  CHECK(checkpoints.y[1] == result.mean(1, 1, 1, Spread::trace_covariance).mean.value.value());
  CHECK(all[1].caption.ends_with("; texts that ended earlier keep their tokens."));
  CHECK(variance_figures(result, {.full_length_only = true}, "")[1].caption.ends_with(
      "; texts that ended earlier are left out."));
  const auto& share = series_of(all[1], 1, "T = 0.5");
  CHECK(share.y[2] == result.mean(1, 1, 2, Spread::between_share).mean.value.value());
  const auto& told = series_of(all[2], 1, "answers");
  CHECK(told.y[2] == result.mean(2, 1, 2, Spread::commitment).mean.value.value());
  const auto& chance = series_of(all[2], 1, "permuted");
  CHECK(chance.y[2] == result.mean(2, 1, 2, Spread::commitment_permuted).mean.value.value());
}

TEST_CASE("a distance on an edge belongs to the bar after it, on the last edge to the last",
          "[figures]") {
  auto studies = test::analyzed_study();
  Manifold& result = *studies[0].manifold;
  for (std::size_t p = 0; p < 6; ++p) {
    auto& measured = result.measured[p][1];
    measured[static_cast<std::size_t>(Apart::distance)] = static_cast<double>(p);
    measured[static_cast<std::size_t>(Apart::drift)] = 2.0;
    measured[static_cast<std::size_t>(Apart::reference)] = 4.5;
  }
  const auto figures = manifold_figures(result, "");
  const auto& histogram = std::get<Histogram>(figures[0].panels[0].content);
  CHECK(histogram.edges == std::vector<double>{0, 1, 2, 3, 4, 5});
  using Counts = std::vector<std::optional<double>>;
  CHECK(histogram.series[0].values == Counts{1, 1, 1, 1, 2});
  CHECK(histogram.series[1].values == Counts{0, 0, 6, 0, 0});
  CHECK(histogram.series[2].values == Counts{0, 0, 0, 0, 6});
}

TEST_CASE("distances are binned, scattered and drawn over layers", "[figures]") {
  const auto& studies = test::plain_study();
  const Manifold& result = *studies[0].manifold;
  const auto all = manifold_figures(result, "");
  for (const Figure& figure : all) figure::check(figure);
  REQUIRE(all.size() == 3);
  const auto& histogram = std::get<Histogram>(all[0].panels[0].content);
  REQUIRE(histogram.series.size() == 3);
  constexpr std::array<Apart, 3> shown = {Apart::distance, Apart::drift, Apart::reference};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(histogram.series[i].name == apart_name(shown[i]));
    for (std::size_t bar = 0; bar + 1 < histogram.edges.size(); ++bar) {
      const bool is_last = bar + 2 == histogram.edges.size();
      double count = 0.0;
      for (std::size_t p = 0; p < 6; ++p) {
        const double value = result.at(p, 1, shown[i]).value();
        const bool below =
            is_last ? value <= histogram.edges[bar + 1] : value < histogram.edges[bar + 1];
        count += value >= histogram.edges[bar] && below ? 1.0 : 0.0;
      }
      CHECK(histogram.series[i].values[bar] == count);
    }
  }
  const auto& points = series_of(all[1], 0, "problems");
  CHECK(points.scattered);
  CHECK_THAT(all[1].caption, Contains("below the diagonal the forced solution is nearer: " +
                                      report::estimate_text(result.layers[1].improved) + "."));
  CHECK(points.x[4] == result.at(4, 1, Apart::distance).value());
  CHECK(points.y[4] == result.at(4, 1, Apart::drift).value());
  const auto& equal = series_of(all[1], 0, "equal");
  CHECK(equal.x[0] == *equal.y[0]);
  CHECK(equal.x[1] == *equal.y[1]);
  const auto& drift = series_of(all[2], 0, "drift_all");
  CHECK(drift.y[2] == result.layers[2][Apart::drift_all].mean.value.value());
}

TEST_CASE("one distance alone is a bar around it, none gives no histogram", "[figures]") {
  test::SyntheticStudy one;
  one.manifold.problems = {{"only", "1"}};
  const auto figures = manifold_figures(*test::analyzed_study(one)[0].manifold, "");
  REQUIRE(figures.size() == 3);
  for (const Figure& figure : figures) figure::check(figure);
  one.manifold.leave_out = [](std::int64_t, std::int64_t path, std::int64_t) { return path == 1; };
  CHECK(manifold_figures(*test::analyzed_study(one)[0].manifold, "").size() == 1);
}

TEST_CASE("divergence and probabilities over the points", "[figures]") {
  const auto& studies = test::plain_study();
  const Sensitivity& result = *studies[0].sensitivity;
  const auto all = sensitivity_figures(result, "");
  REQUIRE(all.size() == 1);
  figure::check(all[0]);
  const auto& curve = series_of(all[0], 0, "divergence");
  CHECK(curve.x == std::vector<double>{4, 8, 12});
  CHECK(curve.y[1] == result.points[1].divergence[1].mean.value.value());
  CHECK(series_of(all[0], 1, "greedy token").y[1] ==
        result.points[1].kept_probability.mean.value.value());
  CHECK(series_of(all[0], 1, "forced token").y[1] ==
        result.points[1].forced_probability.mean.value.value());
}

TEST_CASE("bars are the contributions by the chosen norm", "[figures]") {
  const auto& studies = test::plain_study();
  const Attribution& result = *studies[0].attribution;
  for (std::size_t norm = 0; norm < 3; ++norm) {
    const auto all = attribution_figures(result, {.norm = all_norms[norm]}, "");
    REQUIRE(all.size() == 1);
    figure::check(all[0]);
    const auto& bars = std::get<Bars>(all[0].panels[0].content);
    CHECK(bars.labels == std::vector<std::string>{"embedding", "0", "1", "2", "3"});
    CHECK(bars.series[0].values[4] == result.means[norm][4].mean.value.value());
    CHECK(bars.series[0].low[4] == result.means[norm][4].mean.low.value());
  }
}

TEST_CASE("clusters are drawn for the problems that have them", "[figures]") {
  const auto& studies = test::plain_study();
  const Clusters& result = *studies[0].clusters;
  const auto all = cluster_figures(result, "");
  REQUIRE(all.size() == 1);
  figure::check(all[0]);
  REQUIRE(all[0].panels.size() == 2);
  CHECK(all[0].panels[0].title.starts_with("problem b ("));
  CHECK(all[0].panels[1].title.starts_with("problem d ("));
  std::size_t points = 0;
  for (const auto& series : std::get<Lines>(all[0].panels[0].content).series) {
    points += series.x.size();
  }
  CHECK(points == 12);
  const Member& first = result.problems[1].members[0];
  const auto& own = series_of(all[0], 0, "cluster " + std::to_string(first.cluster));
  CHECK(own.x[0] == first.principal[0]);
  CHECK(own.y[0] == first.principal[1]);
  auto emptied = test::analyzed_study();
  Clusters& none = *emptied[0].clusters;
  for (auto& each : none.problems) each.status = "too_few_correct";
  CHECK(cluster_figures(none, "").empty());
}

}  // namespace phiscope::analyze::sampling::figures_test
