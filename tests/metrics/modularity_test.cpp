// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/modularity.hpp>

#include <limits>
#include <utility>
#include <vector>

using phiscope::communities;
using phiscope::modularity;
using phiscope::Status;
using phiscope::Value;
using Labels = std::vector<std::size_t>;
using Numbers = std::vector<double>;

namespace {

/// The definition, term by term.
double slow_modularity(const Numbers& a, std::size_t n, const Labels& label) {
  double both_ways = 0.0;
  Numbers strength(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) strength[i] += i == j ? 0.0 : a[i * n + j];
    both_ways += strength[i];
  }
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      if (label[i] != label[j]) continue;
      sum += (i == j ? 0.0 : a[i * n + j]) - strength[i] * strength[j] / both_ways;
    }
  }
  return sum / both_ways;
}

/// The largest modularity over all partitions of few nodes.
double best_modularity(const Numbers& a, std::size_t n, Labels& label, std::size_t node,
                       std::size_t used) {
  if (node == n) return slow_modularity(a, n, label);
  double best = -1.0;
  for (std::size_t c = 0; c <= used; ++c) {
    label[node] = c;
    best = std::max(best, best_modularity(a, n, label, node + 1, std::max(used, c + 1)));
  }
  return best;
}

Numbers symmetric(std::uint64_t seed, std::size_t n) {
  Numbers a = phiscope::test::random_rows(seed, n, n, 0.5, 0.5).values;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) a[i * n + j] = a[j * n + i];
  }
  return a;
}

/// The friendships in a karate club (Zachary 1977), members from 1.
const std::vector<std::pair<std::size_t, std::size_t>> karate = {
    {2, 1},   {3, 1},   {3, 2},   {4, 1},   {4, 2},   {4, 3},   {5, 1},   {6, 1},   {7, 1},
    {7, 5},   {7, 6},   {8, 1},   {8, 2},   {8, 3},   {8, 4},   {9, 1},   {9, 3},   {10, 3},
    {11, 1},  {11, 5},  {11, 6},  {12, 1},  {13, 1},  {13, 4},  {14, 1},  {14, 2},  {14, 3},
    {14, 4},  {17, 6},  {17, 7},  {18, 1},  {18, 2},  {20, 1},  {20, 2},  {22, 1},  {22, 2},
    {26, 24}, {26, 25}, {28, 3},  {28, 24}, {28, 25}, {29, 3},  {30, 24}, {30, 27}, {31, 2},
    {31, 9},  {32, 1},  {32, 25}, {32, 26}, {32, 29}, {33, 3},  {33, 9},  {33, 15}, {33, 16},
    {33, 19}, {33, 21}, {33, 23}, {33, 24}, {33, 30}, {33, 31}, {33, 32}, {34, 9},  {34, 10},
    {34, 14}, {34, 15}, {34, 16}, {34, 19}, {34, 20}, {34, 21}, {34, 23}, {34, 24}, {34, 27},
    {34, 28}, {34, 29}, {34, 30}, {34, 31}, {34, 32}, {34, 33}};

}  // namespace

TEST_CASE("modularity of two joined triangles by hand", "[modularity]") {
  Numbers a(36, 0.0);
  const auto join = [&a](std::size_t i, std::size_t j) { a[i * 6 + j] = a[j * 6 + i] = 1.0; };
  for (const std::size_t first : {std::size_t{0}, std::size_t{3}}) {
    join(first, first + 1);
    join(first, first + 2);
    join(first + 1, first + 2);
  }
  join(2, 3);
  // 12 of 14 edge ends lie inside, and each half has half of them.
  const Labels halves{7, 7, 7, 4, 4, 4};
  CHECK(modularity({a, 6, 6}, halves).value() == Approx(12.0 / 14.0 - 0.5).epsilon(1e-15));
  CHECK(modularity({a, 6, 6}, Labels(6, 1)).value() == Approx(0.0).margin(1e-15));
  const auto found = communities({a, 6, 6});
  CHECK(found.community == Labels{0, 0, 0, 1, 1, 1});
  CHECK(found.count == 2);
  CHECK(found.modularity == modularity({a, 6, 6}, halves));
}

