// SPDX-License-Identifier: MIT
#include "sampling/findings.hpp"

#include "catch.hpp"
#include "report/estimate_text.hpp"
#include "synthetic_study.hpp"

#include <cmath>

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
  using report::bracket_text;
  using report::estimate_text;
  const auto& studies = test::plain_study();
  const Study& study = studies[0];
  const auto lines = findings(studies, {});
  REQUIRE(lines.size() == 7);
  const Variance& variance = *study.variance;
  const auto variance_at = [&](std::size_t t) {
    const auto of = [&](Spread spread) { return variance.mean(t, 1, 2, spread).mean; };
    REQUIRE(of(Spread::between_share).value.ok());
    return "Tr(Cov) " + estimate_text(of(Spread::trace_covariance)) + ", cosine " +
           bracket_text(of(Spread::cosine)) + ", between answers " +
           report::percent_text(of(Spread::between_share).value.value()) +
           " of the variance of the samples with an answer (mean over problems)";
  };
  CHECK(lines[0] == "Variance at layer 1, 8 tokens: T = 0.5: " + variance_at(1) +
                        "; T = 1: " + variance_at(2) + ".");
  const auto right = [](const Grading& grading, std::size_t t) {
    const Rate total = grading.total(t, Score::right);
    return estimate_text(grading.accuracy(t, Score::right, {}).mean) + ", " +
           std::to_string(total.right) + " of " + std::to_string(total.graded) + " samples";
  };
  CHECK(lines[1] == "Right answers (variance, boxed): T = 0: " + right(variance.grading, 0) +
                        "; T = 0.5: " + right(variance.grading, 1) +
                        "; T = 1: " + right(variance.grading, 2) + ".");
  CHECK_THAT(lines[1], Contains("T = 0: 1.00 "));
  CHECK_THAT(lines[1], Contains("14 of 20 samples"));
  const ManifoldLayer& layer = study.manifold->layers[1];
  CHECK(lines[2] ==
        "Distance to the oracle at layer 1: " + estimate_text(layer[Apart::distance].mean) +
            "; drift after a prefix of 30.0 %: " + bracket_text(layer[Apart::drift].mean) +
            " (all tokens " + bracket_text(layer[Apart::drift_all].mean) +
            "); solutions of different problems are " + bracket_text(layer[Apart::reference].mean) +
            " apart; nearer in " + estimate_text(layer.improved) + ".");
  CHECK(bracket_text(layer[Apart::drift].mean) != bracket_text(layer[Apart::drift_all].mean));
  const auto& points = study.sensitivity->points;
  std::size_t largest = 0;
  for (std::size_t i = 1; i < 3; ++i) {
    if (points[i].divergence[1].mean.value.value() >
        points[largest].divergence[1].mean.value.value()) {
      largest = i;
    }
  }
  const SensitivityPoint& there = points[largest];
  CHECK(lines[3] == "Divergence after one forced token at layer 1: largest after " +
                        std::to_string(4 * (largest + 1)) + " tokens, " +
                        estimate_text(there.divergence[1].mean) +
                        (there.divergence[1].mean.low.ok()
                             ? ", interval not corrected for taking the largest of 3"
                             : "") +
                        "; probability there " + bracket_text(there.kept_probability.mean) +
                        " of the greedy and " + bracket_text(there.forced_probability.mean) +
                        " of the forced token; the final answer changed in " +
                        estimate_text(there.answer_changed) + ".");
  CHECK(there.kept_probability.mean.value.value() > there.forced_probability.mean.value.value());
  const Attribution& attribution = *study.attribution;
  std::string told;
  const std::vector<std::string> places = {"embedding", "layer 0", "layer 1", "layer 2", "layer 3"};
  std::vector<bool> taken(attribution.entries, false);
  for (int place = 0; place < 3; ++place) {
    std::size_t best = attribution.entries;
    const auto size = [&](std::size_t entry) {
      return std::abs(attribution.means[0][entry].mean.value.value());
    };
    for (std::size_t entry = 0; entry < attribution.entries; ++entry) {
      if (!taken[entry] && (best == attribution.entries || size(entry) > size(best))) best = entry;
    }
    taken[best] = true;
    told += (place == 0 ? "" : ", ") + places[best] + ": " +
            bracket_text(attribution.means[0][best].mean);
  }
  CHECK(lines[4] ==
        "Contributions to logit(top1) - logit(top2) (norm frozen, 6 points of 5 problems): "
        "largest " +
            told +
            " logits (95 %, 5 problems), intervals not corrected for taking the largest of 5.");
  const Clusters& clusters = *study.clusters;
  CHECK_THAT(lines[5], Contains("Right answers (clustering, boxed): T = ") &&
                           Contains(": " + right(clusters.grading, 0)));
  CHECK(lines[6] ==
        "Clusters of right solutions at layer " + std::to_string(clusters.layer) +
            ": of 6 problems 2 were clustered, 3 had too few right solutions, 1 could not be "
            "graded; by the gap statistic the share with more than one is " +
            estimate_text(clusters.several) + "; stability of several " +
            estimate_text(clusters.stability.mean) + ", silhouette " +
            bracket_text(clusters.silhouette.mean) + ".");
}

