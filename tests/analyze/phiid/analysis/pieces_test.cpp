// SPDX-License-Identifier: MIT
#include "phiid/analysis/pieces.hpp"

#include "analyze/phiid/phiid_run.hpp"
#include "catch.hpp"

#include <map>
#include <set>

using namespace phiscope::analyze::phiid;
using phiscope::MatrixView;
using phiscope::Pair;
using phiscope::pair_count;
using phiscope::pair_index;
using phiscope::PhiidJoin;
using phiscope::PhiidOutput;
using phiscope::PhiidTable;
using phiscope::test::independent_series;

namespace {

/// PiecePrompts of different lengths; series 2 is constant in the second one.
struct PiecePrompts {
  std::vector<std::vector<double>> values;
  std::vector<MatrixView<double>> views;

  explicit PiecePrompts(std::size_t series) {
    for (std::size_t p = 0; p < 3; ++p) {
      values.push_back(independent_series(p, 30 + 5 * p, series));
    }
    for (std::size_t t = 0; t < 35; ++t) values[1][t * series + 2] = 4.0;
    for (const auto& prompt : values) {
      views.emplace_back(std::span<const double>(prompt), prompt.size() / series, series);
    }
  }
};

phiscope::PhiidPairsOptions pair_options(PhiidJoin join, PhiidOutput output) {
  phiscope::PhiidPairsOptions options;
  options.join = join;
  options.output = output;
  return options;
}

/// All numbers of all pieces, by pair: sts, rtr, tdmi, n_ok.
std::map<std::pair<std::size_t, std::size_t>, std::array<double, 4>> all_numbers(
    const Pieces& pieces, phiscope::PhiidCounts& counts) {
  std::map<std::pair<std::size_t, std::size_t>, std::array<double, 4>> result;
  for (std::size_t k = 0; k < pieces.size(); ++k) {
    const PieceNumbers numbers = pieces.numbers(k);
    for (std::size_t p = 0; p < numbers.pairs(); ++p) {
      const auto pair =
          std::pair(numbers.heads[numbers.first[p]], numbers.heads[numbers.second[p]]);
      REQUIRE(result
                  .emplace(pair, std::array{numbers.sts[p], numbers.rtr[p], numbers.tdmi[p],
                                            static_cast<double>(numbers.n_ok[p])})
                  .second);
    }
    counts += numbers.counts;
  }
  return result;
}

}  // namespace

