// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/global_efficiency.hpp>

#include <limits>
#include <vector>

using phiscope::global_efficiency;
using phiscope::MatrixView;
using phiscope::shortest_paths;
using phiscope::Status;
using phiscope::Value;
using Numbers = std::vector<double>;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Shortest ways by trying every edge again until nothing gets shorter (Bellman and Ford).
Numbers slow_paths(const Numbers& lengths, std::size_t nodes) {
  Numbers distance = lengths;
  for (std::size_t i = 0; i < nodes; ++i) distance[i * nodes + i] = 0.0;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < nodes; ++i) {
      for (std::size_t j = 0; j < nodes; ++j) {
        for (std::size_t k = 0; k < nodes; ++k) {
          if (k == j) continue;
          const double way = distance[i * nodes + k] + lengths[k * nodes + j];
          if (!(way < distance[i * nodes + j] - 1e-12)) continue;
          distance[i * nodes + j] = way;
          changed = true;
        }
      }
    }
  }
  return distance;
}

}  // namespace

TEST_CASE("global efficiency of small networks by hand", "[global_efficiency]") {
  // A triangle of weights 1, 1, 1/4: the long edge of 4 is avoided by a way of 2.
  const Numbers triangle{0, 1, 0.25, 1, 0, 1, 0.25, 1, 0};
  CHECK(global_efficiency({triangle, 3, 3}) == Value((1.0 + 1.0 + 0.5) / 3.0));
  // A chain 0 - 1 - 2 and a node alone: NaN, 0 and negative weights are no edges.
  const double no = std::numeric_limits<double>::quiet_NaN();
  const Numbers chain{9, 2, no, 0, 2, 9, 4, -1, no, 4, 9, no, 0, -1, no, 9};
  const double through = 1.0 / (0.5 + 0.25);
  CHECK(global_efficiency({chain, 4, 4}).value() ==
        Approx(2.0 * (2.0 + 4.0 + through) / 12.0).epsilon(1e-15));
}

TEST_CASE("equal weights give that weight, and weights scale it", "[global_efficiency]") {
  Numbers weights(70 * 70, 0.5);
  CHECK(global_efficiency({weights, 70, 70}).value() == Approx(0.5).epsilon(1e-15));
  auto random = phiscope::test::random_rows(5, 70, 70, 0.5, 0.5);
  const double one = global_efficiency(random.view()).value();
  for (double& weight : random.values) weight *= 4.0;
  CHECK(global_efficiency(random.view()).value() == 4.0 * one);
}

TEST_CASE("shortest ways agree with a slow search, also across blocks", "[global_efficiency]") {
  const auto nodes = GENERATE(as<std::size_t>(), 5, 64, 65, 150);
  auto lengths = phiscope::test::random_rows(nodes, nodes, nodes, 10.0, 10.0).values;
  for (std::size_t k = 0; k < lengths.size(); k += 3) lengths[k] = infinity;
  const Numbers found = shortest_paths({lengths, nodes, nodes});
  const Numbers expected = slow_paths(lengths, nodes);
  double worst = 0.0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    if (found[k] != expected[k]) worst = std::max(worst, std::abs(found[k] - expected[k]));
  }
  CHECK(worst <= 1e-11);
}

TEST_CASE("global efficiency says what it cannot do", "[global_efficiency]") {
  CHECK(global_efficiency({Numbers{1}, 1, 1}) == Value(Status::too_few_rows));
  CHECK(global_efficiency({Numbers{0, infinity, 1, 0}, 2, 2}) == Value(Status::nonfinite));
  CHECK(global_efficiency({Numbers{0, 0, 0, 0}, 2, 2}) == Value(0.0));
  CHECK_THROWS_WITH(global_efficiency({Numbers{1, 2}, 1, 2}), Contains("expected a square"));
  CHECK_THROWS_WITH(shortest_paths({Numbers{1, 2}, 1, 2}), Contains("expected a square"));
}
