// SPDX-License-Identifier: MIT
// What the report of loo says in words: every sentence with every number in it.
#include "loo/findings.hpp"

#include "catch.hpp"
#include "loo/claims.hpp"
#include "loo/report.hpp"
#include "made_up_loo.hpp"

namespace phiscope::analyze::loo::findings_test {

using test::made_up_loo_runs;
using test::TempDir;
using test::write_synthetic_run;

namespace {

Estimate walks(double value, double low, double high, std::size_t units) {
  return {.value = value, .low = low, .high = high, .units = units, .covers = "walks"};
}

Aggregate ratio(double mean, double low, double high, std::size_t units = 20) {
  Aggregate result;
  result.mean = walks(mean, low, high, units);
  return result;
}

Aggregate& ratio_at(RunResult& run, std::size_t condition, std::size_t length) {
  const std::size_t last = run.info.layers.size() - 1;
  return run.levels[run.level_index(condition, length, last, Scale::absolute, 0)];
}

/// The cell of a grid [condition 0, anchors, ratio, longest length, last layer].
PairedCell& last_contrast(RunResult& run, Anchors anchors) {
  const std::size_t layers = run.info.layers.size();
  const std::size_t lengths = run.lengths.size();
  const std::size_t family = static_cast<std::size_t>(anchors) * metrics.size();
  return run.bridge_anchor[(family * lengths + lengths - 1) * layers + layers - 1];
}

void explain(RunResult& run, std::size_t condition, const std::vector<double>& shares) {
  for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
    run.position_zero[condition * run.info.layers.size() + layer].explained = shares[layer];
  }
}

/// Both runs of made_up_loo_runs() with round numbers where the sentences look.
std::vector<RunResult> runs_to_tell_of() {
  auto runs = made_up_loo_runs();
  for (RunResult& run : runs) {
    for (Aggregate& level : run.levels) level.floored = 0;
    for (auto& cell : run.bridge_anchor) cell.p_max = 0.5;
    run.info.primary = "bridge-anchor";
    explain(run, 1, std::vector<double>(run.info.layers.size(), 0.25));
    const std::size_t cells = run.lengths.size() * run.info.layers.size();
    run.labels[cells / run.lengths.size() * (run.lengths.size() - 1)].p = 0.4;  // embedding
    run.labels[cells - 1] = {.ratio = 1.78,
                             .null_mean = 1.004,
                             .null_high = 1.2,
                             .p = 0.002,
                             .least_p = 0.001,
                             .draws = 999};
    run.above_mixing[cells - 1] = {.difference = walks(0.44, 0.3, 0.58, 20),
                                   .p = 0.0004,
                                   .p_max = 0.001,
                                   .least_p = 0.0002,
                                   .walks = 20};
    run.mixing[2 * (run.lengths.size() - 1)] = ratio(1.34, 1.3, 1.38);
    run.mixing[0] = ratio(1.21, 1.1, 1.3);
    if (run.info.conditions.size() > 1) {  // the second one's, after all lengths of the first
      run.mixing[2 * run.lengths.size()] = ratio(1.17, 1.1, 1.3);
      run.mixing[2 * (2 * run.lengths.size() - 1)] = ratio(1.29, 1.2, 1.4);
    }
    last_contrast(run, Anchors::all) = {.difference = walks(-0.012, -0.03, 0.004, 20),
                                        .p = 0.21,
                                        .p_max = 0.6,
                                        .least_p = 0.0002,
                                        .walks = 20};
    last_contrast(run, Anchors::without_first) = last_contrast(run, Anchors::all);
    run.bridge_anchor[1] = {.difference = walks(0.5, 0.2, 0.8, 20),
                            .p = 0.01,
                            .p_max = 0.03,
                            .least_p = 0.0002,
                            .walks = 20};  // shortest length, layer 0
    for (auto& cell : run.bridge_anchor_beyond_counts) cell.p = cell.p_max = 1e-4;
    for (auto& test : run.labels_beyond_counts) test.p = 1e-4;
    ratio_at(run, 0, 2) = ratio(1.78, 1.6, 1.953);
    ratio_at(run, 1, 2) = ratio(1.01, 0.9, 1.1);
    ratio_at(run, 0, 0) = ratio(5.25, 5, 5.5);
    ratio_at(run, 1, 0) = ratio(6.25, 6, 6.5, 12);
  }
  explain(runs[0], 0, {0.99, 0.1, 0.3});  // the embedding is none of the blocks
  explain(runs[1], 0, {0.98, 0.9, 0.96, 0.99});
  return runs;
}

std::vector<std::string> told(const std::vector<RunResult>& runs) {
  std::vector<std::string> lines;
  for (const auto& judged : report::judge(claims(runs))) lines.push_back(sentence(judged));
  return lines;
}

}  // namespace

