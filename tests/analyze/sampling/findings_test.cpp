// SPDX-License-Identifier: MIT
#include "sampling/findings.hpp"

#include "catch.hpp"
#include "report/estimate_text.hpp"
#include "synthetic_study.hpp"

namespace phiscope::analyze::sampling::findings_test {

using test::SyntheticStudy;

namespace {

std::string line_with(const std::vector<std::string>& lines, const std::string& part) {
  for (const std::string& line : lines) {
    if (line.find(part) != std::string::npos) return line;
  }
  return "no line with " + part;
}

}  // namespace

TEST_CASE("every step has its sentence with the numbers of its target layer", "[findings]") {
  const auto& studies = test::plain_study();
  const auto lines = findings(studies, {});
  REQUIRE(lines.size() == 7);
  const Variance& variance = *studies[0].variance;
  const std::string trace =
      report::estimate_text(variance.mean(2, 1, 2, Spread::trace_covariance).mean);
  CHECK_THAT(lines[0], Contains("Variance at layer 1, 8 tokens: T = 0.5: Tr(Cov) "));
  CHECK_THAT(lines[0], Contains("T = 1: Tr(Cov) " + trace + ", cosine "));
  CHECK_THAT(lines[1], Contains("Right answers (variance, boxed): T = 0: 1.00 "));
  CHECK_THAT(lines[1], Contains("14 of 20 samples"));
  const ManifoldLayer& layer = studies[0].manifold->layers[1];
  CHECK_THAT(lines[2],
             Contains("at layer 1: " + report::estimate_text(layer[Apart::distance].mean) +
                      "; drift after a prefix of 30.0 %: " +
                      report::bracket_text(layer[Apart::drift].mean)));
  CHECK_THAT(lines[2], Contains("solutions of different problems are " +
                                report::bracket_text(layer[Apart::reference].mean)));
  const auto& points = studies[0].sensitivity->points;
  std::size_t largest = 0;
  for (std::size_t i = 1; i < 3; ++i) {
    if (points[i].divergence[1].mean.value.value() >
        points[largest].divergence[1].mean.value.value()) {
      largest = i;
    }
  }
  CHECK_THAT(lines[3], Contains("largest after " + std::to_string(4 * (largest + 1)) + " tokens, " +
                                report::estimate_text(points[largest].divergence[1].mean)));
  CHECK_THAT(lines[4], Contains("(norm frozen, 6 points of 5 problems): largest "));
  CHECK_THAT(lines[6], Contains("2 ok, 3 too_few_correct of 6"));
  CHECK_THAT(lines[6], Contains("1 no_answer"));
}

TEST_CASE("the largest contributions are told by their size", "[findings]") {
  auto studies = test::analyzed_study();
  auto& means = studies[0].attribution->means[0];
  for (std::size_t entry = 0; entry < means.size(); ++entry) {
    means[entry].mean.value = entry == 3 ? -9.0 : static_cast<double>(entry);
  }
  CHECK_THAT(findings(studies, {})[4], Contains("largest 2 -9.00"));
}

TEST_CASE("what a reader must know is warned of", "[findings]") {
  SyntheticStudy options;
  options.manifold.dropped = {{{"problem_id", "y"}, {"status", "no_oracle"}},
                              {{"problem_id", "z"}, {"status", "no_oracle"}}};
  options.sensitivity.target_layer = 2;
  options.variance.problems.resize(4);
  const auto lines = warnings(test::analyzed_study(options));
  CHECK(line_with(lines, "Dropped") ==
        "Dropped: step manifold left out 2 problems of 8 (no_oracle 2).");
  CHECK(line_with(lines, "Target") ==
        "Target layer: step sensitivity did not keep layer 2; layer 3 is told instead.");
  CHECK(line_with(lines, "Few") ==
        "Few problems: step variance has 4, no intervals over problems.");
  CHECK_THAT(line_with(lines, "Early"), Contains("--full-length-only leaves them out"));
}

TEST_CASE("diagnostics count problems and branches and list the checks", "[findings]") {
  const auto lines = diagnostic_lines(test::plain_study());
  CHECK(lines[0] == "Step variance: 6 problems, 0 problems dropped, pooled every 2 tokens.");
  CHECK(
      line_with(lines, "Branches") ==
      "Branches: 16, of which 6 end within the window (compared up to the shorter end) and 1 have "
      "no compared token.");
  CHECK_THAT(line_with(lines, "Check: no NaN"), Contains("passed"));
}

TEST_CASE("several folders are told apart", "[findings]") {
  auto studies = test::analyzed_study();
  studies.push_back(studies[0].label.empty() ? Study{} : Study{.label = "other"});
  studies[1].manifold = std::move(studies[0].manifold);
  studies[0].manifold.reset();
  CHECK_THAT(line_with(findings(studies, {}), "Distance"), Contains("other: Distance"));
  CHECK_THAT(line_with(findings(studies, {}), "Variance"), Contains("OUT: Variance"));
}

}  // namespace phiscope::analyze::sampling::findings_test
