// SPDX-License-Identifier: MIT
#include "patching/findings.hpp"

#include "catch.hpp"
#include "made_up_patching.hpp"
#include "report/estimate_text.hpp"

namespace phiscope::analyze::patching::findings_test {

using test::analyzed_patching;
using test::PatchKey;
using test::PatchRow;
using test::SyntheticPatching;

namespace {

/// All lines that begin so, joined.
std::string lines_with(const std::vector<std::string>& lines, const std::string& start) {
  std::string found;
  for (const std::string& line : lines) {
    if (line.find(start) == 0) found += line + "\n";
  }
  return found;
}

bool has(const std::vector<std::string>& lines, const std::string& start) {
  return !lines_with(lines, start).empty();
}

}  // namespace

TEST_CASE("findings name the sites with the largest means", "[findings]") {
  Result result = analyzed_patching({}, "run");
  const auto at = [&](std::size_t site, Measure measure) -> Estimate& {
    return result.cells[site][static_cast<std::size_t>(measure)].mean;
  };
  at(4, Measure::kl_divergence).value = 90.0;
  at(2, Measure::recovery).value = 80.0;
  at(6, Measure::answer_logit_diff_change).value = 70.0;
  const auto lines = findings({result});
  REQUIRE(lines.size() == 2);
  const auto text = [&](std::size_t site, Measure measure) {
    return report::estimate_text(at(site, measure));
  };
  CHECK(lines[0] ==
        "Largest means of set single (rerun): kl_divergence " + text(4, Measure::kl_divergence) +
            " at layer 1, step 1; recovery " + text(2, Measure::recovery) +
            " at layer 0, step 2; answer_logit_diff_change " +
            text(5, Measure::answer_logit_diff_change) +
            " at layer 1, step 2; intervals not corrected for taking the largest of 6.");
  CHECK(lines[1].starts_with("Largest means of set layer (rerun): kl_divergence "));
  CHECK_THAT(lines[1],
             Contains("; answer_logit_diff_change 70") &&
                 Contains(" at layer 0; intervals not corrected for taking the largest of 2."));
  CHECK(findings({result, result})[2].starts_with("run: Largest means of set single (rerun): "));

  SyntheticPatching one;
  one.sets = {"layer"};
  one.layers = {1};
  CHECK_THAT(findings({analyzed_patching(one, "run")})[0], !Contains("not corrected"));

  SyntheticPatching zero;
  zero.readouts = {"greedy:0"};
  const auto greedy = findings({analyzed_patching(zero, "run")});
  REQUIRE(greedy.size() == 2);
  CHECK(greedy[0].find("recovery") == std::string::npos);
}

TEST_CASE("a sound run is warned of dropped and few pairs alone", "[findings]") {
  const auto lines = warnings({analyzed_patching({}, "run")});
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "Dropped: 3 of 9 pairs were not run (answer_nested 1, not_aligned 2).");
  CHECK(lines[1] ==
        "Few pairs: 6; no sign-flip p below 0.0312, intervals too short on skewed data.");
  SyntheticPatching options;
  options.dropped.clear();
  options.pairs.resize(4);
  const auto few = warnings({analyzed_patching(options, "run")});
  CHECK(few == std::vector<std::string>{"Few pairs: 4; no sign-flip p below 0.125, no intervals."});
}

TEST_CASE("every fault of a run is a warning", "[findings]") {
  const test::TempDir folder;
  write_synthetic_patching(folder.path() / "part", test::SyntheticPatching(), {1});
  const Result part =
      analyze(read_run(folder.path() / "part", {.allow_partial = true}), {.resamples = 20});
  CHECK(has(warnings({part}), "Partial run: 4 of 6 pairs are complete."));
  CHECK(has(warnings({part}), "Check failed: all pairs done (4 of 6 pairs, 3 dropped"));

  SyntheticPatching options;
  options.gap = 0.0;
  const auto zero = warnings({analyzed_patching(options, "run")});
  CHECK(has(zero, "Check failed: not all zero (8 of 8 sites"));
  CHECK(has(zero, "Baselines: only 0 of 6 pairs prefer their own answers"));
  CHECK(has(zero, "No gap: recovery is undefined in 6 of 6 pairs"));

  options = {};
  options.dtype = "bfloat16";
  options.effect = [](const PatchKey& key) { return key.layer == 1 ? 0.05 : 0.02; };
  const auto rounded = warnings({analyzed_patching(options, "run")});
  CHECK_THAT(lines_with(rounded, "Rounding: the largest mean KL is "),
             Contains("rounding of bfloat16 logits moves a KL of 0.00100 nats by as much: ") &&
                 Contains("Repeat the run with --dtype float32."));
  options.dtype = "float32";
  CHECK_FALSE(has(warnings({analyzed_patching(options, "run")}), "Rounding"));

  options = {};
  options.sets = {"prefix"};
  CHECK(has(warnings({analyzed_patching(options, "run")}),
            "No position_patching_results.json and aggregate_statistics.json: the published "
            "structure has no place for a run without set single."));
}

