// SPDX-License-Identifier: MIT
#include "patching/checks.hpp"

#include "catch.hpp"
#include "made_up_patching.hpp"
#include "process.hpp"

#include <limits>

namespace phiscope::analyze::patching::checks_test {

using test::analyzed_patching;
using test::PatchKey;
using test::PatchRow;
using test::SyntheticPatching;

namespace {

/// Outcome and text of a check of a run.
std::pair<Outcome, std::string> check_of(const Result& result, const std::string& name) {
  for (const Check& check : checklist(result)) {
    if (check.name == name) return {check.outcome, check.found};
  }
  throw std::runtime_error("no check " + name);
}

using Found = std::pair<Outcome, std::string>;

}  // namespace

TEST_CASE("a sound run passes the checklist of the source", "[checks]") {
  const Result result = analyzed_patching({}, "run");
  std::vector<std::string> names;
  for (const Check& check : checklist(result)) names.push_back(check.name);
  CHECK(names == std::vector<std::string>{"all pairs done", "no NaN", "not all zero",
                                          "sites differ", "memory", "unpatched run equals itself",
                                          "KL is 0 where nothing reads the patch"});
  CHECK(check_of(result, "all pairs done") ==
        Found{Outcome::passed, "6 of 6 pairs, 3 dropped before the run"});
  CHECK(check_of(result, "no NaN") ==
        Found{Outcome::passed, "0 of 768 measures of a pair and a site are not finite"});
  CHECK(check_of(result, "not all zero") ==
        Found{Outcome::passed, "0 of 8 sites with a mean KL of 0"});
  CHECK(check_of(result, "sites differ") ==
        Found{Outcome::passed, "8 different mean KL at 8 sites"});
  CHECK(check_of(result, "memory") ==
        Found{Outcome::not_checked, "not recorded in a log of extract"});
  CHECK(check_of(result, "unpatched run equals itself") ==
        Found{Outcome::passed, "largest KL or distance 0"});
  CHECK(check_of(result, "KL is 0 where nothing reads the patch").first == Outcome::not_checked);
  CHECK(outcome_name(Outcome::passed) == "passed");
  CHECK(outcome_name(Outcome::failed) == "failed");
  CHECK(outcome_name(Outcome::measured) == "measured");
  CHECK(outcome_name(Outcome::not_checked) == "not checked");
}

TEST_CASE("memory is the figure of the logs", "[checks]") {
  const test::TempDir folder;
  test::write_synthetic_patching(folder.path() / "run", {});
  const auto found = [&](const std::string& line) {
    test::write_text(folder.path() / "run/extract-0-of-1.log", line + "\n");
    return check_of(analyze(read_run(folder.path() / "run"), {.resamples = 20}), "memory");
  };
  CHECK(found(R"({"event": "shard", "peak_memory_bytes": 1234567890})") ==
        Found{Outcome::measured, "peak of a task 1.23 GB"});
  CHECK(found(R"({"event": "shard", "peak_memory_bytes": 5e8, "peak_device_memory_bytes": 2e9})") ==
        Found{Outcome::measured, "peak of a task 0.500 GB, on the device 2.00 GB"});
  CHECK(found(R"({"event": "shard"})").first == Outcome::not_checked);
}

TEST_CASE("each check fails where its fault is", "[checks]") {
  SyntheticPatching zero;
  zero.gap = 0.0;
  CHECK(check_of(analyzed_patching(zero, "run"), "not all zero") ==
        Found{Outcome::failed, "8 of 8 sites with a mean KL of 0"});
  CHECK(check_of(analyzed_patching(zero, "run"), "sites differ") ==
        Found{Outcome::failed, "1 different mean KL at 8 sites"});

  SyntheticPatching nan;
  nan.change = [](const PatchKey& key, PatchRow& row) {
    if (key.pair == 1 && key.layer == 1 && key.set == 1) {
      row.l2 = std::numeric_limits<double>::quiet_NaN();
    }
  };
  CHECK(check_of(analyzed_patching(nan, "run"), "no NaN") ==
        Found{Outcome::failed, "2 of 768 measures of a pair and a site are not finite"});

  SyntheticPatching unequal;
  unequal.change = [](const PatchKey& key, PatchRow& row) {
    if (key.pair == 2 && key.layer == -1 && key.readout == 1) row.l2 = 0.25;
  };
  CHECK(check_of(analyzed_patching(unequal, "run"), "unpatched run equals itself") ==
        Found{Outcome::failed, "largest KL or distance 0.250"});
  unequal.change = [](const PatchKey& key, PatchRow& row) {
    if (key.layer == -1) row.kl = std::numeric_limits<double>::quiet_NaN();
  };
  CHECK(check_of(analyzed_patching(unequal, "run"), "unpatched run equals itself").first ==
        Outcome::failed);

  const test::TempDir folder;
  test::write_synthetic_patching(folder.path() / "part", {}, {1});
  const Result part =
      analyze(read_run(folder.path() / "part", {.allow_partial = true}), {.resamples = 20});
  CHECK(check_of(part, "all pairs done") ==
        Found{Outcome::failed, "4 of 6 pairs, 3 dropped before the run"});
}

TEST_CASE("nothing reads the last layer in frozen and published mode and at the last step",
          "[checks]") {
  Patching data;
  data.modes = {"rerun", "frozen", "published"};
  data.sets = {"single", "suffix", "prefix", "layer", "last:1", "last:2"};
  data.positions = 3;
  data.model_layers = 4;
  data.hook = "blocks.3.hook_resid_post";
  const auto unread = [&](std::size_t mode, std::size_t set, std::int64_t step,
                          std::int64_t layer = 3) {
    return is_unread(data, {.mode = mode, .set = set, .layer = layer, .head = 0, .step = step});
  };
  CHECK(unread(0, 0, 2));
  CHECK(unread(0, 1, 2));
  CHECK(unread(0, 4, 0));
  CHECK_FALSE(unread(0, 0, 1));  // its state becomes the next input
  CHECK_FALSE(unread(0, 2, 2));
  CHECK_FALSE(unread(0, 3, 0));
  CHECK_FALSE(unread(0, 5, 0));
  for (const std::size_t mode : {1U, 2U}) {
    for (std::size_t set = 0; set < data.sets.size(); ++set) CHECK(unread(mode, set, 0));
    CHECK_FALSE(unread(mode, 0, 2, 2));
  }
  data.hook = "hook_mlp_out";
  CHECK_FALSE(unread(1, 0, 0));
  data.hook.clear();
  CHECK(unread(1, 0, 0));
  data.has_heads = true;
  CHECK_FALSE(unread(1, 0, 0));
  data.has_heads = false;
  data.model_layers = 0;
  CHECK_FALSE(unread(1, 0, 0));
}

TEST_CASE("a KL after the last layer where nothing reads it fails a check", "[checks]") {
  SyntheticPatching options;
  options.model_layers = 2;
  Result result = analyzed_patching(options, "run");
  // Layer 1, step 2 of single: the mean over read-outs of the larger of both KL, by hand.
  double largest = 0.0;
  for (std::int64_t pair = 0; pair < 6; ++pair) {
    double sum = 0.0;
    double reverse = 0.0;
    int count = 0;
    for (const std::int64_t readout : {0, 2, 3, 5}) {
      const PatchKey key = {.pair = pair, .layer = 1, .step = 2, .readout = readout};
      if (!options.has_row(key)) continue;
      sum += options.reduced(key).kl;
      reverse += options.reduced(key).reverse_kl;
      ++count;
    }
    largest = std::max({largest, sum / count, reverse / count});
  }
  REQUIRE(largest_unread_kl(result));
  CHECK(*largest_unread_kl(result) == Approx(largest));
  CHECK(check_of(result, "KL is 0 where nothing reads the patch").first == Outcome::failed);
  options.effect = [](const PatchKey& key) { return key.layer == 1 ? 0.0 : 0.5; };
  result = analyzed_patching(options, "run");
  CHECK(largest_unread_kl(result) == 0.0);
  CHECK(check_of(result, "KL is 0 where nothing reads the patch") ==
        Found{Outcome::passed, "largest 0 nats after the last layer"});
  CHECK_FALSE(largest_unread_kl(analyzed_patching({}, "run")));
}

TEST_CASE("the largest KL is set against the rounding of the dtype", "[checks]") {
  SyntheticPatching options;
  Result result = analyzed_patching(options, "run");
  const auto with = [&](const std::string& dtype, double scale) {
    result.data.dtype = dtype;
    for (std::size_t site = 0; site < 8; ++site) {
      result.cells[site][0].mean.value = scale * (site == 5 ? 8.0 : static_cast<double>(site));
    }
    return rounding_of(result);
  };
  Rounding found = with("bfloat16", 1e-3);
  CHECK(found.site == 5);
  CHECK(found.largest == Approx(8e-3));
  CHECK(found.floor == 1e-3);
  CHECK(found.below == 1);  // site 0
  CHECK(found.sites == 8);
  CHECK(found.is_severe());
  CHECK_FALSE(with("bfloat16", 2e-3).is_severe());
  CHECK_FALSE(with("float16", 1e-3).is_severe());
  CHECK(with("float16", 1e-5).is_severe());
  CHECK(with("float16", 1e-5).below == 2);  // below 1.5625e-5
  CHECK_FALSE(with("float32", 1e-9).is_severe());
  CHECK(with("float32", 1e-9).floor == 0.0);
  for (auto& cells : result.cells) cells[0].mean.value = Status::nonfinite;
  CHECK_FALSE(rounding_of(result).site);
  CHECK_FALSE(rounding_of(result).is_severe());
}

TEST_CASE("pairs begin right, prefer their own answer, or have no gap", "[checks]") {
  SyntheticPatching options;
  options.change = [](const PatchKey& key, PatchRow& row) {
    if (key.layer >= 0) return;
    // 0: as it should be; 1: the clean run prefers the other answer; 2: so does the corrupted one;
    // 3: no difference; 4 and 5: as 0.
    const bool is_clean_token = key.readout == 2 || key.readout == 3;
    const bool is_clean_run = key.layer == -2;
    bool prefers_clean = is_clean_run;
    if (key.pair == 1) prefers_clean = false;
    if (key.pair == 2) prefers_clean = true;
    row.token_log_probability = is_clean_token == prefers_clean ? -1.0 : -4.0;
    if (key.pair == 3) row.token_log_probability = -2.0;
  };
  Result result = analyzed_patching(options, "run");
  Baselines found = baselines_of(result);
  CHECK(found.pairs == 6);
  CHECK(found.scored == 6);
  CHECK(found.prefer_own == 3);
  CHECK(found.no_gap == 3);  // 1, 2 and 3: both runs score alike
  CHECK(found.generated == 0);

  result.data.rows[0].generated = {.clean = "is 23", .unpatched = "is 25"};
  result.data.rows[1].generated = {.clean = "is 8", .unpatched = "is 8"};
  result.data.rows[2].generated = {.clean = "none", .unpatched = "is 41"};
  result.data.rows[3].generated = {.clean = "is 7.0", .unpatched = "9"};  // the answer is a text
  result.data.rows[4].generated.clean = "is 50";
  found = baselines_of(result);
  CHECK(found.generated == 4);
  CHECK(found.right == 2);

  options.readouts = {"eot", "eot:corrupted"};
  options.change = nullptr;
  found = baselines_of(analyzed_patching(options, "run"));
  CHECK(found.scored == 0);
  CHECK(found.no_gap == 0);
}

TEST_CASE("dropped pairs are counted by reason, and sites have names", "[checks]") {
  Patching data = analyzed_patching({}, "run").data;
  CHECK(dropped_by_reason(data) ==
        std::map<std::string, std::size_t>{{"answer_nested", 1}, {"not_aligned", 2}});
  const Site site = {.mode = 0, .set = 0, .layer = 2, .head = 5, .step = 1};
  CHECK(site_text(data, site) == "layer 2, step 1 of set single");
  data.modes = {"rerun", "frozen"};
  data.has_heads = true;
  CHECK(site_text(data, site) == "layer 2, head 5, step 1 of set single (rerun)");
  data.sets = {"layer"};
  data.modes = {"frozen"};
  CHECK(site_text(data, site) == "layer 2, head 5");
}

}  // namespace phiscope::analyze::patching::checks_test
