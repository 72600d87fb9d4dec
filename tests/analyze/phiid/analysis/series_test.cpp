// SPDX-License-Identifier: MIT
#include "phiid/analysis/series.hpp"

#include "catch.hpp"

#include <phiscope/autocorrelation.hpp>

#include <cmath>
#include <limits>

using namespace phiscope::analyze::phiid;
using phiscope::Detrend;
using phiscope::Status;
using phiscope::Value;

namespace {

/// Input of one layer from series [prompt][step, head].
Input one_layer(const std::vector<std::vector<double>>& prompts, std::size_t heads) {
  Input input;
  input.layers = {0};
  input.heads_per_layer = heads;
  for (const auto& values : prompts) {
    Prompt prompt;
    prompt.steps = values.size() / heads;
    prompt.values = values;
    input.prompts.push_back(std::move(prompt));
  }
  return input;
}

const double no = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("dead, constant and broken series are told apart and named", "[series]") {
  // Heads: lively, dead, constant in the first prompt, NaN in the second.
  const Input input = one_layer({{1, 0, 5, 1, 3, 0, 5, 2, 2, 0, 5, 4, 7, 0, 5, 1},
                                 {1, 0, 5, 1, 3, 0, 6, no, 2, 0, 5, 4, 7, 0, 7, 1}},
                                4);
  const Series series = prepare(input, {});
  CHECK(series.dead == std::vector<bool>{false, true, false, false});
  REQUIRE(series.broken.size() == 4);
  const auto is = [&](std::size_t k, std::size_t prompt, std::size_t head, Status status) {
    CHECK(series.broken[k].prompt == prompt);
    CHECK(series.broken[k].head == head);
    CHECK(series.broken[k].status == status);
  };
  is(0, 0, 1, Status::constant_series);
  is(1, 0, 2, Status::constant_series);
  is(2, 1, 1, Status::constant_series);
  is(3, 1, 3, Status::nonfinite);
  CHECK(series.level[0] == Value(26.0 / 8.0));
  CHECK(series.level[1] == Value(0.0));
  CHECK(series.level[3] == Value(14.0 / 7.0));  // without the NaN
  CHECK(series.autocorrelation[1] == Value(Status::constant_series));
  const std::vector<double> first{1, 3, 2, 7};
  CHECK(series.autocorrelation[0] == phiscope::autocorrelation(std::span<const double>(first)));
  CHECK(series.transitions == 3);
}

TEST_CASE("a series that changes once is constant in its past or future", "[series]") {
  const Series series = prepare(one_layer({{1, 1, 1, 2, 1, 3, 9, 4}}, 2), {});
  REQUIRE(series.broken.size() == 1);
  CHECK(series.broken[0].head == 0);
}

TEST_CASE("trends are taken out prompt by prompt", "[series]") {
  const Input input = one_layer({{0, 1, 2, 1, 4, 7, 6, 2}, {9, 1, 7, 5, 5, 2}}, 2);
  Options options;
  options.detrend = Detrend::linear;
  Series series = prepare(input, options);
  CHECK(series.values[0].size() == 8);
  // A straight line leaves nothing at all, not rounding errors.
  for (std::size_t t = 0; t < 4; ++t) CHECK(series.values[0][2 * t] == 0.0);
  for (std::size_t t = 0; t < 3; ++t) CHECK(series.values[1][2 * t] == 0.0);
  CHECK(series.broken.size() == 2);
  CHECK(series.level[0] == Value(33.0 / 7.0));  // of the input
  options.detrend = Detrend::difference;
  series = prepare(input, options);
  CHECK(series.values[0] == std::vector<double>{2, 0, 2, 6, 2, -5});
  CHECK(series.transitions == 1);
  options.mode = Mode::concat;
  CHECK(prepare(input, options).transitions == 3);
  options.keep_borders = true;
  CHECK(prepare(input, options).transitions == 4);
  CHECK(prepare(input, options).views()[1].rows() == 2);
}

TEST_CASE("a constant series stays constant without its trend", "[series]") {
  std::vector<double> values;
  for (int t = 0; t < 50; ++t) {
    values.push_back(0.1);
    values.push_back(std::sin(t));
  }
  Options options;
  options.detrend = GENERATE(Detrend::linear, Detrend::poly2);
  const Series series = prepare(one_layer({values}, 2), options);
  REQUIRE(series.broken.size() == 1);
  CHECK(series.broken[0].head == 0);
  CHECK(series.broken[0].status == Status::constant_series);
}

TEST_CASE("a logarithm that does not exist is counted", "[series]") {
  Options options;
  options.detrend = Detrend::log;
  const Series series = prepare(one_layer({{1, 0, 2, 1, 4, 2, 8, 3}}, 2), options);
  REQUIRE(series.broken.size() == 1);
  CHECK(series.broken[0].head == 1);
  CHECK(series.broken[0].status == Status::nonfinite);
  CHECK(series.values[0][2] == Approx(std::log(2.0)));
}

TEST_CASE("prompts too short for a trend have no step left", "[series]") {
  Options options;
  options.detrend = Detrend::poly2;
  const Series series = prepare(one_layer({{1, 2, 3, 4}}, 2), options);
  CHECK(series.values[0].empty());
  CHECK(series.views()[0].rows() == 0);
  CHECK(series.transitions == 0);
  CHECK(series.autocorrelation[0] == Value(Status::too_short));
}