TEST_CASE("runs of other pairs are compared over those that both have", "[findings]") {
  const std::vector<Result> results = {analyzed_patching(test::first_patching(), "clean"),
                                       analyzed_patching(test::second_patching(), "noise")};
  CHECK(warnings(results).back() ==
        "Other pairs: clean and noise share 4 of 6 and 5 pairs; they are compared over these "
        "alone.");
  CHECK_FALSE(has(warnings({results[0], results[0]}), "Other pairs"));
}

TEST_CASE("diagnostics say pairs, baselines, rounding, last layer, logits and checks",
          "[findings]") {
  SyntheticPatching options;
  options.keeps_logits = true;
  options.model_layers = 2;
  options.effect = [](const PatchKey& key) { return key.layer == 1 ? 0.0 : 0.5; };
  const auto lines = diagnostic_lines({analyzed_patching(options, "run")});
  REQUIRE(lines.size() == 5 + 7);
  CHECK(lines[0] ==
        "Pairs: 6 of 9 pairs are in the results; 3 were dropped before the run (answer_nested 1, "
        "not_aligned 2).");
  CHECK(lines[1] ==
        "Baselines: free answers are not known; both runs prefer their own answer in 6 of 6 "
        "pairs; recovery is undefined (no_gap) in 0 of 6 pairs.");
  CHECK_THAT(lines[2], Contains("Rounding: the largest mean KL is ") &&
                           Contains(" nats at layer 0") && Contains("float32 rounds far below."));
  CHECK(lines[3] ==
        "Last layer: the largest KL where nothing reads the patch is 0 nats, expected exactly 0.");
  CHECK_THAT(lines[4], Contains("Logits: 340 rows recomputed, largest difference ") &&
                           Contains("; the scores of 120 rows were not"));
  CHECK(lines[5] == "Check: all pairs done: passed (6 of 6 pairs, 3 dropped before the run).");
  CHECK_THAT(lines[9], Contains("Check: memory: not checked"));

  options = {};
  options.readouts = {"eot", "greedy:0", "greedy:1", "greedy:2"};
  CHECK(diagnostic_lines({analyzed_patching(options, "run")})[4] ==
        "Greedy read-outs: 0 of 18 are missing.");
  // The unpatched answer of pair 2 has one token, that of pair 4 two.
  options.leave_out = [](const PatchKey& key) {
    if (key.layer == -2) return false;  // the clean run has tokens of its own
    return (key.pair == 2 && key.readout >= 2) || (key.pair == 4 && key.readout == 3);
  };
  CHECK(diagnostic_lines({analyzed_patching(options, "run")})[4] ==
        "Greedy read-outs: 3 of 18 are missing, as the unpatched answers of 2 pairs end before "
        "them; the means of these pairs are over the others.");

  options = {};
  options.readouts = {"eot"};
  options.dtype = "";
  Result plain = analyzed_patching(options, "run");
  plain.data.rows[0].generated = {.clean = "23", .unpatched = "25"};
  const auto other = diagnostic_lines({plain, plain});
  CHECK(other[1] ==
        "run: Baselines: both free answers are right in 1 of 1 pairs; answers are not scored (no "
        "read-outs clean:I and corrupted:I).");
  CHECK_THAT(other[2], Contains("; the run does not say its dtype."));
  CHECK(other[3] ==
        "run: Last layer: no patched site is read by nothing, so there is no KL that must be 0.");
  CHECK(other.size() == 2 * (4 + 7));
}

}  // namespace phiscope::analyze::patching::findings_test
