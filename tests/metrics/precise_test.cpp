// SPDX-License-Identifier: MIT
// Metrics against 50 digits (tests/golden/metrics/precise.py), and the mean and standard deviation
// against NIST's numerical-accuracy series, which are given by formulas.
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/describe.hpp>
#include <phiscope/effective_rank.hpp>
#include <phiscope/kl_divergence.hpp>
#include <phiscope/mean_cosine.hpp>
#include <phiscope/participation_ratio.hpp>
#include <phiscope/pearson.hpp>
#include <phiscope/trace_covariance.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using nlohmann::json;
using phiscope::MatrixView;

namespace {

json precise() {
  return phiscope::shard::read_json(phiscope::test::golden() / "metrics/precise.json");
}

double number(const json& digits) {
  return std::stod(digits.get<std::string>());
}

/// Correct digits, at most 16.
double digits(double found, double expected) {
  if (found == expected) return 16.0;
  return std::min(16.0, -std::log10(std::abs(found - expected) / std::abs(expected)));
}

struct Series {
  std::string name;
  double mean;
  double deviation;
  double digits_of_deviation;  ///< what the rounding of the data to double leaves
  std::vector<double> values;
};

/// The four series: m, then m - h and m + h in turn.
std::vector<Series> nist_series() {
  const auto alternating = [](double first, double low, double high, int pairs) {
    std::vector<double> values{first};
    for (int i = 0; i < pairs; ++i) {
      values.push_back(low);
      values.push_back(high);
    }
    return values;
  };
  return {{"NumAcc1", 10000002, 1, 15.0, {10000001, 10000003, 10000002}},
          {"NumAcc2", 1.2, 0.1, 15.0, alternating(1.2, 1.1, 1.3, 500)},
          {"NumAcc3", 1000000.2, 0.1, 9.4, alternating(1000000.2, 1000000.1, 1000000.3, 500)},
          {"NumAcc4", 10000000.2, 0.1, 8.2, alternating(10000000.2, 10000000.1, 10000000.3, 500)}};
}

}  // namespace

TEST_CASE("measures of rows agree with 50 digits", "[precise]") {
  const json all = precise();
  REQUIRE(all.at("rows").size() == 4);
  for (const json& one : all.at("rows")) {
    std::vector<double> values;
    for (const json& row : one.at("x")) {
      for (const json& x : row) values.push_back(x.get<double>());
    }
    const std::size_t count = one.at("x").size();
    const MatrixView<double> rows(values, count, values.size() / count);
    // What the offset takes: one part in 2^53 of it, in units of the spread.
    const double spread = std::sqrt(number(one.at("trace_covariance")));
    const double loss = 1e-13 + 1e-15 * std::abs(values[0]) / spread;
    CAPTURE(one.at("x").dump(), loss);
    CHECK(trace_covariance(rows).value() ==
          Approx(number(one.at("trace_covariance"))).epsilon(1e-14).margin(0));
    CHECK(mean_cosine(rows).value() == Approx(number(one.at("mean_cosine"))).epsilon(1e-14));
    CHECK(participation_ratio(rows).value() ==
          Approx(number(one.at("participation_ratio"))).epsilon(loss));
    CHECK(effective_rank(rows).value() == Approx(number(one.at("effective_rank"))).epsilon(loss));
  }
}

TEST_CASE("KL agrees with 50 digits down to the rounding of one", "[precise]") {
  const json all = precise();
  for (const json& one : all.at("kl")) {
    const std::vector<double> p = one.at("p");
    const std::vector<double> q = one.at("q");
    const auto found =
        phiscope::kl_divergence(std::span<const double>(p), std::span<const double>(q));
    CAPTURE(one.dump());
    CHECK(found.kl.value() == Approx(number(one.at("kl"))).epsilon(1e-14).margin(1e-15));
    CHECK(found.reverse_kl.value() ==
          Approx(number(one.at("reverse"))).epsilon(1e-14).margin(1e-15));
  }
}

TEST_CASE("Pearson's correlation agrees with 50 digits", "[precise]") {
  const json all = precise();
  for (const json& one : all.at("pearson")) {
    const std::vector<double> x = one.at("x");
    const std::vector<double> y = one.at("y");
    CAPTURE(one.dump());
    CHECK(phiscope::pearson(x, y).value() == Approx(number(one.at("r"))).epsilon(1e-14));
  }
}

TEST_CASE("mean and deviation of the series of NIST", "[precise]") {
  for (const Series& series : nist_series()) {
    const auto found = phiscope::describe(series.values);
    const MatrixView<double> column(series.values, series.values.size(), 1);
    CAPTURE(series.name);
    CHECK(digits(found.mean.value(), series.mean) >= 15.0);
    CHECK(digits(phiscope::mean_row(column)[0], series.mean) >= 15.0);
    CHECK(digits(found.standard_deviation.value(), series.deviation) >= series.digits_of_deviation);
    CHECK(digits(std::sqrt(trace_covariance(column).value()), series.deviation) >=
          series.digits_of_deviation);
  }
}
