// SPDX-License-Identifier: MIT
#include "phiid/analysis/profile.hpp"

#include "catch.hpp"

#include <random>

using namespace phiscope::analyze::phiid;
using phiscope::Estimate;
using phiscope::Status;
using phiscope::Value;

namespace {

const std::vector<std::int64_t> nine_layers = {0, 1, 2, 3, 4, 5, 6, 7, 8};

/// Two heads a layer around a parabola with its top (or foot) in the middle.
std::vector<Value> heads_around(double curvature, double noise, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<Value> values;
  for (int layer = 0; layer < 9; ++layer) {
    for (int head = 0; head < 2; ++head) {
      const double depth = layer / 8.0;
      const double drawn = static_cast<double>(engine() >> 11U) * 0x1p-52 - 1.0;
      values.emplace_back(0.5 + curvature * (depth - 0.5) * (depth - 0.5) + noise * drawn);
    }
  }
  return values;
}

}  // namespace

TEST_CASE("layers, thirds and parabola of an exact arch", "[profile]") {
  const auto values = heads_around(-1.2, 0.0, 0);
  const Profile found = profile("x", values, {}, 9, nine_layers);
  CHECK(found.measure == "x");
  CHECK(found.depth[4] == 0.5);
  CHECK(found.layers[4].value.value() == Approx(0.5));
  CHECK(found.layers[0].value.value() == Approx(0.2));
  CHECK(found.n_ok == std::vector<std::size_t>(9, 2));
  // Means of depth 0, 1/8, 2/8 and of 3/8, 4/8, 5/8 around 1/2.
  const double outer = 0.5 - 1.2 * (16.0 + 9.0 + 4.0) / 64.0 / 3.0;
  const double inner = 0.5 - 1.2 * (1.0 + 0.0 + 1.0) / 64.0 / 3.0;
  CHECK(found.first.value.value() == Approx(outer));
  CHECK(found.middle.value.value() == Approx(inner));
  CHECK(found.last.value.value() == Approx(outer));
  CHECK(found.contrast.value.value() == Approx(inner - outer));
  CHECK(found.curvature.value.value() == Approx(-1.2));
  CHECK(found.first_slope.value.value() == Approx(1.2));
  CHECK(found.last_slope.value.value() == Approx(-1.2));
  CHECK(found.vertex.value.value() == Approx(0.5));
  CHECK(found.explained.value.value() == Approx(1.0));
  CHECK_FALSE(found.first_slope.low.ok());
}

TEST_CASE("intervals are those of the resamples", "[profile]") {
  std::vector<Value> drawn;
  for (int i = 0; i <= 40; ++i) drawn.emplace_back(static_cast<double>(40 - i));
  drawn.emplace_back(Status::no_pairs);  // a resample without the number is left out
  const Estimate found = over_prompts(17.0, drawn, 1000000);
  CHECK(found.low.value() == Approx(1.0).margin(1e-4));
  CHECK(found.high.value() == Approx(39.0).margin(1e-4));
  CHECK(over_prompts(17.0, {}, 9).low == Value(Status::too_few_rows));
  CHECK(over_prompts(Status::no_pairs, drawn, 9).low == Value(Status::no_pairs));
}

TEST_CASE("heads without a number are left out and counted", "[profile]") {
  auto values = heads_around(-1.2, 0.0, 0);
  values[0] = Status::no_pairs;
  values[16] = values[17] = Status::no_pairs;
  const Profile found = profile("x", values, {}, 9, nine_layers);
  CHECK(found.n_ok == std::vector<std::size_t>{1, 2, 2, 2, 2, 2, 2, 2, 0});
  CHECK(found.layers[8].value == Value(Status::no_pairs));
  CHECK(found.curvature.value.value() == Approx(-1.2));
}

TEST_CASE("few layers have no parabola, layers keep their distances", "[profile]") {
  const std::vector<std::int64_t> two = {0, 5};
  const Profile found = profile("x", std::vector<Value>{1.0, 2.0}, {}, 9, two);
  CHECK(found.curvature.value == Value(Status::too_few_rows));
  CHECK(found.contrast.value == Value(Status::too_few_rows));
  const std::vector<std::int64_t> apart = {2, 3, 6};
  CHECK(depths(apart) == std::vector<double>{0.0, 0.25, 1.0});
  CHECK(depths(std::vector<std::int64_t>{4}) == std::vector<double>{0.0});
  std::vector<std::size_t> thirds;
  for (std::size_t layer = 0; layer < 8; ++layer) thirds.push_back(third_of(layer, 8));
  CHECK(thirds == std::vector<std::size_t>{0, 0, 0, 1, 1, 1, 2, 2});
}