TEST_CASE("the largest contributions are told by their size", "[findings]") {
  auto studies = test::analyzed_study();
  auto& means = studies[0].attribution->means[0];
  for (std::size_t entry = 0; entry < means.size(); ++entry) {
    means[entry].mean.value = entry == 3 ? -9.0 : static_cast<double>(entry);
  }
  CHECK_THAT(findings(studies, {})[4], Contains("largest layer 2: -9.00") &&
                                           Contains(", layer 3: 4.00") &&
                                           Contains(", layer 1: 2.00"));
  means[3].mean.low = means[3].mean.high = Status::few_units;
  CHECK(findings(studies, {})[4].ends_with(
      " logits (no interval: 5 problems, expected at least 5)."));
  for (auto& each : means) each.mean.value = Status::too_few_rows;
  means[2].mean.value = 1.5;
  CHECK_THAT(findings(studies, {})[4],
             Contains("largest layer 1: 1.50") && !Contains("undefined") && !Contains("corrected"));
  means[2].mean.value = Status::too_few_rows;
  CHECK(
      findings(studies, {})[4].ends_with("(norm frozen, 6 points of 5 problems): undefined at "
                                         "every point."));
}

TEST_CASE("points without residuals are not counted", "[findings]") {
  auto studies = test::analyzed_study();
  Points run = std::move(studies[0].attribution->run);
  run.points[5].residuals.reset();  // the one of the last problem
  studies[0].attribution = analyze_attribution(std::move(run), {});
  CHECK_THAT(findings(studies, {})[4], Contains("(norm frozen, 5 points of 4 problems): largest"));
}

TEST_CASE("the interval of the largest divergence is not corrected for its choice", "[findings]") {
  auto studies = test::analyzed_study();
  auto& points = studies[0].sensitivity->points;
  Estimate& first = points[0].divergence[1].mean;
  first.value = 9.0;
  first.low = 8.0;
  first.high = 9.5;
  CHECK_THAT(findings(studies, {})[3],
             Contains("largest after 4 tokens, 9.00 [8.00, 9.50] (95 %, 6 problems), interval not "
                      "corrected for taking the largest of 3; probability there "));
  points[1].divergence[1].mean.value = points[2].divergence[1].mean.value = Status::too_short;
  CHECK_THAT(findings(studies, {})[3],
             Contains("9.00 [8.00, 9.50] (95 %, 6 problems); probability there "));
}

TEST_CASE("why problems are not clustered is said in words", "[findings]") {
  auto studies = test::analyzed_study();
  auto& problems = studies[0].clusters->problems;
  const std::vector<std::string> statuses = {"constant",  "no_cross_pairs", "ok",
                                             "nonfinite", "singular",       "no_answer"};
  for (std::size_t p = 0; p < problems.size(); ++p) problems[p].status = statuses[p];
  CHECK_THAT(findings(studies, {})[6],
             Contains(": of 6 problems 1 was clustered, 1 could not be graded, 1 had right "
                      "solutions with equal latents, 1 could not be divided into several clusters, "
                      "1 had latents that are not finite, 1 could not be clustered (singular); "));
}

TEST_CASE("what a reader must know is warned of", "[findings]") {
  SyntheticStudy options;
  options.manifold.dropped = {{{"problem_id", "y"}, {"status", "no_oracle"}},
                              {{"problem_id", "z"}, {"status", "no_oracle"}}};
  options.sensitivity.target_layer = 2;
  options.variance.problems.resize(4);
  options.attribution.problems.resize(4);
  options.attribution.of = {0, 1, 2, 3};
  const auto lines = warnings(test::analyzed_study(options));
  CHECK(line_with(lines, "Dropped") ==
        "Dropped: step manifold left out 2 problems of 8 (no_oracle 2).");
  CHECK(line_with(lines, "Target") ==
        "Target layer: step sensitivity did not keep layer 2; layer 3 is told instead.");
  CHECK(line_with(lines, "Few problems: step variance") ==
        "Few problems: step variance has 4: no intervals of means; those of shares (Wilson) are "
        "wide.");
  CHECK(line_with(lines, "Few problems: step attribution") ==
        "Few problems: step attribution has 4: no intervals of means.");
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
