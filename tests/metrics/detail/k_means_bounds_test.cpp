// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/detail/k_means_bounds.hpp>
#include <phiscope/distance.hpp>

using phiscope::detail::DistanceBounds;
using phiscope::detail::fast_centres;
using phiscope::test::random_rows;
using RowList = std::vector<std::size_t>;

TEST_CASE("fast centres move more than twice as far as the median one", "[k_means_bounds]") {
  const std::vector<double> shifts{1, 5, 1, 2, 9, 1, 1};
  CHECK(fast_centres(shifts, 8) == RowList{4, 1});
  CHECK(fast_centres(shifts, 1) == RowList{4});
  CHECK(fast_centres(std::vector<double>{3, 3, 3}, 8).empty());
  CHECK(fast_centres(std::vector<double>{0, 0, 1}, 8) == RowList{2});
  CHECK(fast_centres(std::vector<double>{7}, 8).empty());
}

TEST_CASE("bounds stay true while centres move, and settle rows", "[k_means_bounds]") {
  const auto seed = GENERATE(range(0U, 10U));
  CAPTURE(seed);
  const auto x = random_rows(seed, 60, 4);
  auto centres = random_rows(seed + 100, 6, 4);
  const auto to = [&](std::size_t i, std::size_t c) {
    return phiscope::distance(x.view().row(i), centres.view().row(c));
  };
  RowList labels(60);
  DistanceBounds<double> bounds;
  bounds.reset(60);
  for (std::size_t i = 0; i < 60; ++i) {
    CHECK_FALSE(bounds.settled(i));
    CHECK(bounds.unknown(i));
    std::vector<double> distances;
    for (std::size_t c = 0; c < 6; ++c) distances.push_back(to(i, c));
    labels[i] = static_cast<std::size_t>(std::min_element(distances.begin(), distances.end()) -
                                         distances.begin());
    std::sort(distances.begin(), distances.end());
    bounds.set(i, distances[0], distances[1]);
  }
  std::size_t settled = 0;
  for (std::uint64_t step = 0; step < 5; ++step) {
    const auto before = centres;
    const auto moves = random_rows(seed + 1000 + step, 6, 4, 0.02);
    std::vector<double> shifts;
    for (std::size_t c = 0; c < 6; ++c) {
      // Centre 0 runs, on a line.
      for (std::size_t j = 0; j < 4; ++j) {
        centres.values[4 * c + j] += c == 0 ? 0.2 : moves.values[4 * c + j];
      }
      shifts.push_back(phiscope::distance(before.view().row(c), centres.view().row(c)));
    }
    const RowList fast = fast_centres(shifts, 8);
    CHECK(fast == RowList{0});
    bounds.shift(labels, shifts, fast);
    for (std::size_t i = 0; i < 60; ++i) {
      bounds.measured(i, labels[i] == 0, to(i, 0));
      if (!bounds.settled(i)) continue;
      ++settled;
      for (std::size_t c = 0; c < 6; ++c) CHECK(to(i, labels[i]) <= to(i, c));
    }
  }
  CHECK(settled > 60);  // of 300: the bounds are of use
}

TEST_CASE("each bound gives way by as much as its centres move", "[k_means_bounds]") {
  const RowList labels{0};
  const auto settled_after = [&labels](std::vector<double> shifts, const RowList& fast) {
    DistanceBounds<double> bounds;
    bounds.reset(1);
    bounds.set(0, 1.0, 1.5);
    bounds.shift(labels, shifts, fast);
    return bounds.settled(0);
  };
  CHECK(settled_after({0.4, 0.0, 0.0}, {}));
  CHECK_FALSE(settled_after({0.6, 0.0, 0.0}, {}));  // the own centre may be 1.6 away
  CHECK(settled_after({0.0, 0.4, 0.0}, {}));
  CHECK_FALSE(settled_after({0.0, 0.6, 0.0}, {}));  // another one may be 0.9 away
  CHECK_FALSE(settled_after({0.3, 0.0, 0.3}, {}));
  CHECK(settled_after({0.0, 0.6, 0.2}, {1}));  // the fast one is measured
  CHECK_FALSE(settled_after({0.0, 0.6, 0.6}, {1}));
}

TEST_CASE("bounds within the rounding of float settle nothing", "[k_means_bounds]") {
  DistanceBounds<float> bounds;
  bounds.reset(1);
  bounds.set(0, 1.0, 1.0 + 1e-7);
  CHECK_FALSE(bounds.settled(0));
  bounds.set(0, 1.0, 1.001);
  CHECK(bounds.settled(0));
}