TEST_CASE("one run tells its primary test first, then what is exploratory", "[findings]") {
  auto runs = runs_to_tell_of();
  runs.resize(1);
  CHECK(told(runs) ==
        std::vector<std::string>{
            "Primary: bridge and anchor influences on the ratio differ (semantic, N = 20, layer "
            "1): not shown (p = 0.21); bridge - anchor -0.0120 [-0.0300, 0.00400] (95 %, 20 "
            "walks).",
            "Exploratory: ratio above that of neighbour mixing (semantic, N = 20, layer 1): shown "
            "(p = 4.0e-04, corrected 0.0012); mixing 1.34, ratio - mixing 0.440 [0.300, 0.580] (95 "
            "%, 20 walks).",
            "Exploratory: ratio above that of permuted clusters (semantic, N = 20, layer 1): shown "
            "(p = 0.0020, corrected 0.0040); ratio 1.78 [1.60, 1.95] (95 %, 20 walks), permuted "
            "1.00.",
            "Exploratory: bridge and anchor influences on the ratio differ in some layer and "
            "length: not shown (p = 0.030); smallest p in semantic, N = 6, layer 0: 0.500 [0.200, "
            "0.800] "
            "(95 %, 20 walks)."});
}

TEST_CASE("a ratio below neighbour mixing's is not above it, however small its p", "[findings]") {
  auto runs = runs_to_tell_of();
  runs.resize(1);
  runs[0].info.primary = "ratio";
  runs[0].above_mixing[8].difference = walks(-0.44, -0.58, -0.3, 20);
  CHECK(told(runs)[0] ==
        "Primary: ratio above that of neighbour mixing (semantic, N = 20, layer 1): not shown (p "
        "= 1.0); mixing 1.34, ratio - mixing -0.440 [-0.580, -0.300] (95 %, 20 walks).");
}

TEST_CASE("what does not hold beyond numbers of occurrences is not shown", "[findings]") {
  auto runs = runs_to_tell_of();
  runs.resize(1);
  RunResult& run = runs[0];
  last_contrast(run, Anchors::all).p = 0.03;
  last_contrast(run, Anchors::without_first).p = 0.03;
  run.bridge_anchor_beyond_counts[8].p = 0.2;
  run.bridge_anchor_beyond_counts[1].p_max = 0.7;  // shortest length, layer 0
  run.labels_beyond_counts[8].p = 0.6;
  const auto lines = told(runs);
  CHECK(
      lines[0] ==
      "Primary: bridge and anchor influences on the ratio differ (semantic, N = 20, layer 1): not "
      "shown (p = 0.20); bridge - anchor -0.0120 [-0.0300, 0.00400] (95 %, 20 walks), but "
      "adjusted for numbers of occurrences p = 0.20, without that p = 0.030.");
  CHECK_THAT(lines[2], Contains("not shown (p = 0.60") &&
                           Contains("occurrences p = 0.60, without that p = 0.0020."));
  CHECK_THAT(lines[3], Contains("not shown (p = 0.50"));  // the next best cell
}

