// SPDX-License-Identifier: MIT
#include "sampling/tables.hpp"

#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "synthetic_study.hpp"

namespace phiscope::analyze::sampling::tables_test {

using test::TableRows;

namespace {

struct Tabled {
  const std::vector<Study>& studies = test::plain_study();
  std::vector<report::NamedTable> all = tables(studies, {});

  [[nodiscard]] TableRows rows(const std::string& file, const std::vector<std::string>& key) const {
    return {test::table_of(all, file), key};
  }
};

}  // namespace

TEST_CASE("tables of the variance: a row per problem, and one of all", "[tables]") {
  const Tabled tabled;
  const Variance& result = *tabled.studies[0].variance;
  const TableRows rows =
      tabled.rows("variance.csv", {"problem", "temperature", "layer", "checkpoint"});
  CHECK(rows.size() == 7 * 27);
  const std::vector<std::string> key = {"b", "0.5", "1", "8"};
  const SpreadCell& cell = result.cell(1, 1, 1, 2);
  CHECK(rows.number(key, "n") == 3.0);
  CHECK(rows.number(key, "n_ended") == 2.0);
  CHECK(rows.number(key, "n_too_short") == 1.0);
  CHECK(rows.number(key, "n_answered") == 3.0);
  CHECK(rows.text(key, "run") == "OUT");
  for (const Spread spread : all_spreads()) {
    const auto number = rows.number(key, std::string(spread_name(spread)));
    REQUIRE(number.has_value() == cell[spread].ok());
    if (number) CHECK(*number == cell[spread].value());
  }
  CHECK_FALSE(rows.number(key, "ci_low"));
  const std::vector<std::string> all = {"all", "1", "1", "8"};
  const Cell& mean = result.mean(2, 1, 2, Spread::trace_covariance);
  CHECK(rows.number(all, "trace_covariance") == mean.mean.value.value());
  CHECK(rows.number(all, "ci_low") == mean.mean.low.value());
  CHECK(rows.number(all, "n") == 23.0);
  CHECK(rows.number(all, "cosine") == result.mean(2, 1, 2, Spread::cosine).mean.value.value());
  const TableRows means =
      tabled.rows("variance_means.csv", {"temperature", "layer", "checkpoint", "measure"});
  CHECK(means.number({"1", "3", "4", "between"}, "mean") ==
        result.mean(2, 2, 1, Spread::between).mean.value.value());
  CHECK(means.text({"0", "3", "4", "cosine"}, "undefined") == "too_few_rows 6");
  CHECK(means.number({"0", "3", "4", "cosine"}, "n_ok") == 0.0);
}

TEST_CASE("a table of right answers by every grader", "[tables]") {
  const Tabled tabled;
  const TableRows rows = tabled.rows("grading.csv", {"step", "problem", "temperature", "grader"});
  CHECK(rows.number({"variance", "all", "0.5", "boxed"}, "n_right") == 14.0);
  CHECK(rows.number({"variance", "all", "0.5", "boxed"}, "n_graded") == 20.0);
  CHECK(rows.number({"variance", "all", "0.5", "boxed"}, "n_samples") == 24.0);
  CHECK(rows.number({"variance", "all", "0.5", "strict"}, "n_right") == 0.0);
  CHECK(rows.number({"variance", "a", "0.5", "boxed"}, "accuracy") == 0.5);
  CHECK(rows.text({"variance", "a", "0.5", "boxed"}, "ci_method") == "Wilson");
  CHECK(rows.number({"clustering", "b", "0.8", "flexible"}, "n_right") == 12.0);
  CHECK_FALSE(rows.number({"variance", "f", "0.5", "boxed"}, "accuracy"));
  const auto strict = grading_tables(tabled.studies, {.grader = Grader::strict});
  CHECK(TableRows(strict[0].table, {"step", "problem", "temperature", "grader"}).size() ==
        2 * (3 * 7 + 7));
}

TEST_CASE("tables of distances, branches and tests", "[tables]") {
  const Tabled tabled;
  const Manifold& manifold = *tabled.studies[0].manifold;
  const TableRows rows = tabled.rows("manifold.csv", {"problem", "layer"});
  for (const Apart apart : all_aparts()) {
    CHECK(rows.number({"c", "3"}, std::string(apart_name(apart))) ==
          manifold.at(2, 2, apart).value());
  }
  CHECK(rows.number({"c", "3"}, "prefix_tokens") == 5.0);
  CHECK(rows.number({"c", "3"}, "oracle_tokens") == 16.0);
  const TableRows layers = tabled.rows("manifold_layers.csv", {"layer", "measure"});
  CHECK(layers.number({"1", "drift"}, "mean") ==
        manifold.layers[1][Apart::drift].mean.value.value());
  CHECK(layers.number({"1", "improved"}, "mean") == 1.0);
  const TableRows tests = tabled.rows("tests.csv", {"test", "layer", "checkpoint"});
  const std::vector<std::string> nearer = {"distance minus drift (two-sided)", "1", ""};
  CHECK(tests.number(nearer, "p_holm") == manifold.layers[1].test.p_holm.value());
  CHECK(*tests.number(nearer, "difference") ==
        Approx(manifold.layers[1][Apart::distance].mean.value.value() -
               manifold.layers[1][Apart::drift].mean.value.value()));
  const std::vector<std::string> warmer = {
      "variance at the highest minus the lowest temperature above 0 (two-sided)", "0", "8"};
  CHECK(tests.number(warmer, "p") == 2.0 / 64);
  const Variance& variance = *tabled.studies[0].variance;
  CHECK(*tests.number(warmer, "difference") ==
        Approx(variance.mean(2, 0, 2, Spread::trace_covariance).mean.value.value() -
               variance.mean(1, 0, 2, Spread::trace_covariance).mean.value.value()));
  const std::vector<std::string> told = {
      "commitment minus its permuted value at the highest temperature (two-sided)", "1", "8"};
  CHECK(tests.number(told, "least_p") == variance.commitment[2].least_p);
  CHECK(*tests.number(told, "difference") ==
        Approx(variance.mean(2, 1, 2, Spread::commitment_excess).mean.value.value()));
  const Sensitivity& branches = *tabled.studies[0].sensitivity;
  const TableRows forks = tabled.rows("sensitivity.csv", {"problem", "t", "layer"});
  CHECK(forks.size() == (6 + 6 + 4) * 3);
  CHECK(forks.number({"d", "8", "3"}, "divergence") ==
        branches.measured[3][1].divergence[2].value());
  CHECK(forks.number({"d", "8", "3"}, "compared_tokens") == 1.0);
  CHECK(forks.number({"d", "8", "3"}, "branch_tokens") == 3.0);
  CHECK(forks.number({"d", "8", "3"}, "greedy_tokens") == 6.0);
  CHECK(forks.number({"d", "8", "3"}, "ended") == 1.0);
  CHECK(forks.number({"d", "8", "3"}, "kept_token") == 8.0);
  CHECK(forks.number({"d", "8", "3"}, "forced_token") == 800.0);
  CHECK(forks.number({"d", "8", "3"}, "answer_changed") == 1.0);
  CHECK(forks.number({"d", "8", "3"}, "kept_probability") ==
        branches.measured[3][1].kept_probability.value());
  const TableRows points = tabled.rows("sensitivity_points.csv", {"t", "layer"});
  CHECK(points.number({"12", "1"}, "mean") == branches.points[2].divergence[1].mean.value.value());
  CHECK(points.number({"12", "1"}, "median") == branches.points[2].median[1].value());
  CHECK(points.number({"8", "1"}, "n_ended") == 3.0);
  CHECK(points.number({"8", "1"}, "n_too_short") == 1.0);
  CHECK(points.number({"12", "1"}, "answer_changed") == 2.0 / 3.0);
  CHECK_FALSE(forks.number({"e", "12", "1"}, "answer_changed"));
}

TEST_CASE("tables of contributions and clusters", "[tables]") {
  const Tabled tabled;
  const Attribution& result = *tabled.studies[0].attribution;
  const TableRows rows = tabled.rows("attribution.csv", {"point", "norm", "entry"});
  CHECK(rows.size() == 6 * 3 * 5);
  CHECK(rows.number({"2", "raw", "1"}, "contribution") == result.points[2][1].entries[2].value());
  CHECK(rows.text({"2", "raw", "1"}, "problem") == "b");
  const TableRows means = tabled.rows("attribution_means.csv", {"norm", "entry"});
  CHECK(means.number({"frozen", "embedding"}, "mean") == result.means[0][0].mean.value.value());
  const TableRows points = tabled.rows("attribution_points.csv", {"point"});
  CHECK(points.number({"3"}, "top1") == 13.0);
  CHECK(points.number({"3"}, "top2") == 23.0);
  CHECK(points.number({"3"}, "divergence") == 3.5);
  CHECK(points.number({"3"}, "sum_frozen") == result.points[3][0].total.value());
  CHECK(points.number({"3"}, "sum_raw") == result.points[3][1].total.value());
  CHECK(points.number({"3"}, "error_frozen") == result.points[3][0].error.value());
  const Clusters& clusters = *tabled.studies[0].clusters;
  const TableRows problems = tabled.rows("clusters.csv", {"problem"});
  CHECK(problems.number({"b"}, "clusters") == 2.0);
  CHECK(problems.number({"b"}, "n_right") == 12.0);
  CHECK(problems.number({"b"}, "silhouette") == clusters.problems[1].silhouette.value());
  CHECK(problems.number({"b"}, "stability") == clusters.problems[1].stability.value());
  CHECK(problems.text({"a"}, "status") == "too_few_correct");
  CHECK_FALSE(problems.number({"a"}, "clusters"));
  const TableRows members = tabled.rows("cluster_members.csv", {"problem", "sample"});
  const Member& member = clusters.problems[1].members[4];
  CHECK(members.number({"b", "4"}, "from_centre") == member.from_centre);
  CHECK(members.number({"b", "4"}, "principal_2") == member.principal[1]);
  CHECK(members.number({"b", "4"}, "cluster") == static_cast<double>(member.cluster));
}

TEST_CASE("steps that are absent have no tables, and dropped problems are listed", "[tables]") {
  test::SyntheticStudy options;
  options.manifold.dropped = {{{"problem_id", "z"}, {"status", "no_oracle"}}};
  auto studies = test::analyzed_study(options);
  studies[0].variance.reset();
  studies[0].clusters.reset();
  studies[0].sensitivity.reset();
  studies[0].attribution.reset();
  const auto all = tables(studies, {});
  std::vector<std::string> files;
  for (const auto& table : all) files.push_back(table.file);
  CHECK(files == std::vector<std::string>{"manifold.csv", "manifold_layers.csv", "tests.csv",
                                          "dropped.csv"});
  const TableRows dropped(test::table_of(all, "dropped.csv"), {"step", "problem"});
  CHECK(dropped.text({"manifold", "z"}, "status") == "no_oracle");
}

}  // namespace phiscope::analyze::sampling::tables_test
