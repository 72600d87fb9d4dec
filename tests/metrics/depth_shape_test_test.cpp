// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/depth_shape_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace phiscope::depth_shape_test_test {

using Numbers = std::vector<double>;

namespace {

Numbers even_depths(std::size_t layers) {
  Numbers depth;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    depth.push_back(static_cast<double>(layer) / static_cast<double>(layers - 1));
  }
  return depth;
}

double normal(std::mt19937_64& engine) {
  double sum = -6.0;
  for (int i = 0; i < 12; ++i) sum += static_cast<double>(engine() >> 11U) * 0x1p-53;
  return sum;
}

std::vector<Value> values_of(const Numbers& numbers) {
  return {numbers.begin(), numbers.end()};
}

/// The statistic of the inverted U by the normal equations of 1, x and x^2 (Cramer's rule).
double slow_inverted_u(const Numbers& x, const Numbers& y) {
  std::array<double, 5> s{};
  std::array<double, 3> t{};
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t k = 0; k < s.size(); ++k) s[k] += std::pow(x[i], static_cast<double>(k));
    for (std::size_t k = 0; k < t.size(); ++k)
      t[k] += y[i] * std::pow(x[i], static_cast<double>(k));
  }
  const auto det = [](const std::array<double, 9>& m) {
    return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
           m[2] * (m[3] * m[7] - m[4] * m[6]);
  };
  const double all = det({s[0], s[1], s[2], s[1], s[2], s[3], s[2], s[3], s[4]});
  const double b = det({s[0], t[0], s[2], s[1], t[1], s[3], s[2], t[2], s[4]}) / all;
  const double c = det({s[0], s[1], t[0], s[1], s[2], t[1], s[2], s[3], t[2]}) / all;
  return std::min(b, -(b + 2.0 * c));
}

/// Heads of `layers` layers: normal, around an arch of that height, with an effect of the layer.
std::vector<Value> drawn_heads(std::uint64_t seed, std::size_t layers, std::size_t per_layer,
                               double arch, double layer_spread) {
  std::mt19937_64 engine(seed);
  std::vector<Value> heads;
  for (const double depth : even_depths(layers)) {
    const double level = arch * 4.0 * depth * (1.0 - depth) + layer_spread * normal(engine);
    for (std::size_t head = 0; head < per_layer; ++head) heads.emplace_back(level + normal(engine));
  }
  return heads;
}

/// Of so many seeds, those in which any shape of three rankings has a family p of at most 0.05.
int seeds_with_a_shape(int seeds, double arch, double layer_spread) {
  int found = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    std::vector<std::vector<Value>> rankings;
    for (std::uint64_t k = 0; k < 3; ++k) {
      rankings.push_back(drawn_heads(static_cast<std::uint64_t>(seed) * 3 + k + 1000, 12, 8,
                                     k == 0 ? arch : 0.0, layer_spread));
    }
    const auto test = depth_shape_test(
        rankings, even_depths(12), {.permutations = 199, .seed = static_cast<std::uint64_t>(seed)});
    const auto shown = [](const DepthShape& shape) {
      return std::min(shape.family_p_inverted_u.value(), shape.family_p_u.value()) <= 0.05;
    };
    found += std::any_of(test.numbers.begin(), test.numbers.end(), shown) ? 1 : 0;
  }
  return found;
}

}  // namespace

TEST_CASE("the statistic is the smaller of both slopes of the parabola", "[depth_shape_test]") {
  const Numbers depth{0.0, 0.1, 0.25, 0.4, 0.5, 0.7, 0.8, 0.9, 1.0};
  Numbers heads;
  std::mt19937_64 engine(5);
  for (std::size_t head = 0; head < 18; ++head) heads.push_back(normal(engine));
  Numbers means, mirrored;
  for (std::size_t layer = 0; layer < 9; ++layer) {
    means.push_back((heads[2 * layer] + heads[2 * layer + 1]) / 2.0);
    mirrored.push_back(-means.back());
  }
  const auto test = depth_shape_test({values_of(heads)}, depth, {.permutations = 9});
  CHECK(test.numbers[0].inverted_u.value() == Approx(slow_inverted_u(depth, means)));
  CHECK(test.numbers[0].u.value() == Approx(slow_inverted_u(depth, mirrored)));
  CHECK(test.least_p == 0.1);
}

