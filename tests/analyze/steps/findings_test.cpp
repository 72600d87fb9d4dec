// SPDX-License-Identifier: MIT
#include "steps/findings.hpp"

#include "catch.hpp"
#include "made_up_steps.hpp"
#include "report/estimate_text.hpp"
#include "said_steps.hpp"
#include "steps/checks.hpp"

namespace phiscope::analyze::steps::findings_test {

using report::estimate_text;
using test::said_steps;
using Names = std::vector<std::string>;

namespace {

const LaneAxes axes = {
    .kinds = {Kind::single, Kind::all, Kind::early_exit}, .layers = {3}, .latents = 4};

/// 40 problems, 30 of them right; single i breaks the first 3 + 4 i, early exit i the first 10 - i,
/// all breaks 25 and repairs 2; the last three have no number.
std::optional<Grade> told(std::size_t problem, const std::optional<Lane>& lane) {
  if (problem >= 37) return Grade::no_number;
  if (problem >= 30) {
    return lane && lane->kind == Kind::all && problem < 32 ? Grade::right : Grade::wrong;
  }
  if (!lane) return Grade::right;
  const std::int64_t broken = lane->kind == Kind::single       ? 3 + 4 * lane->step
                              : lane->kind == Kind::early_exit ? 10 - lane->step
                                                               : 25;
  return static_cast<std::int64_t>(problem) < broken ? Grade::wrong : Grade::right;
}

/// The first four are of 5 steps, of the others every third is of 2, 3 and 4.
int stratum(std::size_t problem) {
  return problem < 4 ? 5 : 2 + static_cast<int>(problem % 3);
}

Result told_result(const LaneAxes& of = axes) {
  return analyze(said_steps(40, of, stratum, told), test::quick_steps());
}

std::string find(const Names& lines, const std::string& beginning) {
  for (const std::string& line : lines) {
    if (line.starts_with(beginning)) return line;
  }
  return "no line";
}

}  // namespace

TEST_CASE("findings give the numbers of the chief sample", "[findings]") {
  const Result result = told_result();
  const auto cell = [&](const Lane& lane) { return result.cell(0, *result.data.find(lane)); };
  const Names lines = findings({result});
  CHECK(lines[0] == "Baseline: 30 of 40 answers are right, " +
                        estimate_text(result.groups[0].baseline.accuracy) + "; 3 have no number.");
  const Estimate early = cell({Kind::early_exit, -1, 0}).importance;
  CHECK(lines[1] ==
        "Without any thought (early exit at 0), 20 of 30 right answers remain right: "
        "0.667 [" +
            report::short_text(1.0 - early.high.value()) + ", " +
            report::short_text(1.0 - early.low.value()) + "] (95 %, 30 problems).");
  const Cell all = cell({Kind::all, 3, 4});
  CHECK(lines[2] == "Changing all thoughts loses 25 of 30 right answers: importance " +
                        estimate_text(all.importance) +
                        "; 2 of 10 others are repaired: " + estimate_text(all.repaired) +
                        "; perplexity of the right answer undefined (too_few_rows) before, "
                        "undefined (too_few_rows) after.");
  CHECK(lines[3] == "Importance of set single: largest " +
                        estimate_text(cell({Kind::single, 3, 3}).importance) +
                        " at single 3, smallest " +
                        estimate_text(cell({Kind::single, 3, 0}).importance) +
                        " at single 0; intervals not corrected for taking the largest and the "
                        "smallest of 4.");
  CHECK(lines[4] == "Importance of set early-exit: largest " + estimate_text(early) +
                        " at early-exit 0, smallest " +
                        estimate_text(cell({Kind::early_exit, -1, 3}).importance) +
                        " at early-exit 3; intervals not corrected for taking the largest and "
                        "the smallest of 4.");
  // Steps 0 and 1 break 3 and 7: of problems 4 to 6, one in each of the three strata.
  CHECK(lines[5] ==
        "Importance of the first half of the steps of single by stratum: 2: 0.0625 "
        "(8 right), 3: 0.0556 (9 right), 4: 0.0556 (9 right), 5+: too few (4 right).");
  CHECK(lines.size() == 6);
  const Result right = analyze(
      said_steps(9, axes,
                 [](std::size_t, const auto& lane) { return lane ? Grade::wrong : Grade::right; }),
      test::quick_steps());
  CHECK_THAT(findings({right})[2], Contains("loses 9 of 9 right answers: importance 1") &&
                                       Contains("; no other answer could be repaired; perplexity"));
}

TEST_CASE("several layers and runs are named", "[findings]") {
  LaneAxes layers = axes;
  layers.layers = {1, 3};
  Result other = told_result(layers);
  other.label = "other";
  const Names lines = findings({told_result(), other});
  CHECK(lines[0].starts_with("said: Baseline: "));
  CHECK(find(lines, "other: Changing all thoughts at layer 1 loses 25") != "no line");
  CHECK_THAT(find(lines, "other: Importance of set single"),
             Contains("at single 3 at layer 1, smallest") &&
                 Contains("at single 0 at layer 1; intervals not corrected for taking the largest "
                          "and the smallest of 8."));
  CHECK(find(lines, "other: Importance of the first half of the steps of single at layer 3") !=
        "no line");
}

TEST_CASE("what must be known before the numbers is a warning", "[findings]") {
  Result result = told_result();
  CHECK(warnings({result}) ==
        Names{"Stratum 5+: 4 right answers of 4, too few for a test; it is grey.",
              "No step_importance_*.json: the published structure has no place for a run without "
              "set cumulative."});
  result.data.dropped = {{"x", "no_gold"}, {"y", "no_gold"}, {"z", "too_long"}};
  result.data.rows[7].complete = false;
  CHECK(find(warnings({result}), "Partial run") == "Partial run: 39 of 40 problems are complete.");
  CHECK(find(warnings({result}), "Dropped") ==
        "Dropped: 39 of 43 problems are in the results; 3 were dropped before the run (no_gold 2, "
        "too_long 1); 1 are unfinished.");
  CHECK(find(warnings({result}), "Check failed: all problems done (39 of 40") != "no line");
  result.data.published = true;
  CHECK(find(warnings({result}), "Published run: i counts positions, of which 0 is the token") !=
        "no line");

  const auto warned = [](const test::Says& says) {
    return warnings({analyze(said_steps(9, axes, says), test::quick_steps())});
  };
  CHECK(find(warned([](std::size_t, const auto&) { return Grade::right; }),
             "All 9 baseline answers are right: the problems are selected by") != "no line");
  CHECK(find(warned([](std::size_t i, const auto&) { return i < 4 ? Grade::right : Grade::wrong; }),
             "Few right answers: 4, expected at least 5; nothing is tested.") != "no line");
  CHECK(find(warned([](std::size_t i, const auto&) {
               return i < 2 ? std::nullopt : std::optional(Grade::right);
             }),
             "Free answers: 2 of 9 problems have none in the baseline") != "no line");
}

TEST_CASE("diagnostics list samples, checks and the published criteria", "[findings]") {
  const Result result = test::analyzed_steps({});
  const Names lines = diagnostic_lines({result}, test::quick_steps());
  CHECK(lines[0] ==
        "Problems: 8 of 11 problems are in the results; 3 were dropped before the run "
        "(no_gold 2, too_long 1).");
  CHECK(lines[1] ==
        "Samples: sweep 6 (5 right), stratum 2 2 (2 right), stratum 3 1 (1 right), stratum 4 1 (1 "
        "right), stratum 5+ 1 (1 right), stratum unknown 1 (0 right); validation 2 (2 right), "
        "stratum 2 1 (1 right), stratum 5+ 1 (1 right). Tests and figures are of the sweep.");
  CHECK(lines[2] ==
        "Check: all problems done: passed (8 of 8 problems, 3 dropped before the run).");
  CHECK(lines[7] == "Published criterion: baseline above 70 %: passed (2 of 2 right).");
  CHECK(lines.size() == 10);
}

}  // namespace phiscope::analyze::steps::findings_test