TEST_CASE("what makes a claim doubtful is said in its sentence", "[findings]") {
  auto runs = runs_to_tell_of();
  runs.resize(1);
  RunResult& run = runs[0];
  run.info.primary.clear();
  explain(run, 0, {0.1, 0.97, 0.99});
  ratio_at(run, 0, 2).floored = 3;
  ratio_at(run, 0, 2).events = 20;
  last_contrast(run, Anchors::all).p = 0.03;
  last_contrast(run, Anchors::without_first).p = 0.4;
  last_contrast(run, Anchors::all).difference.units = 6;
  CHECK(told(runs)[0] ==
        "Primary by default, not named before the run: bridge and anchor influences on the ratio "
        "differ (semantic, N = 20, layer 1): shown (p = 0.030); bridge - anchor -0.0120 [-0.0300, "
        "0.00400] (95 %, 6 walks), but position 0 alone fits them (R\u00b2 0.980) and 3 of 20 "
        "ratios are at the absolute floor and 6 walks are few and "
        "without position 0 "
        "p = 0.40.");
  CHECK_THAT(told(runs)[1], !Contains("position 0"));  // a level, no influence
  run.labels[6].p = 0.01;                              // of the embedding layer
  CHECK_THAT(told(runs)[2], Contains("and the embeddings alone have p = 0.010."));
}

TEST_CASE("five walks cannot show anything, and four have no interval", "[findings]") {
  auto runs = runs_to_tell_of();
  runs.resize(1);
  PairedCell& cell = last_contrast(runs[0], Anchors::all);
  cell = {.difference = walks(-0.012, -0.03, 0.004, 5), .p = 0.0625, .least_p = 0.0625, .walks = 5};
  CHECK(told(runs)[0] ==
        "Primary: bridge and anchor influences on the ratio differ (semantic, N = 20, layer 1): "
        "cannot be shown with 5 walks (no p below 0.062); bridge - anchor -0.0120 [-0.0300, "
        "0.00400] (95 %, 5 walks), but 5 walks are few.");
  cell.difference.low = cell.difference.high = Status::few_units;
  cell.difference.units = 4;
  cell.least_p = 0.125;
  CHECK_THAT(told(runs)[0], Contains("cannot be shown with 4 walks (no p below 0.12)") &&
                                Contains("-0.0120 (no interval: 4 walks, expected at least 5)."));
}

TEST_CASE("primary tests of several runs are corrected together", "[findings]") {
  auto runs = runs_to_tell_of();
  last_contrast(runs[0], Anchors::all).p = 0.03;
  last_contrast(runs[1], Anchors::all).p = 0.02;
  const auto found = claims(runs);
  REQUIRE(found.size() == 8);
  CHECK(found[0].role == report::Role::primary);
  CHECK(found[4].role == report::Role::primary);
  CHECK(found[0].p == Value(0.03));
  CHECK(found[4].p == Value(0.02));
  CHECK(found[0].p_over_runs == 0.04);
  CHECK(found[4].p_over_runs == 0.04);
  CHECK(found[0].least_p == Approx(0.0004));
  CHECK(found[4].about ==
        "bridge and anchor influences on the ratio differ (drop: unrelated, N = 20, layer 2)");
}

TEST_CASE("findings of a run are its levels, with units where they differ", "[findings]") {
  auto runs = runs_to_tell_of();
  const auto lines = findings(runs);
  REQUIRE(lines.size() == 6);
  CHECK(lines[0] ==
        "keep: separation ratio in layer 1, N = 20 (95 %, 20 walks): semantic 1.78 [1.60, 1.95], "
        "unrelated 1.01 [0.900, 1.10]; neighbour mixing alone gives semantic 1.34, unrelated "
        "1.29.");
  CHECK(lines[1] ==
        "keep: separation ratio in layer 1, N = 6: semantic 5.25 [5.00, 5.50] (95 %, 20 walks), "
        "unrelated 6.25 [6.00, 6.50] (95 %, 12 walks); neighbour mixing alone gives "
        "semantic 1.21, unrelated 1.17.");
  CHECK(lines[2] ==
        "keep: R\u00b2 of position 0 alone for the mean ratio influences (median layer): semantic "
        "0.200, unrelated 0.250.");
  CHECK(lines[5] ==
        "drop: R\u00b2 of position 0 alone for the mean ratio influences (median layer): unrelated "
        "0.960, other 0.250.");
  runs.resize(1);
  ratio_at(runs[0], 1, 2) = {};
  ratio_at(runs[0], 1, 2).undefined = {0, 3, 1, 0, 0, 0};
  CHECK(findings(runs)[0] ==
        "Separation ratio in layer 1, N = 20: semantic 1.78 [1.60, 1.95] (95 %, 20 walks), "
        "unrelated undefined (no_within_pairs); neighbour mixing alone gives semantic 1.34, "
        "unrelated 1.29.");
}

