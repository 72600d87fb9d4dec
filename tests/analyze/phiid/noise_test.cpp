// SPDX-License-Identifier: MIT
// Runs in which nothing is to be found, and how often a report of them claims something.
#include "catch.hpp"
#include "phiid/claims.hpp"
#include "phiid_run.hpp"

namespace phiscope::analyze::phiid::noise_test {

namespace {

/// Twelve layers of two heads, each an autoregressive series of its own.
/// @param slope  of a line that all heads follow as well
Input noise(std::uint64_t seed, double memory, double slope) {
  Input input;
  for (std::int64_t layer = 0; layer < 12; ++layer) input.layers.push_back(layer);
  input.heads_per_layer = 2;
  for (std::uint64_t p = 0; p < 5; ++p) {
    Prompt prompt;
    prompt.steps = 60;
    prompt.values = test::independent_series(1000 * seed + p, 60, 24, memory);
    for (std::size_t i = 0; i < prompt.values.size(); ++i) {
      prompt.values[i] += slope * static_cast<double>(i / 24);
    }
    input.prompts.push_back(std::move(prompt));
  }
  input.prompts_planned = 5;
  return input;
}

Options with_surrogates(std::size_t surrogates) {
  Options options;
  options.surrogates = surrogates;
  options.resamples = 0;
  options.graph_limit = 0;
  return options;
}

bool claims_anything(const RunResult& run) {
  for (const report::Judged& one : report::judge(claims(run))) {
    if (one.verdict == report::Verdict::shown) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("of noise no claim is made in more than 7 % of runs", "[noise][simulation]") {
  // Each of the five claims is the primary one in turn: with 39 surrogates no other can be shown.
  constexpr std::size_t seeds = 60;
  std::size_t claimed = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Input input = noise(seed, seed % 2 == 0 ? 0.5 : 0.9, 0.05 * static_cast<double>(seed % 3));
    input.primary = static_cast<Primary>(seed % primary_names.size());
    claimed += claims_anything(analyze(input, with_surrogates(39))) ? 1 : 0;
  }
  // 4.2 expected at most; 2.4 standard errors (1.98) above.
  CHECK(claimed <= 9);
}

TEST_CASE("a line that all heads follow decides no claim", "[noise]") {
  Input input = noise(7, 0.5, 0.05);
  input.primary = Primary::surrogates_redundancy;
  Options shifts = with_surrogates(39);
  shifts.surrogate_kind = SurrogateKind::circular;
  const RunResult run = analyze(input, shifts);
  REQUIRE_FALSE(run.detrended.empty());
  const Severe found = severe(run.prompts, run.series);
  CHECK(found.heads == 24);
  CHECK(found.trended == 24);
  CHECK(run.surrogates.tests[tested_redundancy].any_p.value() <= 0.05);
  const auto judged = report::judge(claims(run));
  CHECK(judged.front().verdict == report::Verdict::not_shown);
  CHECK_THAT(report::sentence(judged.front()), Contains("but 24 of 24 heads have a trend (p = "));
  // Without the line nothing is left, as in a run that never had one.
  const Value without = key_number(run.detrended, "redundancy any head p");
  CHECK(without.value() > 0.05);
  Options options = shifts;
  options.detrend = Detrend::linear;
  const RunResult detrended = analyze(input, options);
  CHECK(detrended.detrended.empty());  // one run is enough
  CHECK(without == detrended.surrogates.tests[tested_redundancy].any_p);
  CHECK(key_number(run.detrended, "mean rtr") == detrended.bias.mean_rtr);
  CHECK(severe(detrended.prompts, detrended.series).trended == 0);
}

TEST_CASE("series without a trend are analysed once", "[noise]") {
  CHECK(analyze(noise(3, 0.5, 0.0), with_surrogates(19)).detrended.empty());
}

}  // namespace phiscope::analyze::phiid::noise_test
