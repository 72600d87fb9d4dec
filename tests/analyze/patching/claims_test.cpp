// SPDX-License-Identifier: MIT
#include "patching/claims.hpp"

#include "catch.hpp"
#include "made_up_patching.hpp"

namespace phiscope::analyze::patching::claims_test {

using report::Claim;
using report::Role;
using report::Verdict;
using test::analyzed_patching;
using test::PatchKey;
using test::PatchRow;
using test::SyntheticPatching;

namespace {

const Options quick = {.resamples = 50, .sign_flips = 2000, .seed = 1, .threads = 1};

/// Ten pairs, so that a p of 2 / 1024 can be had.
SyntheticPatching ten_pairs() {
  SyntheticPatching options;
  for (std::int64_t i = 0; i < 4; ++i) {
    test::SyntheticPair pair = options.pairs[0];
    pair.id = 100 + i;
    options.pairs.push_back(pair);
  }
  return options;
}

Result claimed(const SyntheticPatching& options, const std::string& label = "run") {
  const test::TempDir folder;
  write_synthetic_patching(folder.path() / label, options);
  return analyze_runs({folder.path() / label}, {}, quick).front();
}

std::vector<std::string> abouts(const std::vector<Claim>& all) {
  std::vector<std::string> texts;
  for (const Claim& claim : all) texts.push_back(claim.about);
  return texts;
}

/// The one claim that is not exploratory.
Claim chief(const std::vector<Claim>& all) {
  const Claim* found = nullptr;
  for (const Claim& claim : all) {
    if (claim.role == Role::exploratory) continue;
    if (found != nullptr) throw std::runtime_error("two claims are not exploratory");
    found = &claim;
  }
  if (found == nullptr) throw std::runtime_error("all claims are exploratory");
  return *found;
}

const std::string moves = "moves the answer towards the clean one, by ";
const std::string recovers = "moves the output towards that of the clean run, by recovery";

}  // namespace

TEST_CASE("a run claims that some site moves the answer, once per mode and set", "[claims]") {
  SyntheticPatching options = ten_pairs();
  options.modes = {"rerun", "frozen"};
  const Result result = claimed(options);
  const auto all = claims({result}, {});
  const auto about = [](const std::string& where, const std::string& by) {
    return "patching a site of set " + where + " " + (by.empty() ? recovers : moves + by);
  };
  const std::vector<std::string> expected = {about("single (rerun)", ""),
                                             about("single (rerun)", "change of answer_diff"),
                                             about("single (rerun)", "change of answer_logit_diff"),
                                             about("layer (rerun)", ""),
                                             about("single (frozen)", ""),
                                             about("layer (frozen)", "")};
  CHECK(abouts(all) == expected);
  const Claim primary = chief(all);
  CHECK(primary.about == expected.front());
  CHECK(primary.role == Role::unnamed);
  CHECK(primary.p == result.test(0, 5, 0).p_max);  // layer 1, step 2
  CHECK(primary.p.value() == Approx(2.0 / 1024.0));
  CHECK(primary.least_p == Approx(2.0 / 1024.0));
  CHECK(primary.design == "10 pairs");
  CHECK_THAT(primary.evidence,
             Contains("recovery largest at layer 1, step 2 of set single (rerun): ") &&
                 Contains("(95 %, 10 pairs), interval not corrected for taking the "
                          "largest of 6"));
  CHECK(primary.caveats.empty());
  CHECK(report::judge(all).front().verdict == Verdict::shown);
}

TEST_CASE("the plan names the primary claim, and may name none", "[claims]") {
  SyntheticPatching options = ten_pairs();
  options.options["primary"] = "answer_logit_diff:layer";
  const Claim named = chief(claims({claimed(options)}, {}));
  CHECK(named.role == Role::primary);
  CHECK(named.about ==
        "patching a site of set layer (rerun) " + moves + "change of answer_logit_diff");
  options.options["primary"] = "answer_diff";
  CHECK(chief(claims({claimed(options)}, {})).about ==
        "patching a site of set single (rerun) " + moves + "change of answer_diff");
  options.options["primary"] = "recovery";
  CHECK(chief(claims({claimed(options)}, {})).role == Role::primary);
  options.options["primary"] = "";
  for (const Claim& claim : claims({claimed(options)}, {})) CHECK(claim.role == Role::exploratory);
}

TEST_CASE("a run that reads the end of thought alone claims by its logits", "[claims]") {
  SyntheticPatching options = ten_pairs();
  options.readouts = {"eot", "eot:corrupted"};
  const auto all = claims({claimed(options)}, {});
  CHECK(all.size() == 2);  // sets single and layer
  CHECK(chief(all).about ==
        "patching a site of set single (rerun) " + moves + "change of answer_logit_diff");
  // Named all the same, recovery cannot be shown.
  options.options["primary"] = "recovery";
  const Claim recovery = chief(claims({claimed(options)}, {}));
  CHECK_FALSE(recovery.p.ok());
  CHECK(recovery.design == "10 pairs whose recovery is undefined");
}

TEST_CASE("movement away from the clean answer shows no claim", "[claims]") {
  SyntheticPatching options = ten_pairs();
  options.effect = [](const PatchKey& key) { return -0.5 - 0.1 * static_cast<double>(key.layer); };
  const Result result = claimed(options);
  REQUIRE(result.test(0, 0, 0).p_max.value() < 0.01);
  CHECK(chief(claims({result}, {})).p == Value(1.0));
}

TEST_CASE("of several sites, the p of the most surprising one above 0 counts", "[claims]") {
  Result result = claimed(ten_pairs());
  const auto set = [&](std::size_t site, double mean, double p) {
    result.cells[site][static_cast<std::size_t>(Measure::recovery)].mean.value = mean;
    result.tests[site][0].p_max = p;
  };
  for (std::size_t site = 0; site < 6; ++site) set(site, 0.1, 0.5);
  set(1, 0.2, 0.04);
  set(2, -0.9, 0.001);
  set(4, 0.3, 0.07);
  CHECK(chief(claims({result}, {})).p == Value(0.04));
  const std::string told = chief(claims({result}, {})).evidence;
  CHECK_THAT(told, Contains("recovery largest at layer 1, step 1 of set single: 0.300"));
  CHECK_THAT(told, Contains("; smallest p at layer 0, step 1 of set single: 0.200"));
  set(4, 0.3, 0.04);  // as small: the larger mean is told alone
  CHECK_THAT(chief(claims({result}, {})).evidence,
             Contains("largest at layer 1, step 1") && !Contains("smallest p"));
  set(2, 0.25, 0.001);
  CHECK(chief(claims({result}, {})).p == Value(0.001));
  CHECK_THAT(chief(claims({result}, {})).evidence, Contains("; smallest p at layer 0, step 2"));
}

TEST_CASE("equal questions claim nothing", "[claims]") {
  SyntheticPatching options = ten_pairs();
  options.gap = 0.0;
  const auto judged = report::judge(claims({claimed(options)}, {}));
  CHECK(judged.size() == 4);
  for (const auto& one : judged) CHECK(one.verdict != Verdict::shown);
  CHECK(judged.front().verdict == Verdict::cannot_be_shown);
  CHECK_THAT(report::sentence(judged.front()),
             Contains("cannot be shown with 10 pairs whose recovery is undefined"));
}

TEST_CASE("severe warnings stand in the sentence of a claim", "[claims]") {
  SyntheticPatching options = ten_pairs();
  CHECK(caveats(claimed(options)).empty());
  options.dtype = "bfloat16";
  options.effect = [](const PatchKey&) { return 0.01; };
  CHECK_THAT(caveats(claimed(options)).front(),
             Contains("the largest mean KL, ") && Contains("near the rounding of bfloat16"));
  options.dtype = "float32";
  options.change = [](const PatchKey& key, PatchRow& row) {
    if (key.layer == -2 && key.pair < 7) row.token_log_probability = key.readout >= 4 ? -1.0 : -9.0;
  };
  CHECK(caveats(claimed(options)) ==
        std::vector<std::string>{"only 3 of 10 pairs prefer their own answers without a patch"});
  options.change = [](const PatchKey& key, PatchRow& row) {
    if (key.layer < 0 && key.pair < 3) row.token_log_probability = -1.0;
  };
  CHECK(caveats(claimed(options)) ==
        std::vector<std::string>{"3 of 10 pairs have no gap to recover"});
  options.change = [](const PatchKey& key, PatchRow& row) {
    if (key.layer < 0 && key.pair < 2) row.token_log_probability = -1.0;
  };
  CHECK(caveats(claimed(options)).empty());
}

TEST_CASE("other runs are controls: exploratory, and each compared with the first", "[claims]") {
  const SyntheticPatching options = ten_pairs();
  SyntheticPatching control = options;
  control.effect = [](const PatchKey& key) {
    return 0.02 * std::sin(3.0 * static_cast<double>(key.pair));
  };
  const std::vector<Result> results = {claimed(options, "clean"), claimed(control, "noise")};
  const auto comparisons = compare(results, quick);
  const auto all = claims(results, comparisons);
  CHECK(all.size() == 4 + 2 + 2);
  CHECK(chief(all).about == "clean: patching a site of set single (rerun) " + recovers);
  CHECK(all[4].about == "noise: patching a site of set single (rerun) " + recovers);
  const Claim& more = all[6];
  CHECK(more.about ==
        "clean moves the output towards that of the clean run more than noise at a site of "
        "set single (rerun), by recovery");
  CHECK(more.role == Role::exploratory);
  double least = 1.0;
  for (const Comparison& each : comparisons) {
    const Site& site = results[0].data.sites[each.site];
    if (each.measure == Measure::recovery && site.set == 0) {
      least = std::min(least, each.test.p_max.value());
    }
  }
  CHECK(more.p == Value(least));
  CHECK(more.p.value() == Approx(2.0 / 1024.0));
  CHECK_THAT(more.evidence, Contains("difference largest at layer 1, step 2 of set single: "));
}

}  // namespace phiscope::analyze::patching::claims_test
