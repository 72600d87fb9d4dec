// SPDX-License-Identifier: MIT
// Every warning of phiid: when it is given, and with which numbers.
#include "analyze/phiid/made_up_phiid.hpp"
#include "catch.hpp"

namespace phiscope::analyze::phiid::warnings_test {

using test::made_up_phiid_run;

namespace {

/// A run with nothing to warn of; each test takes something away from it.
struct Sound {
  RunResult run = made_up_phiid_run("run", {0, 2, 5}, 4, 0.0);
  Options options;

  Sound() {
    for (std::size_t head = 0; head < 12; ++head) {
      run.scores.n_pairs[head] = 11;
      for (auto& score : run.scores.score) score[head] = 0.05 * static_cast<double>(head);
      run.series.dead[head] = false;
    }
    for (PromptDiagnosis& prompt : run.prompts) {
      prompt.knows_loop = true;
      prompt.after_end = 0;
      prompt.unknown = 0.0;
    }
    for (auto& one : run.correlations) one.spearman.value = 0.8;
    run.matrices.counts.ok = 900;
    run.bias.transitions = 41;
    run.bias.effective = 12.5;
    run.bias.tdmi_bias = 0.05;
    run.bias.tdmi_bias_effective = 0.02;
    run.bias.mean_tdmi = 0.25;
    for (auto& tests : run.surrogates.tests) {
      tests.tested = 12;
      tests.below_5_percent = 6;
    }
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    return warnings({.input = run.input,
                     .options = options,
                     .series = run.series,
                     .matrices = run.matrices,
                     .scores = run.scores,
                     .surrogates = run.surrogates,
                     .prompts = run.prompts,
                     .bias = run.bias,
                     .correlations = run.correlations});
  }
};

using Lines = std::vector<std::string>;

// The sentences as they are written.
const std::string no_pair = "No pair of heads could be decomposed: there is no ranking.";
const std::string bad_pairs =
    "14 of 914 (pair, prompt) decompositions are undefined and left out: too_short 2, "
    "constant_series 3, nonfinite 4, singular 5.";
const std::string bad_pairs_of_one_series =
    "14 of 914 pair decompositions are undefined and left out: too_short 2, constant_series 3, "
    "nonfinite 4, singular 5.";
const std::string unranked =
    "2 of 12 heads have no usable pair and are left unranked (layer.head): 0.1, 5.2.";
const std::string sampled =
    "Only 40 of 66 pairs were sampled; each head has at least 3 pairs. Means over few pairs are "
    "noisy.";
const std::string sampled_once =
    "Only 40 of 66 pairs were sampled; each head has at least 1 pair. Means over few pairs are "
    "noisy.";
const std::string partial = "Partial run: 12 of 15 prompts.";
const std::string dead = "2 dead heads, 0 at every step (layer.head): 0.3, 2.0.";
const std::string one_dead = "1 dead head, 0 at every step (layer.head): 0.3.";
const std::string constant =
    "2 of 144 series (head, prompt) never change; undefined_series.csv names them.";
const std::string nonfinite =
    "1 of 144 series (head, prompt) hold NaN or infinities; undefined_series.csv names them.";
const std::string no_logarithm =
    "1 of 144 series (head, prompt) hold NaN or infinities or have no logarithm; "
    "undefined_series.csv names them.";
const std::string loops =
    "11 of 12 prompts with at least 50 generated tokens end in an exact loop (the last 50 repeat "
    "with a period of at most 25): their series may repeat, which can inflate the measured "
    "information. Prompts: prompt1, prompt2, prompt3, prompt4, prompt5, prompt6, prompt7, prompt8, "
    "prompt9, prompt10 and 1 more.";
const std::string after_end =
    "9 steps in 2 prompts come after the end-of-text token but are included in the series. "
    "Prompts: "
    "prompt4, prompt7.";
const std::string one_after_end =
    "1 step in 1 prompt comes after the end-of-text token but is included in the series. Prompts: "
    "prompt4.";
const std::string unread =
    "More than 5 % of the tokens of 2 of 12 prompts are unknown to the model (up to 64 %), which "
    "read something else than the prompt says. Prompts: prompt4, prompt7.";
const std::string trends =
    "A straight line explains more than 10 % of the variance of 2 of 11 heads (mean over prompts): "
    "series with a common trend look related although nothing flows between them. detrended.csv "
    "has the numbers without it. Heads (layer.head): 0.1, 2.3.";
const std::string trends_left =
    "A straight line explains more than 10 % of the variance of 2 of 11 heads (mean over prompts): "
    "series with a common trend look related although nothing flows between them. Heads "
    "(layer.head): 0.1, 2.3.";
const std::string own_series =
    "avg_synergy and the autocorrelation of the heads' own series are strongly rank-correlated "
    "over heads (Spearman -0.810): avg_synergy may reflect single series more than pairs. "
    "correlations.csv has the partial correlation of synergy and redundancy given autocorrelation "
    "and head norm.";
const std::string short_series =
    "Short series: with 41 transitions (about 12.5 independent ones) series that share nothing "
    "have a TDMI of about 0.0260 nats, against a mean of 0.250. Use --bias-correction.";
const std::string few_prompts = "Only 9 prompts: bootstrap intervals are unreliable.";
const std::string fewest_prompts = "Only 5 prompts: bootstrap intervals are unreliable.";
const std::string too_few_prompts = "No intervals: 4 prompts, at least 5 are needed.";
const std::string unscored =
    "2 heads have no tdmi_score: the denominator is not positive in any of their pairs.";
const std::string one_unscored =
    "1 head has no tdmi_score: the denominator is not positive in any of its pairs.";
const std::string tied =
    "3 of 12 heads are tied on rank_difference_score; ties are broken by head index.";
const std::string one_prompt = "No intervals: 1 prompt, at least 5 are needed.";
const std::string no_intervals = "No intervals: --bootstrap N resamples the prompts N times.";
const std::string dear_intervals =
    "No intervals: --bootstrap N resamples the prompts N times; each resample costs as much "
    "as the analysis.";
const std::string no_surrogates = "Not compared with chance: --surrogates N does that.";

}  // namespace

TEST_CASE("a sound run has no warning", "[warnings]") {
  CHECK(Sound().lines().empty());
}

TEST_CASE("pairs that cannot be decomposed are counted by reason", "[warnings]") {
  Sound made;
  auto& counts = made.run.matrices.counts;
  counts.too_short = 2;
  counts.constant_series = 3;
  counts.nonfinite = 4;
  counts.singular = 5;
  CHECK(made.lines() == Lines{bad_pairs});
  made.options.mode = Mode::concat;
  made.options.resamples = 10;
  CHECK(made.lines() == Lines{bad_pairs_of_one_series});
  made.run.matrices.pairs_ok = 0;
  CHECK(made.lines() == Lines{no_pair, bad_pairs_of_one_series});
}

TEST_CASE("heads without pairs are named, and sampled pairs counted", "[warnings]") {
  Sound made;
  made.run.scores.n_pairs[1] = made.run.scores.n_pairs[10] = 0;
  CHECK(made.lines() == Lines{unranked});
  Sound few;
  few.run.matrices.pairs = 40;
  few.run.scores.n_pairs[7] = 3;
  CHECK(few.lines() == Lines{sampled});
  few.run.scores.n_pairs[7] = 1;
  CHECK(few.lines() == Lines{sampled_once});
}

TEST_CASE("a partial run and few prompts are told", "[warnings]") {
  Sound made;
  made.run.input.prompts_planned = 15;
  CHECK(made.lines() == Lines{partial});
  Sound few;
  few.run.input.prompts.resize(10);
  CHECK(few.lines().empty());
  few.run.input.prompts.resize(9);
  CHECK(few.lines() == Lines{few_prompts});
  few.run.input.prompts.resize(5);
  CHECK(few.lines() == Lines{fewest_prompts});
  few.run.input.prompts.resize(4);
  CHECK(few.lines() == Lines{too_few_prompts});
}

TEST_CASE("dead, constant and broken series are counted", "[warnings]") {
  Sound made;
  made.run.series.dead[3] = made.run.series.dead[4] = true;
  made.run.series.broken = {{.prompt = 0, .head = 3, .status = Status::constant_series},
                            {.prompt = 1, .head = 3, .status = Status::constant_series},
                            {.prompt = 2, .head = 7, .status = Status::nonfinite}};
  CHECK(made.lines() == Lines{dead, constant, nonfinite});
  made.options.detrend = Detrend::log;
  CHECK(made.lines() == Lines{dead, constant, no_logarithm});
  Sound one;
  one.run.series.dead[3] = true;
  CHECK(one.lines() == Lines{one_dead});
}

TEST_CASE("loops and steps after the end of a text are counted, their prompts named",
          "[warnings]") {
  Sound made;
  for (std::size_t p = 1; p < 12; ++p) made.run.prompts[p].loop_period = 7;
  CHECK(made.lines() == Lines{loops});
  Sound ended;
  ended.run.prompts[2].after_end = 0;
  ended.run.prompts[4].after_end = 4;
  ended.run.prompts[7].after_end = 5;
  CHECK(ended.lines() == Lines{after_end});
  ended.run.prompts[4].after_end = 1;
  ended.run.prompts[7].after_end = 0;
  CHECK(ended.lines() == Lines{one_after_end});
}

TEST_CASE("prompts that could not be checked are not counted", "[warnings]") {
  Sound made;
  for (std::size_t p = 1; p < 12; ++p) made.run.prompts[p].loop_period = 7;
  made.run.prompts[0].knows_loop = false;
  REQUIRE(made.lines().size() == 1);
  CHECK_THAT(made.lines()[0],
             Contains("11 of 11 prompts with at least 50 generated tokens end in an exact loop"));
  Sound unknown;
  unknown.run.prompts[3].unknown = 0.5;
  for (const std::size_t p : {0U, 1U, 2U}) unknown.run.prompts[p].unknown.reset();
  REQUIRE(unknown.lines().size() == 1);
  CHECK_THAT(unknown.lines()[0], Contains("of the tokens of 1 of 9 prompts are unknown"));
}

TEST_CASE("prompts that the model cannot read are named", "[warnings]") {
  Sound made;
  made.run.prompts[2].unknown = 0.05;
  CHECK(made.lines().empty());
  made.run.prompts[4].unknown = 0.0501;
  made.run.prompts[7].unknown = 0.64;
  CHECK(made.lines() == Lines{unread});
}

TEST_CASE("a trend in a tenth of the heads is told, and where it is taken out", "[warnings]") {
  Sound made;
  made.run.series.trend[7] = 0.1;
  CHECK(made.lines().empty());
  made.run.series.trend[1] = made.run.series.trend[7] = 0.101;
  CHECK(made.lines() == Lines{trends});
  made.options.detrend = Detrend::log;
  CHECK(made.lines() == Lines{trends_left});
  // One of twelve is less than a tenth.
  Sound one;
  one.run.series.trend.assign(12, 0.05);
  one.run.series.trend[1] = 0.9;
  CHECK(one.lines().empty());
}

TEST_CASE("numbers that follow the autocorrelation are told", "[warnings]") {
  Sound made;
  made.run.correlations[1].spearman.value = -0.81;
  CHECK(made.lines() == Lines{own_series});
  made.run.correlations[1].spearman.value = 0.81;
  REQUIRE(made.lines().size() == 1);
  CHECK_THAT(made.lines()[0], Contains("(Spearman 0.810): avg_synergy may reflect"));
  made.run.correlations[1].spearman.value = Status::constant;
  made.run.correlations[4].spearman.value = 0.9;  // over pairs
  CHECK(made.lines().empty());
}

TEST_CASE("series are short where their bias exceeds a tenth of the mean", "[warnings]") {
  Sound made;
  made.run.bias.tdmi_bias_effective = 0.025;
  CHECK(made.lines().empty());
  made.run.bias.tdmi_bias_effective = 0.026;
  CHECK(made.lines() == Lines{short_series});
  made.run.bias.corrected = true;
  CHECK(made.lines().empty());
}

TEST_CASE("heads without a score and ties are counted by ranking", "[warnings]") {
  Sound made;
  auto& tdmi = made.run.scores.score[static_cast<std::size_t>(Ranking::tdmi)];
  tdmi[0] = tdmi[5] = Status::no_pairs;
  CHECK(made.lines() == Lines{unscored});
  tdmi[5] = 0.25;
  CHECK(made.lines() == Lines{one_unscored});
  Sound ties;
  auto& rank = ties.run.scores.score[static_cast<std::size_t>(Ranking::rank_difference)];
  rank[1] = rank[2] = rank[3];
  CHECK(ties.lines() == Lines{tied});
}

TEST_CASE("that nothing was compared is told, not what a comparison found", "[warnings]") {
  Sound made;
  made.run.surrogates.tests[1].below_5_percent = 0;
  CHECK(made.lines().empty());
  made.run.surrogates = {};
  CHECK(made.lines() == Lines{no_surrogates});
}

TEST_CASE("why there are no intervals is told", "[warnings]") {
  Sound made;
  made.options.resamples = 0;
  CHECK(made.lines() == Lines{no_intervals});
  made.run.input.prompts.resize(9);  // what was not drawn is not unreliable
  CHECK(made.lines() == Lines{no_intervals});
  made.options.mode = Mode::concat;
  CHECK(made.lines() == Lines{dear_intervals});
  made.run.input.prompts.resize(1);
  CHECK(made.lines() == Lines{one_prompt});
}

}  // namespace phiscope::analyze::phiid::warnings_test
