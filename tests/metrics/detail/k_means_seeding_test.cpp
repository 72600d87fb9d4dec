// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "naive_k_means.hpp"
#include "random_rows.hpp"

#include <phiscope/detail/k_means_seeding.hpp>

#include <set>

using phiscope::KMeansSeeds;
using phiscope::MatrixView;
using phiscope::test::naive_seeds;
using phiscope::test::random_rows;

TEST_CASE("seeds are distinct rows, and every row knows the nearest", "[k_means_seeding]") {
  const auto seed = GENERATE(range(0U, 10U));
  const auto x = random_rows(seed, 40, 3);
  const KMeansSeeds seeds = naive_seeds(x.view(), 7, seed);
  CHECK(std::set<std::size_t>(seeds.rows.begin(), seeds.rows.end()).size() == 7);
  for (std::size_t i = 0; i < 40; ++i) {
    const auto squared = [&](std::size_t c) {
      double sum = 0.0;
      for (std::size_t j = 0; j < 3; ++j) {
        sum += std::pow(x.view().row(i)[j] - x.view().row(seeds.rows[c])[j], 2);
      }
      return sum;
    };
    for (std::size_t c = 0; c < 7; ++c) CHECK(squared(seeds.nearest[i]) <= squared(c));
  }
  for (std::size_t c = 0; c < 7; ++c) CHECK(seeds.nearest[seeds.rows[c]] == c);
}

TEST_CASE("seeds fall into separate blobs", "[k_means_seeding]") {
  auto x = random_rows(1, 30, 2);
  for (std::size_t i = 0; i < 30; ++i) x.values[2 * i] += 1000.0 * static_cast<double>(i % 3);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::set<std::size_t> blobs;
    for (const std::size_t row : naive_seeds(x.view(), 3, seed).rows) blobs.insert(row % 3);
    CHECK(blobs.size() == 3);
  }
}

TEST_CASE("each seed is the best of the rows drawn for it", "[k_means_seeding]") {
  const auto x = random_rows(9, 60, 1);
  const auto squared = [&x](std::size_t a, std::size_t b) {
    return std::pow(x.values[a] - x.values[b], 2);
  };
  std::vector<std::vector<std::size_t>> drawn;
  std::mt19937_64 engine(5);
  const KMeansSeeds seeds =
      phiscope::k_means_seeds(60, 9, engine, [&](auto candidates, std::span<double> to) {
        drawn.emplace_back(candidates.begin(), candidates.end());
        for (std::size_t t = 0; t < candidates.size(); ++t) {
          for (std::size_t i = 0; i < 60; ++i) to[t * 60 + i] = squared(i, candidates[t]);
        }
      });
  REQUIRE(drawn.size() == 9);
  CHECK(drawn[0] == std::vector<std::size_t>{seeds.rows[0]});
  for (std::size_t c = 1; c < 9; ++c) {
    CHECK(drawn[c].size() == 4);  // 2 + floor(log 9)
    const auto potential = [&](std::size_t candidate) {
      double sum = 0.0;
      for (std::size_t i = 0; i < 60; ++i) {
        double closest = squared(i, candidate);
        for (std::size_t s = 0; s < c; ++s) {
          closest = std::min(closest, squared(i, seeds.rows[s]));
        }
        sum += closest;
      }
      return sum;
    };
    for (const std::size_t candidate : drawn[c]) {
      CHECK(potential(seeds.rows[c]) <= potential(candidate) * (1.0 + 1e-12));
    }
  }
}

TEST_CASE("the first seed is any row, with equal chance", "[k_means_seeding]") {
  const auto x = random_rows(2, 5, 1);
  std::vector<int> drawn(5, 0);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) ++drawn[naive_seeds(x.view(), 1, seed).rows[0]];
  for (const int count : drawn) {
    CHECK(count > 320);  // 400 expected, standard deviation 18
    CHECK(count < 480);
  }
}

TEST_CASE("there are no more seeds than rows that differ", "[k_means_seeding]") {
  const std::vector<double> values{3, 3, 7, 3, 7, 3};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const KMeansSeeds seeds = naive_seeds(MatrixView<double>(values, 6, 1), 4, seed);
    REQUIRE(seeds.rows.size() == 2);
    CHECK(values[seeds.rows[0]] != values[seeds.rows[1]]);
  }
}

TEST_CASE("an index of weight zero is never drawn", "[k_means_seeding]") {
  const std::vector<double> cumulative{0.0, 0.0, 2.0, 2.0, 5.0, 5.0};
  using phiscope::detail::draw_weighted;
  CHECK(draw_weighted(cumulative, 0.0) == 2);
  CHECK(draw_weighted(cumulative, 0.39) == 2);
  CHECK(draw_weighted(cumulative, 0.4) == 4);
  CHECK(draw_weighted(cumulative, 1.0) == 4);
}
