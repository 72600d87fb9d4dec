// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "naive_k_means.hpp"
#include "random_rows.hpp"
#include "sanitized.hpp"

#include <phiscope/detail/k_means_gram.hpp>

using phiscope::KMeansSeeds;
using phiscope::MatrixView;
using phiscope::detail::CentredRows;
using phiscope::detail::GramSpace;
using phiscope::detail::KMeansState;
using phiscope::test::random_rows;

TEMPLATE_TEST_CASE("the gram space gives the labels of the plain iteration", "[k_means_gram]",
                   float, double) {
  const auto seed = GENERATE(range(0U, phiscope::test::sanitized ? 2U : 8U));
  const auto [rows, units, clusters] = GENERATE(table<std::size_t, std::size_t, std::size_t>(
      {{2, 1, 2}, {30, 4, 3}, {300, 2, 7}, {600, 70, 5}}));
  CAPTURE(seed, rows, units, clusters);
  const auto x = random_rows<TestType>(seed, rows, units, 2.0, 10.0);
  const KMeansSeeds seeds = phiscope::test::naive_seeds(x.view(), clusters, seed);
  const CentredRows<TestType> centred(x.view());
  GramSpace<TestType> space(centred);
  const KMeansState state = space.lloyd(seeds, 1000);
  CHECK(state.converged);
  CHECK(state.labels == phiscope::test::naive_lloyd(x.view(), seeds));
  for (std::size_t c = 0; c < clusters; ++c) {
    CHECK(static_cast<std::size_t>(std::count(state.labels.begin(), state.labels.end(), c)) ==
          state.counts[c]);
  }
  // The same space serves the next restart.
  const KMeansSeeds others = phiscope::test::naive_seeds(x.view(), clusters, seed + 99);
  CHECK(space.lloyd(others, 1000).labels == phiscope::test::naive_lloyd(x.view(), others));
}

TEMPLATE_TEST_CASE("the gram space measures distances and inertia", "[k_means_gram]", float,
                   double) {
  const auto x = random_rows<TestType>(3, 300, 9, 1.0, 5.0);
  const CentredRows<TestType> centred(x.view());
  GramSpace<TestType> space(centred);
  std::vector<std::size_t> candidates;
  for (std::size_t t = 0; t < 11; ++t) candidates.push_back(t * 27);
  std::vector<double> found(candidates.size() * 300);
  space.distances_to(candidates, found);
  for (std::size_t t = 0; t < candidates.size(); ++t) {
    CHECK(found[t * 300 + candidates[t]] == 0.0);
    for (std::size_t i = 0; i < 300; ++i) {
      REQUIRE(found[t * 300 + i] ==
              Approx(phiscope::squared_distance(x.view().row(i), x.view().row(candidates[t])))
                  .epsilon(1e-4));
    }
  }
  const KMeansSeeds one{.rows = {0}, .nearest = std::vector<std::size_t>(300, 0)};
  const KMeansState state = space.lloyd(one, 10);
  CHECK(space.inertia(state) == Approx(phiscope::scatter(x.view())).epsilon(1e-5));
}

TEMPLATE_TEST_CASE("the gram space refills a cluster that empties", "[k_means_gram]", float,
                   double) {
  const std::vector<TestType> points(phiscope::test::emptying_points.begin(),
                                     phiscope::test::emptying_points.end());
  const CentredRows<TestType> centred(MatrixView<TestType>(points, 5, 1));
  GramSpace<TestType> space(centred);
  const KMeansState state = space.lloyd(phiscope::test::emptying_seeds, 100);
  CHECK(state.converged);
  CHECK(state.labels == phiscope::test::emptying_labels);
  CHECK(state.counts == std::vector<std::size_t>{1, 1, 3});
}

TEST_CASE("the gram space stops after the iterations it was given", "[k_means_gram]") {
  const auto x = random_rows(4, 200, 3);
  const CentredRows<double> centred(x.view());
  const KMeansState state =
      GramSpace<double>(centred).lloyd(phiscope::test::naive_seeds(x.view(), 8, 1), 1);
  CHECK(state.iterations == 1);
  CHECK_FALSE(state.converged);
}