TEST_CASE("pieces hold every pair once, with the numbers of the table", "[pieces]") {
  const std::size_t series = 100;  // more than one tile
  const PiecePrompts prompts(series);
  const auto join = GENERATE(PhiidJoin::mean, PhiidJoin::concat, PhiidJoin::borders);
  const auto options = pair_options(join, PhiidOutput::sts_rtr_tdmi);
  const PhiidTable table = phiscope::phiid<double>(prompts.views, options);
  const std::size_t all = pair_count(series);
  const bool each = join == PhiidJoin::mean;
  for (const bool by_recording : {false, true}) {
    if (by_recording && !each) continue;
    phiscope::PhiidCounts counts;
    const auto numbers = all_numbers(Pieces(prompts.views, {options, by_recording}, {}), counts);
    CHECK(numbers.size() == all);
    CHECK(counts == table.counts);
    std::size_t wrong = 0;
    for (const auto& [pair, found] : numbers) {
      const std::size_t at = pair_index(pair.first, pair.second, series);
      for (std::size_t k = 0; k < 3; ++k) wrong += found[k] != table.values[k * all + at] ? 1 : 0;
      wrong += found[3] != table.n_ok[at] ? 1 : 0;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("recordings by themselves have the numbers of each recording", "[pieces]") {
  const std::size_t series = 7;
  const PiecePrompts prompts(series);
  const auto options = pair_options(PhiidJoin::mean, PhiidOutput::sts_rtr_tdmi);
  const PieceNumbers numbers = Pieces(prompts.views, {options, true}, {}).numbers(0);
  CHECK_FALSE(numbers.all_ok);
  for (std::size_t r = 0; r < 3; ++r) {
    const PhiidTable own = phiscope::phiid<double>(std::span(&prompts.views[r], 1), options);
    std::size_t begin = 0;  // of the run of first head i, [sts | rtr | tdmi, recording, pair]
    for (std::size_t i = 0; i + 1 < series; ++i) {
      const std::size_t count = series - 1 - i;
      for (std::size_t j = 0; j < count; ++j) {
        const std::size_t at = pair_index(i, i + 1 + j, series);
        CHECK(numbers.is_ok[3 * begin + r * count + j] == static_cast<float>(own.n_ok[at]));
        for (std::size_t k = 0; k < 3; ++k) {
          CHECK(numbers.by_recording[9 * begin + (k * 3 + r) * count + j] ==
                static_cast<float>(own.values[k * 21 + at]));
        }
      }
      begin += count;
    }
    CHECK(begin == numbers.pairs());
  }
}

TEST_CASE("all atoms give the same sts, rtr and TDMI", "[pieces]") {
  const PiecePrompts prompts(9);
  const auto by_recording = GENERATE(false, true);
  const PieceNumbers few =
      Pieces(prompts.views,
             {pair_options(PhiidJoin::mean, PhiidOutput::sts_rtr_tdmi), by_recording}, {})
          .numbers(0);
  const PieceNumbers all =
      Pieces(prompts.views, {pair_options(PhiidJoin::mean, PhiidOutput::atoms), by_recording}, {})
          .numbers(0);
  for (std::size_t p = 0; p < few.pairs(); ++p) {
    CHECK(all.sts[p] == Approx(few.sts[p]).margin(1e-12));
    CHECK(all.rtr[p] == Approx(few.rtr[p]).margin(1e-12));
    CHECK(all.tdmi[p] == Approx(few.tdmi[p]).margin(1e-12));
    CHECK(all.atoms[phiscope::phiid_rtr * few.pairs() + p] == all.rtr[p]);
    CHECK(all.atoms[phiscope::phiid_sts * few.pairs() + p] == all.sts[p]);
  }
}

TEST_CASE("chosen pairs have the numbers of all pairs, and only they count", "[pieces]") {
  const std::size_t series = 60;
  const PiecePrompts prompts(series);
  const auto join = GENERATE(PhiidJoin::mean, PhiidJoin::concat);
  const auto options = pair_options(join, PhiidOutput::sts_rtr_tdmi);
  phiscope::PhiidCounts ignored;
  const auto expected = all_numbers(Pieces(prompts.views, {options, false}, {}), ignored);
  const std::vector<Pair> chosen = sampled_pairs(series, 150, 3);
  for (const bool by_recording : {false, true}) {
    if (by_recording && join != PhiidJoin::mean) continue;
    phiscope::PhiidCounts counts;
    const Pieces pieces(prompts.views, {options, by_recording}, chosen);
    CHECK(pieces.size() > 1);
    const auto found = all_numbers(pieces, counts);
    REQUIRE(found.size() == chosen.size());
    for (const Pair& pair : chosen) {
      const auto& numbers = found.at({pair.first, pair.second});
      const auto& wanted = expected.at({pair.first, pair.second});
      for (std::size_t k = 0; k < 4; ++k) CHECK(numbers[k] == Approx(wanted[k]).margin(1e-12));
    }
    const auto with_2 = std::count_if(chosen.begin(), chosen.end(), [](const Pair& pair) {
      return pair.first == 2 || pair.second == 2;
    });
    const std::size_t times = join == PhiidJoin::mean ? 3 : 1;
    CHECK(counts.constant_series == (times == 3 ? static_cast<std::size_t>(with_2) : 0));
    CHECK(counts.ok + counts.constant_series == 150 * times);
  }
}

TEST_CASE("sampled pairs are different, ordered, and every pair is as likely", "[pieces]") {
  std::map<std::pair<std::size_t, std::size_t>, int> drawn;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const auto pairs = sampled_pairs(6, 5, seed);
    REQUIRE(pairs.size() == 5);
    std::set<std::pair<std::size_t, std::size_t>> different;
    for (std::size_t k = 0; k < 5; ++k) {
      CHECK(pairs[k].first < pairs[k].second);
      CHECK(pairs[k].second < 6);
      different.emplace(pairs[k].first, pairs[k].second);
      ++drawn[{pairs[k].first, pairs[k].second}];
      if (k > 0)
        CHECK(pair_index(pairs[k - 1].first, pairs[k - 1].second, 6) <
              pair_index(pairs[k].first, pairs[k].second, 6));
    }
    CHECK(different.size() == 5);
  }
  CHECK(drawn.size() == 15);
  // 3000 x 5 / 15 = 1000 each, standard deviation 26.
  for (const auto& [pair, times] : drawn) CHECK(std::abs(times - 1000) < 120);
  CHECK(sampled_pairs(6, 5, 1) == sampled_pairs(6, 5, 1));
  CHECK(sampled_pairs(4, 9, 1).size() == 6);
  CHECK(sampled_pairs(4, 0, 1).empty());
}