TEST_CASE("modularity is the sum of its definition", "[modularity]") {
  const auto seed = GENERATE(range(0U, 5U));
  const Numbers a = symmetric(seed, 12);
  Labels label;
  for (const std::int64_t one : phiscope::test::random_labels(seed, 12, 4)) {
    label.push_back(static_cast<std::size_t>(one));
  }
  CHECK(modularity({a, 12, 12}, label).value() ==
        Approx(slow_modularity(a, 12, label)).margin(1e-14));
  Numbers scaled = a;
  for (double& weight : scaled) weight *= 8.0;
  CHECK(modularity({scaled, 12, 12}, label) == modularity({a, 12, 12}, label));
}

TEST_CASE("no partition is better than the best, and most are as good", "[modularity]") {
  int best = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Numbers a = symmetric(seed, 7);
    for (std::size_t k = 0; k < a.size(); ++k) a[k] = a[k] < 0.5 ? 0.0 : a[k];
    Labels label(7, 0);
    const double largest = best_modularity(a, 7, label, 0, 0);
    const double found = communities({a, 7, 7}).modularity.value();
    CHECK(found <= largest + 1e-14);
    CHECK(found >= largest - 0.05);
    best += found > largest - 1e-12 ? 1 : 0;
  }
  CHECK(best >= 8);
}

TEST_CASE("the karate club falls into four communities", "[modularity]") {
  REQUIRE(karate.size() == 78);
  Numbers a(34 * 34, 0.0);
  for (const auto& [i, j] : karate) a[(i - 1) * 34 + j - 1] = a[(j - 1) * 34 + i - 1] = 1.0;
  const auto found = communities({a, 34, 34});
  CHECK(found.count == 4);
  // The largest modularity of this network is known to be 0.41979 ("On modularity clustering").
  CHECK(found.modularity.value() <= 0.4197897);
  CHECK(found.modularity.value() >= 0.4155);
}

TEST_CASE("planted communities are found, negative and NaN weights are no edges", "[modularity]") {
  Numbers a = symmetric(3, 40);
  for (std::size_t i = 0; i < 40; ++i) {
    for (std::size_t j = 0; j < 40; ++j) {
      if (i % 3 != j % 3) a[i * 40 + j] *= 0.2;
      if ((i + j) % 7 == 0 && i % 3 != j % 3) a[i * 40 + j] = -5.0;
      if ((i + j) % 11 == 0 && i % 3 != j % 3) {
        a[i * 40 + j] = std::numeric_limits<double>::quiet_NaN();
      }
    }
  }
  const auto found = communities({a, 40, 40});
  CHECK(found.count == 3);
  for (std::size_t i = 0; i < 40; ++i) CHECK(found.community[i] == i % 3);
  CHECK(found.modularity.value() > 0.2);
}

TEST_CASE("modularity says what it cannot do", "[modularity]") {
  CHECK(modularity({Numbers{1, 0, 0, 1}, 2, 2}, Labels{0, 0}) == Value(Status::no_edges));
  const auto none = communities({Numbers{1, 0, 0, 1}, 2, 2});
  CHECK(none.modularity == Value(Status::no_edges));
  CHECK(none.community == Labels{0, 1});
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK(modularity({Numbers{0, infinite, infinite, 0}, 2, 2}, Labels{0, 0}) ==
        Value(Status::nonfinite));
  CHECK_THROWS_WITH(modularity({Numbers{1, 2}, 1, 2}, Labels{0}), Contains("expected a square"));
  CHECK_THROWS_WITH(modularity({Numbers{0, 1, 1, 0}, 2, 2}, Labels{0}), Contains("1 labels"));
  CHECK_THROWS_WITH(communities({Numbers{1, 2}, 1, 2}), Contains("communities: 1 x 2"));
}
