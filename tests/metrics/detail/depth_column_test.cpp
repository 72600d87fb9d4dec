// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/depth_column.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <random>
#include <vector>

using phiscope::quadratic_fit;
using phiscope::QuadraticFit;
using phiscope::Status;
using phiscope::Value;
using phiscope::detail::depth_column;
using phiscope::detail::depth_shapes;
using phiscope::detail::DepthColumn;
using phiscope::detail::layer_means;
using phiscope::detail::shuffle_indices;
using Numbers = std::vector<double>;
using Indices = std::vector<std::size_t>;

namespace {

const Numbers nine_depths{0.0, 0.1, 0.25, 0.4, 0.5, 0.7, 0.8, 0.9, 1.0};

/// Two heads in each of nine layers; head 4 is undefined, and all of layer 6.
std::vector<Value> eighteen_heads() {
  std::vector<Value> heads;
  for (int head = 0; head < 18; ++head) heads.emplace_back(1.0 * (head * 7 % 11) + 0.5 * head);
  heads[4] = heads[12] = heads[13] = Status::no_pairs;
  return heads;
}

}  // namespace

TEST_CASE("a column has the defined heads and the layers that have one", "[depth_column]") {
  const DepthColumn column = depth_column(eighteen_heads(), nine_depths);
  CHECK(column.status == Status::ok);
  CHECK(column.heads == Indices{0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17});
  CHECK(column.layers == Indices{0, 1, 2, 3, 4, 5, 7, 8});
  CHECK(column.layer == Indices{0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7});
  CHECK(column.counts == Numbers{2, 2, 1, 2, 2, 2, 2, 2});
}

TEST_CASE("the weights give the slopes of the parabola through any means", "[depth_column]") {
  const DepthColumn column = depth_column(eighteen_heads(), nine_depths);
  Numbers x;
  for (const std::size_t layer : column.layers) x.push_back(nine_depths[layer]);
  const Numbers means{0.3, 1.7, -0.4, 2.2, 0.9, 0.1, -1.3, 0.8};
  const QuadraticFit fit = quadratic_fit(x, means);
  const auto [inverted_u, u] = depth_shapes(column, means);
  const double rise = fit.slope_at(0.0);
  const double fall = -fit.slope_at(1.0);
  CHECK(inverted_u == Approx(std::min(rise, fall)));
  CHECK(u == Approx(std::min(-rise, -fall)));
}

TEST_CASE("an order moves numbers between the heads that have one", "[depth_column]") {
  const std::vector<Value> heads = eighteen_heads();
  const DepthColumn column = depth_column(heads, nine_depths);
  Indices places(18, 18);
  for (std::size_t k = 0; k < column.heads.size(); ++k) places[column.heads[k]] = k;
  Indices order(18);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto number = [&](std::size_t head) { return heads[head].value(); };
  const Numbers plain = layer_means(column, places, order);
  CHECK(plain[0] == (number(0) + number(1)) / 2.0);
  CHECK(plain[2] == number(5));
  CHECK(plain[6] == (number(14) + number(15)) / 2.0);
  std::reverse(order.begin(), order.end());
  const Numbers reversed = layer_means(column, places, order);
  CHECK(reversed[0] == (number(17) + number(16)) / 2.0);
  CHECK(reversed[2] == number(11));  // the fifth of the defined ones from the end
}

TEST_CASE("every order is as likely", "[depth_column]") {
  std::mt19937_64 engine(1);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) {
    Indices order{0, 1, 2};
    shuffle_indices(order, engine);
    ++seen[2 * order[0] + (order[1] > order[2] ? 1 : 0)];
  }
  for (const int count : seen) CHECK(std::abs(count - 1000) < 120);  // 4 standard deviations
}