TEST_CASE("p-values are those of all orders of eight layers", "[depth_shape_test]") {
  const Numbers depth = even_depths(8);
  const Numbers heads{0.1, 0.9, 0.5, 1.3, 1.6, 0.8, 0.2, 0.6};
  Numbers order = heads;
  std::sort(order.begin(), order.end());
  const double observed = slow_inverted_u(depth, heads);
  double reached = 0.0;
  double all = 0.0;
  do {
    reached += slow_inverted_u(depth, order) >= observed - 1e-12 ? 1.0 : 0.0;
    all += 1.0;
  } while (std::next_permutation(order.begin(), order.end()));
  const double exact = reached / all;
  const std::size_t draws = 4000;
  const auto test = depth_shape_test({values_of(heads)}, depth, {.permutations = draws, .seed = 3});
  // With one head per layer both hypotheses are the same: the larger of two draws.
  const double error = std::sqrt(exact * (1.0 - exact) / static_cast<double>(draws));
  CHECK(test.numbers[0].p_inverted_u.value() > exact - 3.0 * error);
  CHECK(test.numbers[0].p_inverted_u.value() < exact + 4.5 * error);
  CHECK(test.numbers[0].family_p_inverted_u.value() > test.numbers[0].p_inverted_u.value());
  CHECK(test.numbers[0].p_u.value() > 0.5);
}

TEST_CASE("a perfect arch reaches the least p, and no draw gives 0", "[depth_shape_test]") {
  std::vector<Value> arch, dip;
  for (const double depth : even_depths(12)) {
    for (int head = 0; head < 4; ++head) {
      arch.emplace_back(depth * (1.0 - depth));
      dip.emplace_back(-depth * (1.0 - depth));
    }
  }
  const auto test = depth_shape_test({arch, dip}, even_depths(12), {.permutations = 99});
  CHECK(test.least_p == 0.01);
  CHECK(test.numbers[0].p_inverted_u.value() == 0.01);
  CHECK(test.numbers[0].family_p_inverted_u.value() == 0.01);
  CHECK(test.numbers[0].p_u.value() == 1.0);
  CHECK(test.numbers[1].p_u.value() == 0.01);
}

TEST_CASE("undefined heads stay where they are, few layers are no shape", "[depth_shape_test]") {
  std::vector<Value> heads = drawn_heads(1, 9, 2, 3.0, 0.0);
  heads[4] = heads[5] = Status::no_pairs;  // a layer without a head
  Numbers depth, means;
  for (std::size_t layer = 0; layer < 9; ++layer) {
    if (layer == 2) continue;
    depth.push_back(static_cast<double>(layer) / 8.0);
    means.push_back((heads[2 * layer].value() + heads[2 * layer + 1].value()) / 2.0);
  }
  const auto ok = depth_shape_test({heads}, even_depths(9), {.permutations = 99});
  CHECK(ok.numbers[0].inverted_u.value() == Approx(slow_inverted_u(depth, means)));
  CHECK(ok.numbers[0].p_inverted_u.value() <= 0.05);
  heads[0] = heads[1] = Status::no_pairs;  // seven layers are left
  CHECK(depth_shape_test({heads}, even_depths(9)).numbers[0].p_inverted_u == Status::few_layers);
  const std::vector<Value> flat(16, Value(0.5));
  CHECK(depth_shape_test({flat}, even_depths(8)).numbers[0].p_u == Status::constant);
  CHECK_THROWS_WITH(depth_shape_test({flat}, even_depths(9)),
                    "depth_shape_test: 16 heads, 9 layers and 999 permutations, expected as many "
                    "heads per layer and a permutation");
}

// Binomial errors: 400 seeds at 0.05 have a standard deviation of 0.011, so the bound of 0.07 is
// 1.8 of them above the nominal rate.
TEST_CASE("without depth a shape is claimed in at most 7 % of seeds",
          "[depth_shape_test][simulation]") {
  CHECK(seeds_with_a_shape(400, 0.0, 0.0) <= 28);
}

TEST_CASE("what heads of one layer share is not taken for depth",
          "[depth_shape_test][simulation]") {
  CHECK(seeds_with_a_shape(400, 0.0, 1.0) <= 28);
}

TEST_CASE("a planted inverted U is found in at least 90 % of seeds",
          "[depth_shape_test][simulation]") {
  CHECK(seeds_with_a_shape(100, 2.5, 0.3) >= 90);
}

}  // namespace phiscope::depth_shape_test_test