TEST_CASE("no sentence is longer than two lines", "[findings]") {
  const auto runs = runs_to_tell_of();
  for (const auto& line : told(runs)) {
    CAPTURE(line);
    CHECK(line.size() <= 260);
  }
  for (const auto& line : findings(runs)) CHECK(line.size() <= 260);
}

TEST_CASE("a run without an embedding layer has no baseline and says so", "[findings]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "run",
                      {.lengths = {6}, .trials = 2, .layers = {0, 1}, .units = 4});
  auto runs = analyze_runs({folder.path() / "run"}, {}, {.resamples = 5});
  CHECK(findings(runs).back() ==
        "No neighbour-mixing baseline: the run has no embedding layer (-1).");
  CHECK(claims(runs).size() == 2);  // bridges, clusters; two walks are too few for anywhere
  runs[0].info.primary = "ratio";
  CHECK(told(runs)[0] ==
        "Primary: ratio above that of neighbour mixing (semantic, N = 6, layer 1): cannot be shown "
        "with a run without its embedding layer (too_few_rows).");
}

TEST_CASE("undefined ratio influences are counted by reason", "[findings]") {
  auto runs = made_up_loo_runs();
  runs.resize(1);
  RunResult& run = runs[0];
  run.contexts.resize(2);
  for (ContextMeasures& context : run.contexts) {
    context.events.resize(2);
    for (auto& level : context.full) level.ratio = 2.0;
    for (Event& event : context.events) {
      for (auto& level : event.without) level.ratio = 1.0;
    }
  }
  CHECK(undefined_counts(runs) ==
        std::vector<std::string>{"Undefined in keep (sink keep): 0 of 12 ratio influences."});
  run.contexts[0].full[1].ratio = Status::no_within_pairs;  // of both events
  run.contexts[1].events[0].without[2].ratio = Status::no_cross_pairs;
  CHECK(undefined_counts(runs) ==
        std::vector<std::string>{"Undefined in keep (sink keep): 3 of 12 ratio influences "
                                 "(no_cross_pairs: 1, no_within_pairs: 2). They are left out of "
                                 "every mean."});
}

TEST_CASE("partial runs, few walks and collapsed words are warnings", "[findings]") {
  auto runs = made_up_loo_runs();
  runs.resize(1);
  for (ContextMeasures& context : runs[0].contexts) {
    for (auto& level : context.full) {
      level.ratio = 2.0;
      level.floored = false;
    }
  }
  const std::string few =
      "Few walks in keep (sink keep): as few as 2 per condition and length; no sign-flip p below "
      "0.500, no "
      "intervals.";
  CHECK(warnings(runs) == std::vector<std::string>{few});
  runs[0].contexts[0].full[1].ratio = Status::constant;
  runs[0].contexts[1].full[2].floored = true;
  runs[0].contexts[2].full[2].floored = true;
  runs[0].contexts.resize(5);
  CHECK(warnings(runs) ==
        std::vector<std::string>{
            "Partial run keep: 5 of 12 contexts.",
            "Few walks in keep (sink keep): as few as 1 per condition and length; no sign-flip p "
            "below 1.00, "
            "no intervals.",
            "Collapsed words in keep (sink keep): of 15 ratios of full contexts 1 are undefined "
            "since all rows are equal (constant), 2 are at the absolute floor 1e-10 and depend "
            "on the unit (floored)."});
}

}  // namespace phiscope::analyze::loo::findings_test
