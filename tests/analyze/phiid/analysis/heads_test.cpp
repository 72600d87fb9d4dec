// SPDX-License-Identifier: MIT
#include "phiid/analysis/heads.hpp"

#include "analyze/phiid/phiid_run.hpp"
#include "catch.hpp"
#include "phiid/analysis/scores.hpp"

#include <algorithm>
#include <numeric>

using namespace phiscope::analyze::phiid;
using phiscope::MatrixView;
using phiscope::PhiidJoin;
using phiscope::PhiidOutput;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::independent_series;

namespace {

struct Prompts {
  std::vector<std::vector<double>> values;
  std::vector<MatrixView<double>> views;

  Prompts(std::size_t prompts, std::size_t series) {
    for (std::size_t p = 0; p < prompts; ++p) values.push_back(independent_series(p, 30, series));
    for (const auto& prompt : values) {
      views.emplace_back(std::span<const double>(prompt), std::size_t{30}, series);
    }
  }
};

const phiscope::PhiidPairsOptions atom_options{
    .phiid = {}, .join = PhiidJoin::mean, .output = PhiidOutput::sts_rtr_tdmi};

/// Totals of every resample, by the way of the program.
HeadTotals resampled(const Prompts& prompts, const Weights& weights, std::size_t threads) {
  const std::size_t series = prompts.views.front().cols();
  const Pieces pieces(prompts.views, {atom_options, true}, {});
  HeadTotals result(weights.resamples, series);
  struct Part {
    std::vector<std::size_t> heads;
    HeadTotals totals;
  };
  in_order(
      pieces.size(), threads,
      [&](std::size_t k) {
        const PieceNumbers numbers = pieces.numbers(k);
        return Part{numbers.heads, totals(numbers, weights)};
      },
      [&](std::size_t, const Part& part) { result.add(part.totals, part.heads); });
  return result;
}

/// The recordings of one resample, one after another.
std::vector<MatrixView<double>> drawn(const Prompts& prompts, const Weights& weights,
                                      std::size_t resample) {
  std::vector<MatrixView<double>> result;
  for (std::size_t p = 0; p < weights.prompts; ++p) {
    const float times = weights.drawn[resample * weights.prompts + p];
    result.insert(result.end(), static_cast<std::size_t>(times), prompts.views[p]);
  }
  return result;
}

void check_equal(const std::vector<Value>& found, const std::vector<Value>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t h = 0; h < found.size(); ++h) {
    CAPTURE(h);
    REQUIRE(found[h].status() == expected[h].status());
    if (found[h].ok())
      CHECK(found[h].value() == Approx(expected[h].value()).epsilon(1e-5).margin(1e-5));
  }
}

}  // namespace

TEST_CASE("a resample is the analysis of the prompts that were drawn", "[heads]") {
  const bool broken = GENERATE(false, true);
  Prompts prompts(5, 8);
  if (broken) {
    for (std::size_t t = 0; t < 30; ++t) {
      prompts.values[1][t * 8 + 2] = 7.0;                                  // in one prompt
      for (auto& prompt : prompts.values) prompt[t * 8 + 5] = 0.0;         // a dead head
      for (std::size_t p = 1; p < 5; ++p) prompts.values[p][t * 8] = 1.0;  // in one only
    }
  }
  const Weights weights = draw_prompts(103, 5, 11);  // more than are worked on together
  const HeadTotals all = resampled(prompts, weights, 2);
  std::size_t unranked = 0;
  for (const std::size_t resample : {0UL, 1UL, 2UL, 99UL, 100UL, 102UL}) {
    const auto recordings = drawn(prompts, weights, resample);
    REQUIRE(recordings.size() == 5);
    const Pieces pieces(recordings, {atom_options, false}, {});
    Matrices matrices = empty_matrices(8, false);
    for (std::size_t k = 0; k < pieces.size(); ++k) place(pieces.numbers(k), matrices);
    const HeadScores expected = head_scores(matrices);
    const HeadScores found = head_scores(all, resample);
    check_equal(found.synergy, expected.synergy);
    check_equal(found.redundancy, expected.redundancy);
    check_equal(found.balance, expected.balance);
    for (std::size_t k = 0; k < rankings.size(); ++k) {
      check_equal(found.score[k], expected.score[k]);
    }
    CHECK(found.n_pairs == expected.n_pairs);
    unranked += static_cast<std::size_t>(std::count(found.n_pairs.begin(), found.n_pairs.end(), 0));
  }
  CHECK((unranked > 6) == broken);  // the dead head always, head 0 when its prompt is not drawn
}

