// SPDX-License-Identifier: MIT
#include "sampling/analysis/sensitivity.hpp"

#include "analyze/sampling/synthetic_branches.hpp"
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"
#include "temp_dir.hpp"

#include <phiscope/summary.hpp>

#include <fstream>
#include <map>

namespace phiscope::analyze::sampling::sensitivity_test {

using test::SyntheticBranches;

namespace {

Sensitivity analyzed(const SyntheticBranches& options) {
  const test::TempDir folder;
  test::write_branches(folder.path() / "run", options);
  return analyze_sensitivity(read_branches(folder.path() / "run"), {.threads = 2});
}

double slow_divergence(const SyntheticBranches& options, std::int64_t p, std::int64_t t,
                       std::int64_t layer) {
  const std::int64_t count = options.window(p, t) / options.window_stride;
  double sum = 0.0;
  for (std::int64_t unit = 0; unit < options.units; ++unit) {
    double greedy = 0.0;
    double branch = 0.0;
    for (std::int64_t i = 1; i <= count; ++i) {
      const std::int64_t n = t + i * options.window_stride;
      greedy += static_cast<double>(options.latent(p, 0, n, layer, unit));
      branch += static_cast<double>(options.latent(p, t, n, layer, unit));
    }
    sum += std::pow((greedy - branch) / static_cast<double>(count), 2);
  }
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("every branch is compared with the greedy text's window", "[sensitivity]") {
  const SyntheticBranches options;
  const Sensitivity result = analyzed(options);
  for (std::size_t p = 0; p < 6; ++p) {
    for (std::size_t i = 0; i < 3; ++i) {
      const auto problem = static_cast<std::int64_t>(p);
      const std::int64_t t = options.points[i];
      const BranchMeasure& branch = result.measured[p][i];
      const bool there = options.branch_tokens(problem, t) > 0;
      CHECK(branch.reached == there);
      for (std::size_t layer = 0; layer < 3; ++layer) {
        if (!there || options.window(problem, t) < 2) {
          CHECK(branch.divergence[layer] == Value(Status::too_short));
        } else {
          CHECK(branch.divergence[layer].value() ==
                Approx(slow_divergence(options, problem, t, options.layers[layer])));
        }
      }
      if (!there) continue;
      CHECK(branch.kept_probability.value() ==
            Approx(std::exp(options.log_probability(problem, 0, t))));
      CHECK(branch.forced_probability.value() ==
            Approx(std::exp(options.log_probability(problem, t, 0))));
      REQUIRE(branch.answer_changed.has_value() == (p != 4 || t != 12));
      if (branch.answer_changed) CHECK(*branch.answer_changed == (p != 0));
    }
  }
}

TEST_CASE("branches that end, are too short or are not reached are counted", "[sensitivity]") {
  const Sensitivity result = analyzed({});
  // Greedy texts have 20 tokens, that of problem 1 has 10 and that of problem 2 has 9; the branches
  // of problem 3 end after 3 tokens.
  CHECK(result.points[0].reached == 6);
  CHECK(result.points[0].ended == 2);  // problems 2 (5 tokens are left) and 3
  CHECK(result.points[1].reached == 6);
  CHECK(result.points[1].ended == 3);      // 1, 2 and 3
  CHECK(result.points[1].too_short == 1);  // problem 2: one token is left
  CHECK(result.points[2].reached == 4);
  CHECK(result.points[2].too_short == 0);
  // Windows are cut at the end of the shorter text: problem 3's branches hold one compared token.
  CHECK(result.measured[3][0].pooled == 1);
  CHECK(result.measured[0][0].pooled == 3);
  CHECK(result.measured[1][1].pooled == 1);
  CHECK(result.measured[2][0].pooled == 2);
  CHECK(result.measured[3][0].branch_tokens == 3);
  CHECK(result.measured[3][0].baseline_tokens == 6);
}

TEST_CASE("means and medians are over the problems with a branch", "[sensitivity]") {
  const SyntheticBranches options;
  const Sensitivity result = analyzed(options);
  std::vector<double> numbers;
  for (const std::int64_t p : {0, 3, 4, 5}) numbers.push_back(slow_divergence(options, p, 12, 3));
  double mean = 0.0;
  for (const double number : numbers) mean += number / 4;
  std::sort(numbers.begin(), numbers.end());
  CHECK(result.points[2].divergence[2].mean.value.value() == Approx(mean));
  CHECK(result.points[2].median[2].value() == Approx(0.5 * (numbers[1] + numbers[2])));
  CHECK(result.points[2].divergence[2].count == 4);
  CHECK(result.points[2].answer_changed.value == Value(2.0 / 3.0));
  double kept = 0.0;
  for (const std::int64_t p : {0, 3, 4, 5}) {
    kept += std::exp(static_cast<double>(options.log_probability(p, 0, 12))) / 4;
  }
  CHECK(result.points[2].kept_probability.mean.value.value() == Approx(kept));
}

TEST_CASE("answers are compared only where branches run to their end", "[sensitivity]") {
  SyntheticBranches options;
  options.to_the_end = false;
  const Sensitivity result = analyzed(options);
  CHECK_FALSE(result.measured[1][0].answer_changed);
  CHECK(result.points[0].answer_changed.value == Value(Status::too_few_rows));
}

TEST_CASE("the published divergences give the published means and medians",
          "[sensitivity][needs_reference]") {
  const auto reference = test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto folder = *reference / "published" / "sampling";
  std::map<std::int64_t, std::vector<Value>> by_point;
  std::ifstream lines(folder / "geometry_sampling_test_20260107_210814.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const auto record = shard::parse_json(line, folder);
    by_point[record.at("bifurcation_step").get<std::int64_t>()].emplace_back(
        record.at("path_divergence").get<double>());
  }
  const auto expected = shard::read_json(folder / "step3456_aggregates.json").at("step5");
  REQUIRE(by_point.size() == expected.size());
  for (const auto& [t, values] : by_point) {
    const auto& wanted = expected.at(std::to_string(t));
    CHECK(values.size() == wanted.at("n").get<std::size_t>());
    const double mean = wanted.at("mean").get<double>();
    CHECK(std::abs(cell_of(values, {}).mean.value.value() - mean) <= 1e-12 * mean);
    std::vector<double> numbers;
    for (const Value& value : values) numbers.push_back(value.value());
    CHECK(median(numbers) == Value(wanted.at("median").get<double>()));
  }
}

}  // namespace phiscope::analyze::sampling::sensitivity_test