TEST_CASE("totals of chosen pairs and of all agree with the matrices", "[heads]") {
  const Prompts prompts(3, 110);  // more than one tile
  for (const std::size_t count : {std::size_t{0}, std::size_t{400}}) {
    const auto chosen = count == 0 ? std::vector<phiscope::Pair>() : sampled_pairs(110, count, 5);
    const HeadTotals totals = all_totals(prompts.views, atom_options, chosen, 2);
    const Pieces pieces(prompts.views, {atom_options, false}, chosen);
    Matrices matrices = empty_matrices(110, false);
    for (std::size_t k = 0; k < pieces.size(); ++k) place(pieces.numbers(k), matrices);
    const HeadScores expected = head_scores(matrices);
    const HeadScores found = head_scores(totals, 0);
    check_equal(found.synergy, expected.synergy);
    check_equal(found.score[0], expected.score[0]);
    CHECK(found.n_pairs == expected.n_pairs);
  }
}

TEST_CASE("many prompts are added in panels to the same sums", "[heads]") {
  const Prompts prompts(70, 4);  // two panels of 64
  Weights once{.resamples = 1, .prompts = 70, .drawn = std::vector<float>(70, 1.0F)};
  const HeadTotals found = resampled(prompts, once, 1);
  const HeadTotals expected = all_totals(prompts.views, atom_options, {}, 1);
  for (const HeadSum sum : {sum_sts, sum_rtr, sum_balance, sum_sts_tdmi, sum_rtr_tdmi}) {
    for (std::size_t h = 0; h < 4; ++h) {
      CHECK(found.of(0, sum)[h] == Approx(expected.of(0, sum)[h]).epsilon(1e-5));
    }
  }
}

TEST_CASE("prompts are drawn with replacement, as many as there are", "[heads]") {
  const Weights weights = draw_prompts(2000, 4, 1);
  std::vector<double> often(4, 0.0);
  double twice = 0.0;
  for (std::size_t r = 0; r < 2000; ++r) {
    const auto own = std::span(weights.drawn).subspan(4 * r, 4);
    CHECK(std::accumulate(own.begin(), own.end(), 0.0F) == 4.0F);
    for (std::size_t p = 0; p < 4; ++p) often[p] += static_cast<double>(own[p]);
    twice += *std::max_element(own.begin(), own.end()) > 1.0F ? 1.0 : 0.0;
  }
  for (const double times : often) CHECK(std::abs(times - 2000.0) < 160.0);  // 4 deviations of 39
  CHECK(twice / 2000.0 == Approx(1.0 - 24.0 / 256.0).margin(0.03));
}

TEST_CASE("no thread changes a bit of the totals", "[heads]") {
  const Prompts prompts(3, 200);
  const Weights weights = draw_prompts(5, 3, 2);
  const HeadTotals one = resampled(prompts, weights, 1);
  const HeadTotals three = resampled(prompts, weights, 3);
  for (std::size_t resample = 0; resample < 5; ++resample) {
    for (std::size_t sum = 0; sum < head_sums; ++sum) {
      const auto a = one.of(resample, static_cast<HeadSum>(sum));
      const auto b = three.of(resample, static_cast<HeadSum>(sum));
      CHECK(std::equal(a.begin(), a.end(), b.begin()));
    }
  }
}
